"""A page: the best documents in one total order."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from searchkit.engines.whoosh.joined_segments import JoinedSegments

Array = npt.NDArray[Any]
Docs = npt.NDArray[np.intp]

_FEW = 8
"""So many times the documents wanted are sorted at once; of more, the worst are dropped before."""


class Page:
    """The ``wanted`` best of ``docs``, ascending: by key, if there are ``keys``, then score, then id.

    The greatest keys and scores come first, ids in code point order.
    """

    def __init__(
        self, joined: JoinedSegments, wanted: int, docs: Docs, scores: Array, keys: Array | None = None
    ) -> None:
        self._joined = joined
        self.wanted = wanted
        if keys is None and len(docs) > _FEW * wanted:
            kept = scores >= np.partition(scores, len(docs) - wanted)[len(docs) - wanted]
            docs, scores = docs[kept], scores[kept]
        if len(joined.segments) == 1 or len(docs) > _FEW * wanted:
            order = self._best_of_segments(docs, scores, keys)
        else:
            order = np.arange(len(docs))
        if len(joined.segments) > 1:
            order = self._ordered(docs, scores, keys, order)
        order = order[:wanted]
        self._docs, self._scores = docs.take(order), scores.take(order)

    def _best_of_segments(self, docs: Docs, scores: Array, keys: Array | None) -> Docs:
        """Return the places of the best of each segment, in order."""
        found: list[Docs] = [np.zeros(0, np.intp)]
        at = 0
        for index, own in self._joined.split(docs):
            part = slice(at, at + len(own))
            by: list[Array] = [self._joined.segments[index].id_rank.take(own), -scores[part]]
            if keys is not None:
                by.append(-keys[part])
            found.append(at + np.lexsort(by)[: self.wanted])
            at += len(own)
        return np.concatenate(found)

    def _ordered(self, docs: Docs, scores: Array, keys: Array | None, places: Docs) -> Docs:
        """Return ``places`` in order, as far as they are wanted."""
        scores = scores.take(places)
        by = np.lexsort((-scores,) if keys is None else (-scores, -keys.take(places)))
        places, scores = places.take(by), scores.take(by)
        changes = scores[1:] != scores[:-1]
        if keys is not None:
            changes |= np.diff(keys.take(places)) != 0
        bounds = [0, *(np.flatnonzero(changes) + 1).tolist(), len(places)]
        for start, stop in pairwise(bounds):
            if start >= self.wanted:
                break
            if stop - start > 1:
                tied = places[start:stop]
                ids = [self._joined.id_of(doc) for doc in docs.take(tied).tolist()]
                places[start:stop] = [place for _, place in sorted(zip(ids, tied.tolist()))]
        return places

    def __len__(self) -> int:
        return len(self._docs)

    def hits(self) -> list[tuple[float, int]]:
        """Return the documents with their scores, in order."""
        return list(zip(self._scores.tolist(), self._docs.tolist()))

    def cut(self, size: int) -> tuple[Docs, Array, list[tuple[float, int]]]:
        """Return the best ``size`` documents, ascending, and their scores; and the hits behind them."""
        docs, scores = self._docs[:size], self._scores[:size]
        order = docs.argsort()
        return docs.take(order), scores.take(order), self.hits()[size:] if len(self._docs) > size else []


def promising(keys: Array, wanted: int) -> Docs:
    """Return which of some documents have keys that are good enough for the best ``wanted``."""
    if len(keys) <= wanted:
        return np.arange(len(keys))
    least = np.partition(keys, len(keys) - wanted)[len(keys) - wanted]
    return np.flatnonzero(keys >= least)
