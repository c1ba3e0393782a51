"""What a word adds to the scores of documents: its terms' postings, and the sums of what these are worth."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from searchkit.ranking.ascending import distinct

Array = npt.NDArray[Any]
Docs = npt.NDArray[np.intp]
Mask = npt.NDArray[np.bool_]

BLOCK = 256
COMMON_SHARE = 32
"""What stands in more than one document of so many is common."""
_COLUMN_SHARE = 8
"""What stands in more than one document of so many is kept as a column."""
_PIECE = 1 << 14
_SORTED_SHARE = 3
"""Looking through all sums is faster than sorting more than one number for so many documents."""
_FEW = 512
_FAR_FEWER = 16

NO_DOCS: Docs = np.zeros(0, np.intp)
NO_SCORES: Array = np.zeros(0, np.float32)


class Postings:
    """The postings of a term, one or more: ``frequencies`` in the documents ``stored``, ascending."""

    __slots__ = ("frequencies", "stored")

    def __init__(self, docs: Array, frequencies: Array) -> None:
        """Take both as they are."""
        self.stored = docs
        self.frequencies = frequencies

    @property
    def docs(self) -> Docs:
        """The documents, in the type that numpy takes as an index; made anew each time, as it is wide."""
        return self.stored.astype(np.intp)

    def scores(self, factors: Array, gain: float) -> Array:
        """Return gain × tf / (tf + factor) in float32; ``factors`` (float32) are those of all documents."""
        return _scores(self.docs, self.frequencies, factors, gain)

    def add_to(self, sums: Array, factors: Array, gain: float) -> None:
        """Add what `scores` returns to the ``sums`` of all documents."""
        # Piece by piece, so that all of it stays in the processor's cache.
        for cut in range(0, len(self.stored), _PIECE):
            docs = self.stored[cut : cut + _PIECE].astype(np.intp)
            np.add.at(sums, docs, _scores(docs, self.frequencies[cut : cut + _PIECE], factors, gain))

    def frequency_at(self, docs: Docs) -> Array:
        """Return the frequency in each of ``docs``, ascending; 0 where the term is not."""
        return _frequency_at(self.stored, self.frequencies, docs)

    def mark(self, mask: Mask) -> None:
        """Set ``mask`` for the documents that hold the term."""
        mask[self.stored] = True


class Impacts:
    """What a word adds to the score of each document of a segment that holds it, above 0, in float32.

    ``common`` if these are many; if they are very many there is a ``column`` over all documents, padded with 0, and
    nothing else.
    """

    __slots__ = ("_scores", "_stored", "bound", "column", "common", "count")

    def __init__(self, docs: Array, scores: Array, column: Array | None, count: int, *, common: bool) -> None:
        """Take the ``scores`` of ``docs``, ascending, one or more; or the ``column`` alone, of ``count`` documents."""
        self.count = count
        self.common = common
        self.column = column
        self._stored, self._scores = docs, scores
        self.bound = float((scores if column is None else column).max())

    @classmethod
    def of(cls, docs: Array, scores: Array, doc_count: int, *, common_share: int = COMMON_SHARE) -> Impacts:
        """Return the ``scores`` of ``docs``, ascending, one or more, in a segment of ``doc_count`` documents."""
        count = len(docs)
        common = count * common_share > doc_count
        if count * min(common_share, _COLUMN_SHARE) <= doc_count:
            return cls(docs.astype(np.uint32, copy=False), scores, None, count, common=common)
        column = np.zeros(padded(doc_count), np.float32)
        column[docs] = scores
        return cls(NO_DOCS, NO_SCORES, column, count, common=common)

    @classmethod
    def sum(
        cls,
        parts: Sequence[tuple[Postings, Array, float]],
        doc_count: int,
        scratch: Scratch,
        *,
        common_share: int = COMMON_SHARE,
    ) -> Impacts:
        """Return what several terms add, one or more; each of ``parts`` is one with what `Postings.scores` takes."""
        sizes = [len(term.stored) for term, _, _ in parts]
        if max(sizes) * min(common_share, _COLUMN_SHARE) > doc_count:
            column = np.zeros(padded(doc_count), np.float32)
            for term, factors, gain in parts:
                term.add_to(column, factors, gain)
            return cls(NO_DOCS, NO_SCORES, column, int(np.count_nonzero(column != 0)), common=True)
        if len(parts) == 1:
            ((term, factors, gain),) = parts
            return cls.of(term.stored, term.scores(factors, gain), doc_count, common_share=common_share)
        sums = scratch.zeros(doc_count)
        for term, factors, gain in parts:
            term.add_to(sums, factors, gain)
        if sum(sizes) * _SORTED_SHARE > doc_count:
            found = (sums != 0).nonzero()[0]
        else:
            found = distinct(np.concatenate([term.stored for term, _, _ in parts])).astype(np.intp)
        total = sums.take(found)
        sums[found] = 0.0
        scratch.cleaned()
        return cls.of(found, total, doc_count, common_share=common_share)

    @property
    def nbytes(self) -> int:
        """Memory in bytes."""
        column = 0 if self.column is None else self.column.nbytes
        return int(self._stored.nbytes + self._scores.nbytes + column)

    @property
    def listed(self) -> tuple[Docs, Array]:
        """The documents, in the type that numpy takes as an index, and their scores; only without a column."""
        return self._stored.astype(np.intp), self._scores

    def at(self, docs: Docs, scratch: Scratch, doc_count: int) -> Array:
        """Return the score of each of ``docs``, ascending; 0 where the word is not."""
        if self.column is not None:
            return self.column.take(docs)
        if len(docs) <= max(_FEW, self.count // _FAR_FEWER):
            # A search among numbers of another type would convert all of them.
            wanted = docs.astype(self._stored.dtype)
            at = self._stored.searchsorted(wanted)
            there = self._stored.take(at, mode="clip") == wanted
            found: Array = self._scores.take(at, mode="clip") * there
            return found
        table = scratch.zeros(doc_count)
        own, scores = self.listed
        table[own] = scores
        found = table.take(docs)
        table[own] = 0.0
        scratch.cleaned()
        return found

    def mark(self, mask: Mask) -> None:
        """Set ``mask`` for the documents that hold the word."""
        if self.column is not None:
            mask |= self.column[: len(mask)] != 0
        else:
            mask[self._stored] = True


def _scores(docs: Docs, frequencies: Array, factors: Array, gain: float) -> Array:
    below = factors.take(docs, mode="clip")
    scores = frequencies.astype(np.float32)
    below += scores
    scores *= np.float32(gain)
    scores /= below
    return scores


def _frequency_at(stored: Array, frequencies: Array, docs: Docs) -> Array:
    if len(docs) <= _FEW:
        # A search among numbers of another type would convert all of them.
        wanted = docs.astype(stored.dtype)
        at = stored.searchsorted(wanted)
        there = stored.take(at, mode="clip") == wanted
        found: Array = frequencies.take(at, mode="clip") * there
        return found
    table = np.zeros(max(int(docs[-1]), int(stored[-1])) + 1, frequencies.dtype)
    table[stored.astype(np.intp)] = frequencies
    return table[docs]


def padded(doc_count: int) -> int:
    """Return the size of a column for so many documents: whole blocks."""
    return -(-doc_count // BLOCK) * BLOCK


class Scratch(threading.local):
    """The accumulators of a thread, kept from query to query."""

    def __init__(self) -> None:
        self._zeros: Array = np.zeros(0, np.float32)
        self._dirty = False
        self._column: Array = self._zeros

    def zeros(self, size: int) -> Array:
        """Return an accumulator that holds only zeros; give it back with `cleaned` once it does so again."""
        if self._dirty or len(self._zeros) < size:
            self._zeros = np.zeros(max(size, len(self._zeros)), np.float32)
        self._dirty = True
        return self._zeros[:size]

    def cleaned(self) -> None:
        """Say that the accumulator holds only zeros again."""
        self._dirty = False

    def column(self, size: int) -> Array:
        """Return an array with any content."""
        if len(self._column) < size:
            self._column = np.empty(size, np.float32)
        return self._column[:size]
