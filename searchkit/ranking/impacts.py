"""What a word adds to the scores of documents: its *impacts*, the sums of what its terms are worth."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
Docs = npt.NDArray[np.intp]
Mask = npt.NDArray[np.bool_]

SLACK = 1e-4
"""By how much bounds in float32 are widened, relative to themselves; rounding stays far below."""
BLOCK = 16
"""So many documents after each other are a block: their scores fill a line of the processor's cache."""
_LONGEST_TOP = 2048
"""The top of a word is kept unless it is longer."""
_TOP_BYTES = 12

NO_DOCS: Docs = np.zeros(0, np.intp)
NO_SCORES: Array = np.zeros(0, np.float32)


class Impacts(ABC):
    """What a word adds to the score of each document that holds it, above 0, in float32.

    ``bound`` is the greatest score, ``count`` the number of documents.
    """

    __slots__ = ("_top", "bound", "count")

    def __init__(self, count: int, bound: float) -> None:
        self.count = count
        self.bound = bound
        self._top: tuple[int, Docs, Array] | None = None

    @property
    def nbytes(self) -> int:
        """Memory in bytes, that of what is made later included."""
        return self._nbytes + _TOP_BYTES * min(self.count, _LONGEST_TOP)

    @property
    @abstractmethod
    def _nbytes(self) -> int:
        """Memory in bytes of all but the top."""

    @property
    @abstractmethod
    def _bounds(self) -> Array:
        """Bounds of scores; of each a document reaches it, each another one."""

    @abstractmethod
    def above(self, limit: float) -> tuple[Docs, Array]:
        """Return the documents, ascending, with a score of ``limit`` or more, and their scores."""

    @abstractmethod
    def add_at(self, docs: Docs, sums: Array) -> None:
        """Add the score of each of ``docs`` to its number in ``sums``; nothing where the word is not."""

    @abstractmethod
    def add_to(self, sums: Array) -> None:
        """Add the scores of all documents to ``sums``, one for each document and some behind."""

    @abstractmethod
    def holds(self, docs: Docs) -> Mask:
        """Say which of ``docs`` hold the word."""

    @abstractmethod
    def mark(self, mask: Mask) -> None:
        """Set ``mask`` for the documents that hold the word."""

    def top(self, k: int) -> tuple[Docs, Array]:
        """Return the documents, ascending, that may be among the ``k`` with the greatest scores, and their scores.

        All that are equal to the last are among them, and there may be some more.
        """
        known = self._top
        if known is not None and k <= known[0]:
            return known[1:]
        limit = 0.0
        if self.count > k:
            bounds = self._bounds
            limit = kth(bounds, k) if len(bounds) >= k else 0.0
        docs, scores = self.above(limit * (1 - SLACK))
        if len(docs) > _LONGEST_TOP:
            return docs, scores
        self._top = k, docs, scores
        return docs, scores


class CommonImpacts(Impacts):
    """The impacts of a word in many documents, which are looked at in blocks.

    ``peaks`` are the greatest scores of each `BLOCK` documents.
    """

    __slots__ = ()

    @property
    @abstractmethod
    def peaks(self) -> Array:
        """The greatest score in each block of documents."""

    @property
    def _bounds(self) -> Array:
        return self.peaks

    @abstractmethod
    def in_blocks(self, blocks: Docs) -> Array:
        """Return a new array with the scores of the documents in ``blocks``, 0 where the word is not."""

    def above(self, limit: float) -> tuple[Docs, Array]:
        """Return the documents, ascending, with a score of ``limit`` or more, and their scores."""
        blocks = (self.peaks >= np.float32(limit)).nonzero()[0]
        sums = self.in_blocks(blocks)
        at = (sums >= np.float32(limit) if limit > 0.0 else sums > 0.0).nonzero()[0]
        return docs_in_blocks(blocks, at), sums.take(at)


def padded(doc_count: int) -> int:
    """Return the size of a column for so many documents: whole blocks."""
    return -(-doc_count // BLOCK) * BLOCK


def kth(scores: Array, k: int) -> float:
    """Return the k-th greatest of ``k`` or more scores."""
    ordered = scores.copy()
    ordered.partition(len(scores) - k)
    return float(ordered[len(scores) - k])


def sums_in_blocks(words: Sequence[CommonImpacts], blocks: Docs) -> Array:
    """Return the sums over ``words`` for the documents in ``blocks``, one block after the other."""
    sums = words[0].in_blocks(blocks)
    for word in words[1:]:
        sums += word.in_blocks(blocks)
    return sums


def docs_in_blocks(blocks: Docs, at: Docs) -> Docs:
    """Return the documents at the places ``at`` of what `sums_in_blocks` returns."""
    return blocks.take(at // BLOCK) * BLOCK + at % BLOCK


def peaks_of(column: Array) -> Array:
    """Return the greatest number in each block of a column."""
    # Halving is far faster than the maximum of many short rows.
    peaks = np.maximum(column[::2], column[1::2])
    while len(peaks) * BLOCK > len(column):
        peaks = np.maximum(peaks[::2], peaks[1::2])
    return peaks
