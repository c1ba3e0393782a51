"""The postings of a term: which documents hold it, and how often."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
Docs = npt.NDArray[np.intp]
Mask = npt.NDArray[np.bool_]

DENSE_SHARE = 8
"""What stands in more than one document of so many is kept as a number for every document."""
Term = tuple["Postings", Array, float]
"""The postings of a term with the factors (float32) of all documents and its gain: what it adds to scores."""
_PIECE = 1 << 14
_FEW = 512


class Postings:
    """The postings of a term, one or more: its frequency in each of the documents that hold it."""

    __slots__ = ("_frequencies", "_stored")

    def __init__(self, docs: Array, frequencies: Array) -> None:
        """Take ``docs``, ascending, and the frequency in each, as they are."""
        self._stored = docs
        self._frequencies = frequencies

    @property
    def stored(self) -> Array:
        """The documents, ascending, in the type in which they are kept."""
        return self._stored

    @property
    def docs(self) -> Docs:
        """The documents, ascending, in the type that numpy takes as an index; made anew each time, as it is wide."""
        return self._stored.astype(np.intp)

    @property
    def count(self) -> int:
        """The number of documents."""
        return len(self._stored)

    @property
    def nbytes(self) -> int:
        """Memory in bytes that isn't mapped from the index."""
        return int(self._frequencies.nbytes + (self._stored.nbytes if self._stored.flags.owndata else 0))

    def scores(self, factors: Array, gain: float) -> Array:
        """Return gain × tf / (tf + factor) in float32; ``factors`` (float32) are those of all documents."""
        return _scores(self._frequencies, factors.take(self.docs, mode="clip"), gain)

    def add_at(self, docs: Docs, sums: Array, factors: Array, gain: float) -> None:
        """Add what `scores` returns for each of ``docs``, ascending, to its number in ``sums``."""
        frequencies = self.frequency_at(docs)
        here = frequencies.nonzero()[0]
        if 2 * len(here) > len(docs):
            sums += _scores(frequencies, factors.take(docs), gain)
        else:
            sums[here] += _scores(frequencies.take(here), factors.take(docs.take(here)), gain)

    def add_to(self, sums: Array, factors: Array, gain: float) -> None:
        """Add what `scores` returns to the ``sums`` of all documents."""
        # Piece by piece, so that all of it stays in the processor's cache.
        for cut in range(0, len(self._stored), _PIECE):
            self._add(slice(cut, cut + _PIECE), 0, sums, factors, gain)

    def add_within(self, first: int, sums: Array, factors: Array, gain: float) -> None:
        """Add what `scores` returns to the ``sums`` of documents from ``first`` on."""
        bounds = np.array((first, first + len(sums)), self._stored.dtype)
        self._add(slice(*self._stored.searchsorted(bounds).tolist()), first, sums, factors, gain)

    def _add(self, places: slice, first: int, sums: Array, factors: Array, gain: float) -> None:
        docs = self._stored[places].astype(np.intp)
        own = factors.take(docs, mode="clip")
        np.add.at(sums, docs - first if first else docs, _scores(self._frequencies[places], own, gain))

    def column(self, factors: Array, gain: float, size: int) -> Array:
        """Return ``size`` numbers, for each document what `scores` returns, else 0."""
        column = np.zeros(size, np.float32)
        self.add_to(column, factors, gain)
        return column

    def frequency_at(self, docs: Docs) -> Array:
        """Return the frequency in each of ``docs``, ascending; 0 where the term is not."""
        return _frequency_at(self._stored, self._frequencies, docs)

    def count_in(self, mask: Mask) -> int:
        """Return how many of the documents in ``mask`` hold the term."""
        return int(np.count_nonzero(mask[self._stored]))

    def mark(self, mask: Mask, first: int = 0) -> None:
        """Set ``mask``, that of documents from ``first`` on, for those that hold the term."""
        docs = self._stored
        if first or int(docs[-1]) >= first + len(mask):
            begin, end = docs.searchsorted(np.array((first, first + len(mask)), docs.dtype)).tolist()
            docs = docs[begin:end] - docs.dtype.type(first)
        mask[docs] = True


class DensePostings(Postings):
    """The postings of a term in many of the documents of a segment: its frequency in each of them all, mostly 0."""

    __slots__ = ("_count", "_table")

    def __init__(self, table: Array, count: int) -> None:
        """Take the frequency in each document, and how many hold the term."""
        self._count = count
        self._table = table

    @property
    def stored(self) -> Array:
        """The documents, ascending; made anew each time."""
        return self.docs

    @property
    def docs(self) -> Docs:
        """The documents, ascending; made anew each time."""
        docs: Docs = (self._table != 0).nonzero()[0]
        return docs

    @property
    def count(self) -> int:
        """The number of documents."""
        return self._count

    @property
    def nbytes(self) -> int:
        """Memory in bytes."""
        return int(self._table.nbytes)

    def scores(self, factors: Array, gain: float) -> Array:
        """Return for each of the documents what `Postings.scores` does."""
        docs = self.docs
        return _scores(self._table.take(docs), factors.take(docs), gain)

    def add_to(self, sums: Array, factors: Array, gain: float) -> None:
        """Add what `scores` returns to the ``sums`` of all documents."""
        for cut in range(0, len(self._table), _PIECE):
            self.add_within(cut, sums[cut : min(cut + _PIECE, len(self._table))], factors, gain)

    def add_within(self, first: int, sums: Array, factors: Array, gain: float) -> None:
        """Add what `scores` returns to the ``sums`` of documents from ``first`` on."""
        piece = slice(first, first + len(sums))
        sums += _scores(self._table[piece], factors[piece], gain)

    def column(self, factors: Array, gain: float, size: int) -> Array:
        """Return ``size`` numbers, for each document what `scores` returns, else 0."""
        # Memory that is written only once is had faster than zeros that are added to.
        column = np.empty(size, np.float32)
        for cut in range(0, len(self._table), _PIECE):
            piece = slice(cut, min(cut + _PIECE, len(self._table)))
            column[piece] = _scores(self._table[piece], factors[piece], gain)
        column[len(self._table) :] = 0.0
        return column

    def frequency_at(self, docs: Docs) -> Array:
        """Return the frequency in each of ``docs``; 0 where the term is not."""
        return self._table.take(docs)

    def count_in(self, mask: Mask) -> int:
        """Return how many of the documents in ``mask`` hold the term."""
        return int(np.count_nonzero(self._table[mask]))

    def mark(self, mask: Mask, first: int = 0) -> None:
        """Set ``mask``, that of documents from ``first`` on, for those that hold the term."""
        mask |= self._table[first : first + len(mask)] != 0


def postings_of(docs: Array, frequencies: Array, doc_count: int) -> Postings:
    """Return the postings of a term in ``docs``, ascending, one or more, of ``doc_count`` documents in all."""
    if len(docs) * DENSE_SHARE <= doc_count:
        return Postings(docs, frequencies)
    table = np.zeros(doc_count, frequencies.dtype)
    table[docs.astype(np.intp, copy=False)] = frequencies
    return DensePostings(table, len(docs))


def _scores(frequencies: Array, factors: Array, gain: float) -> Array:
    scores = frequencies.astype(np.float32)
    below = factors + scores
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
