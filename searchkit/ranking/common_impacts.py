"""The impacts of a word in many documents: a column of all scores, or what they are computed from."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from searchkit.ranking.impacts import BLOCK, Array, CommonImpacts, Docs, Mask, padded, peaks_of
from searchkit.ranking.postings import Term

_PIECE = 1 << 16


class ColumnImpacts(CommonImpacts):
    """The impacts of a word as a ``column``: one number for each document, 0 where the word is not; `padded` with 0."""

    __slots__ = ("_peaks", "column")

    def __init__(self, column: Array, count: int) -> None:
        super().__init__(count, float(column.max()))
        self.column = column
        self._peaks: Array | None = None

    @property
    def _nbytes(self) -> int:
        return self.column.nbytes + self.column.nbytes // BLOCK

    @property
    def peaks(self) -> Array:
        """The greatest score in each block of documents."""
        if self._peaks is None:
            self._peaks = peaks_of(self.column)
        return self._peaks

    def in_blocks(self, blocks: Docs) -> Array:
        """Return a new array with the scores of the documents in ``blocks``, 0 where the word is not."""
        return self.column.reshape(-1, BLOCK).take(blocks, axis=0).ravel()

    def add_at(self, docs: Docs, sums: Array) -> None:
        """Add the score of each of ``docs`` to its number in ``sums``; nothing where the word is not."""
        sums += self.column.take(docs)

    def add_to(self, sums: Array) -> None:
        """Add the scores of all documents to ``sums``, one for each document and some behind."""
        sums += self.column[: len(sums)]

    def holds(self, docs: Docs) -> Mask:
        """Say which of ``docs`` hold the word."""
        found: Mask = self.column.take(docs) != 0.0
        return found

    def mark(self, mask: Mask) -> None:
        """Set ``mask`` for the documents that hold the word."""
        mask |= self.column[: len(mask)] != 0


class ComputedImpacts(CommonImpacts):
    """The impacts of a word in a large collection, where columns for all words of queries would take too much memory.

    Only peaks are kept; scores are computed from the postings of the word's terms wherever they are wanted.
    """

    __slots__ = ("_doc_count", "_parts", "_peaks")

    def __init__(self, parts: Sequence[Term], doc_count: int) -> None:
        self._parts = tuple(parts)
        self._doc_count = doc_count
        self._peaks = np.empty(padded(doc_count) // BLOCK, np.float32)
        count = 0
        # Piece by piece, so that all of it stays in the processor's cache.
        for start in range(0, doc_count, _PIECE):
            stop = min(start + _PIECE, doc_count)
            sums = np.zeros(padded(stop - start), np.float32)
            for term, factors, gain in parts:
                term.add_within(start, sums[: stop - start], factors, gain)
            self._peaks[start // BLOCK : -(-stop // BLOCK)] = peaks_of(sums)
            count += 0 if len(parts) == 1 else int(np.count_nonzero(sums))
        super().__init__(count or parts[0][0].count, float(self._peaks.max()))

    @property
    def _nbytes(self) -> int:
        # The postings are counted where they are kept.
        return self._peaks.nbytes

    @property
    def peaks(self) -> Array:
        """The greatest score in each block of documents."""
        return self._peaks

    def in_blocks(self, blocks: Docs) -> Array:
        """Return a new array with the scores of the documents in ``blocks``, 0 where the word is not."""
        docs = (blocks[:, None] * BLOCK + np.arange(BLOCK)).ravel()
        sums = np.zeros(len(docs), np.float32)
        # The last block may be longer than there are documents.
        count = int(docs.searchsorted(self._doc_count))
        self.add_at(docs[:count], sums[:count])
        return sums

    def add_at(self, docs: Docs, sums: Array) -> None:
        """Add the score of each of ``docs`` to its number in ``sums``; nothing where the word is not."""
        for term, factors, gain in self._parts:
            term.add_at(docs, sums, factors, gain)

    def add_to(self, sums: Array) -> None:
        """Add the scores of all documents to ``sums``, one for each document and some behind."""
        for term, factors, gain in self._parts:
            term.add_to(sums, factors, gain)

    def holds(self, docs: Docs) -> Mask:
        """Say which of ``docs`` hold the word."""
        found = np.zeros(len(docs), np.bool_)
        for term, _, _ in self._parts:
            found |= term.frequency_at(docs) != 0
        return found

    def mark(self, mask: Mask) -> None:
        """Set ``mask`` for the documents that hold the word."""
        for term, _, _ in self._parts:
            term.mark(mask)
