"""Collecting a page: the best of several segments in one total order."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from searchkit.engines.whoosh.segment import Segment

Array = npt.NDArray[Any]


class PageCollector:
    """Keeps the ``wanted`` best documents: by key (greatest first), then score, then id in code point order.

    ``floor`` is the lowest score that can still get in, as long as there are no keys.
    """

    def __init__(self, segments: Sequence[Segment], wanted: int) -> None:
        self._segments = segments
        self._wanted = wanted
        self._keys: Array = np.zeros(0, np.int32)
        self._scores: Array = np.zeros(0, np.float64)
        self._places: Array = np.zeros((0, 2), np.int64)
        self.floor = 0.0

    def promising(self, keys: Array) -> npt.NDArray[np.intp]:
        """Return which of a segment's documents have keys good enough to be looked at."""
        if len(keys) <= self._wanted:
            return np.arange(len(keys))
        return np.flatnonzero(keys >= np.partition(keys, len(keys) - self._wanted)[len(keys) - self._wanted])

    def add(self, index: int, docs: npt.NDArray[np.intp], scores: Array, keys: Array | None = None) -> None:
        """Add documents of segment number ``index``."""
        if keys is None:
            keys = np.zeros(len(docs), np.int32)
            if len(docs) > self._wanted:
                kept = scores >= np.partition(scores, len(docs) - self._wanted)[len(docs) - self._wanted]
                docs, scores, keys = docs[kept], scores[kept], keys[kept]
            order = np.lexsort((self._segments[index].id_rank[docs], -scores))
        else:
            order = np.lexsort((self._segments[index].id_rank[docs], -scores, -keys.astype(np.int64)))
        order = order[: self._wanted]
        places = np.stack((np.full(len(order), index, np.int64), docs[order]), axis=1)
        if not len(self._scores):
            self._keys, self._scores, self._places = keys[order], scores[order], places
        else:
            self._keys = np.concatenate((self._keys, keys[order]))
            self._scores = np.concatenate((self._scores, scores[order]))
            self._places = np.concatenate((self._places, places))
        if len(self._scores) >= self._wanted > 0:
            at = len(self._scores) - self._wanted
            self.floor = float(np.partition(self._scores, at)[at])

    def hits(self) -> list[tuple[float, int, int]]:
        """Return the best as (score, number of the segment, document), in order."""
        if len(self._places) and (self._places[:, 0] == self._places[0, 0]).all():
            # All of one segment: `add` has put them in order.
            segments, docs = self._places.T.tolist()
            return list(zip(self._scores.tolist(), segments, docs))
        keys = self._keys.astype(np.int64)
        order = np.lexsort((-self._scores, -keys))
        scores, keys, places = self._scores[order], keys[order], self._places[order]
        changes = (scores[1:] != scores[:-1]) | (keys[1:] != keys[:-1])
        bounds = [0, *(np.flatnonzero(changes) + 1).tolist(), len(scores)]
        hits: list[tuple[float, int, int]] = []
        for start, stop in pairwise(bounds):
            if start >= self._wanted:
                break
            run = [(float(scores[at]), *places[at].tolist()) for at in range(start, stop)]
            if len({segment for _, segment, _ in run}) > 1:
                run.sort(key=self._id_of)
            hits += run
        return hits[: self._wanted]

    def _id_of(self, hit: tuple[float, int, int]) -> str:
        return self._segments[hit[1]].id_of(hit[2])
