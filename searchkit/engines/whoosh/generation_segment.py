"""A segment without its deleted documents: the others are numbered anew.

Whoosh would hide deleted documents itself, but its ``Not`` lets some through when it stands alone, and they
would count in its statistics.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import count
from typing import Any

import numpy as np
import numpy.typing as npt

from searchkit.analysis.token import Layer
from searchkit.document import Document
from searchkit.engines.whoosh.segment import Segment

Array = npt.NDArray[Any]

_numbers = count()


class LiveSegment:
    """``doc_count`` documents numbered from 0; ``number`` tells segments of a process apart."""

    def __init__(self, segment: Segment) -> None:
        self._segment = segment
        self.number = next(_numbers)
        self.doc_count = segment.live_count
        self._live: npt.NDArray[np.int64] | None = None
        if segment.deleted is not None:
            self._live = np.flatnonzero(~segment.deleted)
            self._numbers = np.cumsum(~segment.deleted) - 1

    def _of_documents(self, values: Array) -> Array:
        return values if self._live is None else values[self._live]

    def postings(self, layer: Layer, string_id: int) -> tuple[Array, Array]:
        """Return the documents that hold a term, ascending, and its frequency in each."""
        docs, frequencies = self._segment.postings(layer, string_id)
        deleted = self._segment.deleted
        if deleted is None:
            return docs, frequencies
        kept = ~deleted[docs]
        return self._numbers[docs[kept]], frequencies[kept]

    def terms(self, layer: Layer) -> Array:
        """Return the string ids of the terms of a layer, ascending."""
        found = self._terms.get(layer)
        if found is None:
            found = self._terms[layer] = self._segment.terms(layer)
            if self._segment.deleted is not None and len(found):
                _, offsets, docs, _ = self._segment.layer_arrays(layer)
                live = (~self._segment.deleted)[docs]
                found = self._terms[layer] = found[np.logical_or.reduceat(live, offsets[:-1])]
        return found

    @cached_property
    def _terms(self) -> dict[Layer, Array]:
        return {}

    def lengths(self, layer: Layer) -> Array:
        """Return the number of tokens of each document in a layer."""
        found = self._lengths.get(layer)
        if found is None:
            found = self._lengths[layer] = self._of_documents(self._segment.exact_lengths(layer))
        return found

    @cached_property
    def _lengths(self) -> dict[Layer, Array]:
        return {}

    @cached_property
    def dates(self) -> Array:
        """Dates as numbers, year × 10000 + month × 100 + day; 0 where unknown."""
        return self._of_documents(self._segment.dates)

    @cached_property
    def votes(self) -> Array:
        """Votes; `NO_VOTES` where unknown."""
        return self._of_documents(self._segment.votes)

    @property
    def author_names(self) -> list[str]:
        """The distinct names of authors."""
        return self._segment.author_names

    def authors(self) -> Iterator[list[int]]:
        """Yield the authors of each document, as indexes into ``author_names``."""
        offsets, numbers = self._segment.author_offsets, self._segment.author_ids.tolist()
        starts = self._of_documents(offsets[:-1]).tolist()
        stops = self._of_documents(offsets[1:]).tolist()
        return (numbers[start:stop] for start, stop in zip(starts, stops))

    @cached_property
    def by_id(self) -> npt.NDArray[np.int64]:
        """The documents in the order of their ids."""
        order = self._segment.file.column("ids.order").all().astype(np.int64)
        deleted = self._segment.deleted
        return order if deleted is None else self._numbers[order[~deleted[order]]]

    def _original(self, docs: Sequence[int]) -> list[int]:
        return list(docs) if self._live is None else self._live[list(docs)].tolist()

    def id_of(self, doc: int) -> str:
        """Return the id of a document."""
        return self._segment.id_of(self._original([doc])[0])

    def documents(self, docs: Sequence[int]) -> list[Document]:
        """Return stored documents in the order asked for."""
        return self._segment.documents(self._original(docs))

    def find_arxiv(self, arxiv_id: str) -> npt.NDArray[np.int64]:
        """Return the documents with an arXiv id; its version is ignored."""
        docs = self._segment.find_arxiv(arxiv_id)
        deleted = self._segment.deleted
        return docs if deleted is None else self._numbers[docs[~deleted[docs]]]

    def words(self, doc: int) -> npt.NDArray[np.int32]:
        """Return the forward stream of a document."""
        return self._segment.words(np.array(self._original([doc])))[0]
