"""Collecting a page: the best of several segments in one total order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from searchkit.engines.whoosh.segment import Segment
from searchkit.ranking.topk import SLACK

Array = npt.NDArray[Any]
Docs = npt.NDArray[np.intp]


class PageCollector:
    """Keeps the ``wanted`` best documents: by key (greatest first), then score, then id in code point order.

    Where only the score counts, candidates with rounded scores come first, through `consider`: exact scores are then
    wanted only for what `considered` returns.
    """

    def __init__(self, segments: Sequence[Segment], wanted: int) -> None:
        self._segments = segments
        self.wanted = wanted
        self._keys: Array = np.zeros(0, np.int32)
        self._scores: Array = np.zeros(0, np.float64)
        self._places: Array = np.zeros((0, 2), np.int64)
        self._candidates: list[tuple[int, Docs, Array]] = []

    def consider(self, index: int, docs: Docs, scores: Array) -> None:
        """Take candidates of segment number ``index``, with scores in float32."""
        if not len(docs):
            return
        self._candidates.append((index, docs, scores))

    @property
    def floor(self) -> float:
        """The lowest rounded score that can still get in."""
        rounded = [scores for _, _, scores in self._candidates]
        if sum(map(len, rounded)) < max(self.wanted, 1):
            return 0.0
        joined = np.concatenate(rounded)
        joined.partition(len(joined) - self.wanted)
        return float(joined[len(joined) - self.wanted])

    def considered(self) -> Iterator[tuple[int, Docs]]:
        """Yield segments with those candidates that may be among the best."""
        if len(self._candidates) == 1:
            yield self._candidates[0][:2]
            return
        limit = np.float32(self.floor * (1 - SLACK))
        for index, docs, scores in self._candidates:
            kept = docs[scores >= limit]
            if len(kept):
                yield index, kept

    def promising(self, keys: Array) -> npt.NDArray[np.intp]:
        """Return which of a segment's documents have keys good enough to be looked at."""
        if len(keys) <= self.wanted:
            return np.arange(len(keys))
        return np.flatnonzero(keys >= np.partition(keys, len(keys) - self.wanted)[len(keys) - self.wanted])

    def add(self, index: int, docs: Docs, scores: Array, keys: Array | None = None) -> None:
        """Add documents of segment number ``index``."""
        if keys is None:
            keys = np.zeros(len(docs), np.int32)
            if len(docs) > self.wanted:
                kept = scores >= np.partition(scores, len(docs) - self.wanted)[len(docs) - self.wanted]
                docs, scores, keys = docs[kept], scores[kept], keys[kept]
            order = np.lexsort((self._segments[index].id_rank[docs], -scores))
        else:
            order = np.lexsort((self._segments[index].id_rank[docs], -scores, -keys.astype(np.int64)))
        order = order[: self.wanted]
        places = np.empty((len(order), 2), np.int64)
        places[:, 0] = index
        places[:, 1] = docs[order]
        if not len(self._scores):
            self._keys, self._scores, self._places = keys[order], scores[order], places
        else:
            self._keys = np.concatenate((self._keys, keys[order]))
            self._scores = np.concatenate((self._scores, scores[order]))
            self._places = np.concatenate((self._places, places))

    def hits(self) -> list[tuple[float, int, int]]:
        """Return the best as (score, number of the segment, document), in order."""
        if self._of_one_segment():
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
            if start >= self.wanted:
                break
            run = [(float(scores[at]), *places[at].tolist()) for at in range(start, stop)]
            if len({segment for _, segment, _ in run}) > 1:
                run.sort(key=self._id_of)
            hits += run
        return hits[: self.wanted]

    def cut(self, size: int) -> tuple[list[tuple[int, Docs, Array]], list[tuple[float, int, int]]]:
        """Return the best ``size`` as (number of the segment, documents, ascending, their scores); and later hits."""
        if self._of_one_segment() and len(self._places) <= size:
            scores, places, rest = self._scores, self._places, []
        else:
            hits = self.hits()
            rest = hits[size:]
            scores = np.array([hit[0] for hit in hits[:size]], np.float64)
            places = np.array([hit[1:] for hit in hits[:size]], np.int64).reshape(-1, 2)
        found = []
        for index in sorted(set(places[:, 0].tolist())):
            mine = places[:, 0] == index
            docs, own = places[mine, 1], scores[mine]
            order = docs.argsort()
            found.append((index, docs.take(order), own.take(order)))
        return found, rest

    def _of_one_segment(self) -> bool:
        return bool(len(self._places)) and bool((self._places[:, 0] == self._places[0, 0]).all())

    def _id_of(self, hit: tuple[float, int, int]) -> str:
        return self._segments[hit[1]].id_of(hit[2])
