"""What a word adds to the scores of documents: the sums of what its terms are worth."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from searchkit.ranking.ascending import distinct
from searchkit.ranking.postings import DENSE_SHARE, Postings

Array = npt.NDArray[Any]
Docs = npt.NDArray[np.intp]
Mask = npt.NDArray[np.bool_]

SLACK = 1e-4
"""By how much bounds in float32 are widened, relative to themselves; rounding stays far below."""
BLOCK = 16
"""So many documents after each other are a block: their scores fill a line of the processor's cache."""
COLUMN_SHARE = DENSE_SHARE
"""What stands in more than one document of so many is kept as a column."""
_SORTED_SHARE = 3
"""Looking through all sums is faster than sorting more than one number for so many documents."""
_LISTED = 64
_LEAST_BITS = 1024
"""More documents than `_LISTED` are looked up in bits for all of them, if at least so many hold the word."""
_LONGEST_TOP = 2048
"""The top of a word is kept unless it is longer."""
_TOP_BYTES = 12
_BITS = np.left_shift(1, np.arange(8)).astype(np.uint8)

NO_DOCS: Docs = np.zeros(0, np.intp)
NO_SCORES: Array = np.zeros(0, np.float32)


class Impacts:
    """What a word adds to the score of each document of a segment that holds it, above 0, in float32.

    If these are many there is a ``column`` over all documents, padded with 0, and nothing else. ``bound`` is the
    greatest score, ``count`` the number of documents.
    """

    __slots__ = ("_bits", "_docs", "_peaks", "_scores", "_top", "bound", "column", "count")

    def __init__(self, docs: Array, scores: Array, column: Array | None, count: int) -> None:
        """Take the ``scores`` of ``docs``, ascending, one or more; or the ``column`` alone, of ``count`` documents."""
        self.count = count
        self.column = column
        self._docs, self._scores = docs, scores
        self._bits: npt.NDArray[np.uint8] | None = None
        self._peaks: Array | None = None
        self._top: tuple[int, Docs, Array] | None = None
        self.bound = float((scores if column is None else column).max())

    @classmethod
    def of(cls, docs: Array, scores: Array, doc_count: int, *, column_share: int = COLUMN_SHARE) -> Impacts:
        """Return the ``scores`` of ``docs``, ascending, one or more, in a segment of ``doc_count`` documents."""
        count = len(docs)
        if count * column_share <= doc_count:
            return cls(docs.astype(np.uint32, copy=False), scores, None, count)
        column = np.zeros(padded(doc_count), np.float32)
        column[docs] = scores
        return cls(NO_DOCS, NO_SCORES, column, count)

    @classmethod
    def sum(
        cls,
        parts: Sequence[tuple[Postings, Array, float]],
        doc_count: int,
        scratch: Scratch,
        *,
        column_share: int = COLUMN_SHARE,
    ) -> Impacts:
        """Return what several terms add, one or more; each of ``parts`` is one with what `Postings.scores` takes."""
        sizes = [term.count for term, _, _ in parts]
        if max(sizes) * column_share > doc_count:
            term, factors, gain = parts[0]
            column = term.column(factors, gain, padded(doc_count))
            for term, factors, gain in parts[1:]:
                term.add_to(column, factors, gain)
            count = sizes[0] if len(parts) == 1 else int(np.count_nonzero(column != 0))
            return cls(NO_DOCS, NO_SCORES, column, count)
        if len(parts) == 1:
            ((term, factors, gain),) = parts
            return cls.of(term.stored, term.scores(factors, gain), doc_count, column_share=column_share)
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
        return cls.of(found, total, doc_count, column_share=column_share)

    @property
    def peaks(self) -> Array:
        """The greatest score in each block of documents; only with a column."""
        if self._peaks is None:
            assert self.column is not None
            self._peaks = _peaks(self.column)
        return self._peaks

    @property
    def nbytes(self) -> int:
        """Memory in bytes, that of what is made later included."""
        if self.column is None:
            most = self._docs.nbytes + self._scores.nbytes
            most += int(self._docs[-1]) // 8 if self.count >= _LEAST_BITS else 0
        else:
            most = self.column.nbytes + self.column.nbytes // BLOCK
        return most + _TOP_BYTES * min(self.count, _LONGEST_TOP)

    @property
    def listed(self) -> tuple[Docs, Array]:
        """The documents, in the type that numpy takes as an index, and their scores; only without a column."""
        return self._docs.astype(np.intp), self._scores

    def above(self, limit: float) -> tuple[Docs, Array]:
        """Return the documents, ascending, with a score of ``limit`` or more, and their scores."""
        if self.column is not None:
            blocks = (self.peaks >= np.float32(limit)).nonzero()[0]
            sums = sums_in_blocks([self.column], blocks)
            at = (sums >= np.float32(limit) if limit > 0.0 else sums > 0.0).nonzero()[0]
            return docs_in_blocks(blocks, at), sums.take(at)
        if limit <= 0.0:
            return self.listed
        kept = (self._scores >= np.float32(limit)).nonzero()[0]
        return self._docs.take(kept).astype(np.intp), self._scores.take(kept)

    def top(self, k: int) -> tuple[Docs, Array]:
        """Return the documents, ascending, that may be among the ``k`` with the greatest scores, and their scores.

        All that are equal to the last are among them, and there may be some more.
        """
        known = self._top
        if known is not None and k <= known[0]:
            return known[1:]
        limit = 0.0
        if self.count > k:
            bounds = self._scores if self.column is None else self.peaks
            limit = kth(bounds, k) if len(bounds) >= k else 0.0
        docs, scores = self.above(limit * (1 - SLACK))
        if len(docs) > _LONGEST_TOP:
            return docs, scores
        self._top = k, docs, scores
        return docs, scores

    def add_at(self, docs: Docs, sums: Array) -> None:
        """Add the score of each of ``docs`` to its number in ``sums``; nothing where the word is not."""
        if self.column is not None:
            sums += self.column.take(docs)
        elif len(docs) <= _LISTED or self.count < _LEAST_BITS:
            # A search among numbers of another type would convert all of them.
            wanted = docs.astype(self._docs.dtype)
            at = self._docs.searchsorted(wanted)
            sums += self._scores.take(at, mode="clip") * (self._docs.take(at, mode="clip") == wanted)
        else:
            here = self.holds(docs).nonzero()[0]
            wanted = docs.take(here).astype(self._docs.dtype)
            sums[here] += self._scores.take(self._docs.searchsorted(wanted))

    def holds(self, docs: Docs) -> Mask:
        """Say which of ``docs`` hold the word."""
        found: Mask
        if self.column is not None:
            found = self.column.take(docs) != 0.0
            return found
        if len(docs) <= _LISTED or self.count < _LEAST_BITS:
            wanted = docs.astype(self._docs.dtype)
            found = self._docs.take(self._docs.searchsorted(wanted), mode="clip") == wanted
            return found
        if self._bits is None:
            held = np.zeros((int(self._docs[-1]) | 7) + 9, np.bool_)
            held[self._docs] = True
            self._bits = np.packbits(held, bitorder="little")
        # The last byte, which stands for all documents behind, has no bits.
        found = self._bits.take(docs >> 3, mode="clip") & _BITS.take(docs & 7) != 0
        return found

    def mark(self, mask: Mask) -> None:
        """Set ``mask`` for the documents that hold the word."""
        if self.column is not None:
            mask |= self.column[: len(mask)] != 0
        else:
            mask[self._docs] = True


