"""The impacts of a word in few documents: a list of these."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from searchkit.ranking.impacts import Array, Docs, Impacts, Mask

_LISTED = 64
_LEAST_BITS = 1024
"""More documents than `_LISTED` are looked up in bits for all of them, if at least so many hold the word."""
_BITS = np.left_shift(1, np.arange(8)).astype(np.uint8)


class RareImpacts(Impacts):
    """The ``scores`` of ``docs``, ascending, one or more; ``shared``: somebody else keeps ``docs`` as well."""

    __slots__ = ("_bits", "_docs", "_scores", "_shared")

    def __init__(self, docs: npt.NDArray[Any], scores: Array, *, shared: bool = False) -> None:
        super().__init__(len(docs), float(scores.max()))
        self._docs = docs.astype(np.uint32, copy=False)
        self._shared = shared and self._docs is docs
        self._scores = scores
        self._bits: npt.NDArray[np.uint8] | None = None

    @property
    def _nbytes(self) -> int:
        bits = int(self._docs[-1]) // 8 if self.count >= _LEAST_BITS else 0
        return (0 if self._shared else self._docs.nbytes) + self._scores.nbytes + bits

    @property
    def _bounds(self) -> Array:
        return self._scores

    @property
    def listed(self) -> tuple[Docs, Array]:
        """The documents, in the type that numpy takes as an index, and their scores."""
        return self._docs.astype(np.intp), self._scores

    def above(self, limit: float) -> tuple[Docs, Array]:
        """Return the documents, ascending, with a score of ``limit`` or more, and their scores."""
        if limit <= 0.0:
            return self.listed
        kept = (self._scores >= np.float32(limit)).nonzero()[0]
        return self._docs.take(kept).astype(np.intp), self._scores.take(kept)

    def add_at(self, docs: Docs, sums: Array) -> None:
        """Add the score of each of ``docs`` to its number in ``sums``; nothing where the word is not."""
        if self._searched(docs):
            # A search among numbers of another type would convert all of them.
            wanted = docs.astype(self._docs.dtype)
            at = self._docs.searchsorted(wanted)
            sums += self._scores.take(at, mode="clip") * (self._docs.take(at, mode="clip") == wanted)
        else:
            here = self.holds(docs).nonzero()[0]
            wanted = docs.take(here).astype(self._docs.dtype)
            sums[here] += self._scores.take(self._docs.searchsorted(wanted))

    def add_to(self, sums: Array) -> None:
        """Add the scores of all documents to ``sums``, one for each document and some behind."""
        np.add.at(sums, self._docs.astype(np.intp), self._scores)

    def holds(self, docs: Docs) -> Mask:
        """Say which of ``docs`` hold the word."""
        found: Mask
        if self._searched(docs):
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

    def _searched(self, docs: Docs) -> bool:
        return len(docs) <= _LISTED or self.count < _LEAST_BITS

    def mark(self, mask: Mask) -> None:
        """Set ``mask`` for the documents that hold the word."""
        mask[self._docs] = True
