"""Collecting a page: the best of several segments in one total order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from searchkit.engines.whoosh.segment import Segment
from searchkit.ranking.impacts import SLACK

Array = npt.NDArray[Any]
Docs = npt.NDArray[np.intp]

_FEW = 8
"""So many times the documents wanted are sorted at once; of more, the worst are dropped before."""


class PageCollector:
    """Keeps the ``wanted`` best documents: by key (greatest first), then score, then id in code point order.

    Where only the score counts, candidates with rounded scores come first, through `consider`: exact scores are then
    wanted only for what `considered` returns.
    """

    def __init__(self, segments: Sequence[Segment], wanted: int) -> None:
        self._segments = segments
        self.wanted = wanted
        self._parts: list[tuple[int, Docs, Array, Array | None]] = []
        self._candidates: list[tuple[int, Docs, Array]] = []

    def consider(self, index: int, docs: Docs, scores: Array) -> None:
        """Take candidates of segment number ``index``, with scores in float32."""
        if not len(docs):
            return
        self._candidates.append((index, docs, scores))

    @property
    def floor(self) -> float:
        """The lowest rounded score that can still get in."""
        if not self._candidates:
            return 0.0
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
        """Add documents of segment number ``index``, with ``keys`` for all segments or for none."""
        if keys is None:
            if len(docs) > _FEW * self.wanted:
                kept = scores >= np.partition(scores, len(docs) - self.wanted)[len(docs) - self.wanted]
                docs, scores = docs[kept], scores[kept]
            order = np.lexsort((self._segments[index].id_rank.take(docs), -scores))[: self.wanted]
        else:
            order = np.lexsort((self._segments[index].id_rank[docs], -scores, -keys.astype(np.int64)))
            order = order[: self.wanted]
            keys = keys.take(order)
        if len(order):
            self._parts.append((index, docs.take(order), scores.take(order), keys))

    def hits(self) -> list[tuple[float, int, int]]:
        """Return the best as (score, number of the segment, document), in order."""
        if len(self._parts) < 2:
            # All of one segment: `add` has put them in order.
            return [
                (score, index, doc)
                for index, docs, scores, _ in self._parts
                for score, doc in zip(scores.tolist(), docs.tolist())
            ]
        sizes = [len(docs) for _, docs, _, _ in self._parts]
        segments = np.repeat([index for index, _, _, _ in self._parts], sizes)
        docs = np.concatenate([docs for _, docs, _, _ in self._parts])
        scores = np.concatenate([scores for _, _, scores, _ in self._parts])
        keys = np.zeros(len(docs), np.int64)
        if self._parts[0][3] is not None:
            keys = np.concatenate([keys for _, _, _, keys in self._parts if keys is not None]).astype(
                np.int64
            )
        order = np.lexsort((-scores, -keys))
        scores, keys, docs, segments = scores[order], keys[order], docs[order], segments[order]
        changes = (scores[1:] != scores[:-1]) | (keys[1:] != keys[:-1])
        bounds = [0, *(np.flatnonzero(changes) + 1).tolist(), len(scores)]
        hits: list[tuple[float, int, int]] = []
        for start, stop in pairwise(bounds):
            if start >= self.wanted:
                break
            places = slice(start, stop)
            run = list(zip(scores[places].tolist(), segments[places].tolist(), docs[places].tolist()))
            if len({segment for _, segment, _ in run}) > 1:
                run.sort(key=self._id_of)
            hits += run
        return hits[: self.wanted]

    def cut(self, size: int) -> tuple[list[tuple[int, Docs, Array]], list[tuple[float, int, int]]]:
        """Return the best ``size`` as (number of the segment, documents, ascending, their scores); and later hits."""
        if len(self._parts) == 1 and len(self._parts[0][1]) <= size:
            ((index, docs, scores, _),) = self._parts
            order = docs.argsort()
            return [(index, docs.take(order), scores.take(order))], []
        hits = self.hits()
        found = []
        for index in sorted({index for _, index, _ in hits[:size]}):
            own = sorted((doc, score) for score, segment, doc in hits[:size] if segment == index)
            docs = np.array([doc for doc, _ in own], np.intp)
            found.append((index, docs, np.array([score for _, score in own], np.float64)))
        return found, hits[size:]

    def _id_of(self, hit: tuple[float, int, int]) -> str:
        return self._segments[hit[1]].id_of(hit[2])