def padded(doc_count: int) -> int:
    """Return the size of a column for so many documents: whole blocks."""
    return -(-doc_count // BLOCK) * BLOCK


def kth(scores: Array, k: int) -> float:
    """Return the k-th greatest of ``k`` or more scores."""
    ordered = scores.copy()
    ordered.partition(len(scores) - k)
    return float(ordered[len(scores) - k])


def sums_in_blocks(columns: Sequence[Array], blocks: Docs) -> Array:
    """Return the sums over ``columns`` for the documents in ``blocks``, one block after the other."""
    sums = columns[0].reshape(-1, BLOCK).take(blocks, axis=0)
    for column in columns[1:]:
        sums += column.reshape(-1, BLOCK).take(blocks, axis=0)
    return sums.ravel()


def docs_in_blocks(blocks: Docs, at: Docs) -> Docs:
    """Return the documents at the places ``at`` of what `sums_in_blocks` returns."""
    return blocks.take(at // BLOCK) * BLOCK + at % BLOCK


def _peaks(column: Array) -> Array:
    # Halving is far faster than the maximum of many short rows.
    peaks = np.maximum(column[::2], column[1::2])
    while len(peaks) * BLOCK > len(column):
        peaks = np.maximum(peaks[::2], peaks[1::2])
    return peaks


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
