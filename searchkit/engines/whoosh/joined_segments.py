"""The segments of a generation as one: their documents numbered through, those of the first segment first.

Ranking sees only these numbers, so that a query costs the same however many segments there are.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from itertools import accumulate, pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from searchkit.analysis.token import Layer
from searchkit.engines.whoosh.segment import Segment
from searchkit.ranking.postings import DENSE_SHARE, DensePostings, Postings

Array = npt.NDArray[Any]
Docs = npt.NDArray[np.intp]
Mask = npt.NDArray[np.bool_]

Place = tuple[int, int]
"""The number of a segment, and of a document in it."""


class JoinedSegments:
    """``segments`` in one: ``doc_count`` documents, deleted ones included. Thread-safe."""

    def __init__(self, segments: Sequence[Segment]) -> None:
        self.segments = tuple(segments)
        self.starts = list(accumulate((segment.doc_count for segment in self.segments), initial=0))
        self.doc_count = self.starts[-1]
        self._norms: dict[int, Array] = {}

    @cached_property
    def deleted(self) -> Mask | None:
        """The documents that are deleted, None if none is."""
        if all(segment.deleted is None for segment in self.segments):
            return None
        return np.concatenate(
            [
                np.zeros(segment.doc_count, np.bool_) if segment.deleted is None else segment.deleted
                for segment in self.segments
            ]
        )

    def places(self, docs: Iterable[int]) -> list[Place]:
        """Return where documents stand."""
        if len(self.segments) == 1:
            return [(0, doc) for doc in docs]
        found = []
        for doc in docs:
            index = bisect_right(self.starts, doc) - 1
            found.append((index, doc - self.starts[index]))
        return found

    def number(self, place: Place) -> int:
        """Return the number of the document at a place."""
        return self.starts[place[0]] + place[1]

    def id_of(self, doc: int) -> str:
        """Return the id of a document."""
        ((index, own),) = self.places((doc,))
        return self.segments[index].id_of(own)

    def split(self, docs: Docs) -> Iterator[tuple[int, Docs]]:
        """Yield the numbers of segments with those of ``docs``, ascending, that stand there, as numbered there."""
        if len(self.segments) == 1:
            yield 0, docs
            return
        # A search among numbers of another type would convert all of them.
        cuts = docs.searchsorted(np.array(self.starts, docs.dtype)).tolist()
        for index, (start, stop) in enumerate(pairwise(cuts)):
            if start < stop:
                yield index, docs[start:stop] - self.starts[index]

    def slices(self) -> Iterator[slice]:
        """Yield for each segment where its documents stand among all."""
        for start, stop in pairwise(self.starts):
            yield slice(start, stop)

    def join(self, masks: Sequence[Mask | None]) -> Mask:
        """Return one mask for all documents of one for each segment, None where all of its documents are in it."""
        if len(masks) == 1 and masks[0] is not None:
            return masks[0]
        joined = np.ones(self.doc_count, np.bool_)
        for own, mask in zip(self.slices(), masks):
            if mask is not None:
                joined[own] = mask
        return joined

    def join_docs(self, docs: Sequence[Array]) -> Array:
        """Return the documents of all segments, given for each in its own numbers, numbered through."""
        return docs[0] if len(docs) == 1 else number_through(docs, self.starts)

    def postings(self, layer: Layer, string_id: int) -> Postings | None:
        """Return the postings of a term, deleted documents included; None if it has none."""
        count = sum(segment.size(layer, string_id) for segment in self.segments)
        if not count:
            return None
        if count * DENSE_SHARE > self.doc_count:
            tables = [segment.frequencies(layer, string_id) for segment in self.segments]
            return DensePostings(tables[0] if len(tables) == 1 else np.concatenate(tables), count)
        found = [segment.postings(layer, string_id) for segment in self.segments]
        frequencies = found[0][1] if len(found) == 1 else np.concatenate([freqs for _, freqs in found])
        return Postings(self.join_docs([docs for docs, _ in found]), frequencies)

    def norms(self, layer: int) -> Array:
        """Return the rounded length of each document in a layer, as Lucene's one byte; 0 where it has none."""
        if len(self.segments) == 1:
            return self.segments[0].norms(layer)
        found = self._norms.get(layer)
        if found is None:
            found = self._norms[layer] = np.concatenate([segment.norms(layer) for segment in self.segments])
        return found

    def streams(self, docs: Docs) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.int64]]:
        """Return the encoded streams of ``docs``, ascending, one after the other, and where each starts (one more)."""
        found = [self.segments[index].streams(own) for index, own in self.split(docs)]
        if len(found) == 1:
            return found[0]
        bounds = np.zeros(len(docs) + 1, np.int64)
        np.cumsum(
            np.concatenate([np.zeros(0, np.int64), *(np.diff(own) for _, own in found)]), out=bounds[1:]
        )
        return np.concatenate([np.zeros(0, np.uint8), *(data for data, _ in found)]), bounds


def number_through(docs: Sequence[Array], starts: Sequence[int]) -> Array:
    """Return several arrays of documents as one, to each of which its number in ``starts`` is added."""
    joined = np.empty(sum(map(len, docs)), np.uint32)
    at = 0
    for start, own in zip(starts, docs):
        np.add(own, np.uint32(start), out=joined[at : at + len(own)], dtype=np.uint32)
        at += len(own)
    return joined
