"""One commit on a cluster as everything above the engine sees it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from functools import cached_property
from itertools import pairwise
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from searchkit.analysis.glosses import Gloss
from searchkit.analysis.token import Layer
from searchkit.document import Document
from searchkit.engines.found import Contribution, Expected, TopDocs
from searchkit.engines.opensearch import schema, search
from searchkit.engines.opensearch.blob_cache import BlobCache
from searchkit.engines.opensearch.body import gloss_value, read_document
from searchkit.engines.opensearch.committed import Committed
from searchkit.engines.opensearch.contributions import contributions
from searchkit.engines.opensearch.counts import Counts, pair_key
from searchkit.engines.opensearch.documents import Documents
from searchkit.engines.opensearch.gloss_counts import count_glosses
from searchkit.engines.opensearch.head import Head
from searchkit.engines.opensearch.ledger import Ledger
from searchkit.engines.opensearch.meanwhile import meanwhile
from searchkit.engines.opensearch.statistics import statistics
from searchkit.engines.opensearch.stored_words import stored_words
from searchkit.engines.opensearch.translation import Query, term_query, with_ids
from searchkit.engines.opensearch.word_marks import MarkedWords
from searchkit.errors import IndexCorrupt
from searchkit.query.plan import Node, PhraseTerm, Plan
from searchkit.ranking.features import FeatureScore

Ints = npt.NDArray[np.int64]

_KEPT = 4096
T = TypeVar("T")


class _Recent(dict[str, T]):
    """What is known of the documents seen last, by their ids."""

    def __setitem__(self, document_id: str, known: T) -> None:
        if len(self) >= _KEPT:
            self.clear()
        super().__setitem__(document_id, known)


class ClusterSnapshot(Committed):
    """What `searchkit.engines.base.Snapshot` promises. A handle is the id of its document. Thread-safe."""

    def __init__(self, ledger: Ledger, head: Head, cache: BlobCache | None = None) -> None:
        super().__init__(ledger, head, cache)
        self.caches: dict[str, Any] = {}
        self.index = head.content.documents
        self._came: dict[str, _Recent[str]] = {schema.STORED: _Recent(), schema.MARKS: _Recent()}
        self._documents: _Recent[Document] = _Recent()
        self._words: _Recent[npt.NDArray[np.int32]] = _Recent()

    @property
    def _counts(self) -> Counts:
        return Counts.of(self)

    def run(
        self,
        plan: Plan,
        *,
        limit: int,
        offset: int = 0,
        sort: str = "relevance",
        total: bool = True,
        facets: bool = False,
        expected: Expected | None = None,
    ) -> TopDocs:
        """Return a page of what matches ``plan``."""
        return search.run(
            self,
            plan,
            limit=limit,
            offset=offset,
            sort=sort,
            total=total,
            facets=facets,
            expected=expected,
        )

    def meanwhile(self, steps: Iterator[object]) -> AbstractContextManager[None]:
        """Have ``steps`` gone through within the block while this thread waits for an answer."""
        return meanwhile(steps)

    def best_by_terms(self, plan: Plan, limit: int) -> Sequence[str]:
        """Return the best documents of ``plan`` by its terms alone."""
        first = replace(plan, filters=(), second=None)
        return [handle for _, handle in self.run(first, limit=limit, total=False).hits]

    def contributions(self, plan: Plan, handle: str) -> Sequence[Contribution | FeatureScore]:
        """Return what each part of ``plan`` adds to the score of a document."""
        return contributions(self, plan, handle)

    def matches(self, nodes: Sequence[Node], handle: str) -> list[bool]:
        """Say for each of ``nodes`` whether a document matches it."""
        return search.matches(self, nodes, handle)

    def doc_freq(self, layer: Layer, text: str) -> int:
        """Return how many documents hold a term."""
        return self._counts.doc_freq(layer, text)

    def idf(self, layer: Layer, text: str) -> float:
        """Return the idf of a term, 0 if no document holds it."""
        return self._counts.idf(layer, text)

    def documents_with(self, layer: Layer) -> int:
        """Return how many documents have any term in a layer."""
        return self._counts.documents_with(layer)

    def average_length(self, layer: Layer) -> float:
        """Return how many terms documents that have a layer have in it, 1 if there are none."""
        return self._counts.average_length(layer)

    def phrase_freqs(self, names: Sequence[PhraseTerm]) -> list[int]:
        """Return how many documents each of ``names`` matches."""
        return self._counts.phrase_freqs(names)

    def look_up_pairs(self, pairs: Iterable[tuple[str, str]], plan: Plan | None = None) -> None:
        """Count all of ``pairs``, and what has to be known to run ``plan``, by one request."""
        keys = [pair_key(*pair) for pair in pairs]
        if plan is None:
            self._counts.get(keys)
        else:
            search.run_ahead(self, plan, keys)

    def side_by_side(self, first: str, second: str) -> int:
        """Return how many documents hold two base terms as neighbours."""
        return self._counts.side_by_side(first, second)

    def sample(self, layer: Layer, text: str, limit: int) -> tuple[int, list[str]]:
        """Return how many documents hold a term, and those of them with the least CRC-32 of their ids."""
        query = {"constant_score": {"filter": term_query(layer, text)}}
        total, found = self._first(query, limit, {"sample": "asc"})
        return total, list(found)

    def _first(
        self, query: Query, limit: int, *before: Mapping[str, str]
    ) -> tuple[int, dict[str, Mapping[str, str]]]:
        """Return how many documents match, and the first by id, or by fields ``before`` it, as they are stored."""
        sort = [*before, {"id": "asc"}]
        body = {"query": query, "size": limit, "sort": sort, "track_total_hits": True}
        answer = self.ledger.search(self.index, body)["hits"]
        found = {str(hit["sort"][-1]): hit["_source"] for hit in answer["hits"]}
        for document_id, source in found.items():
            self.remember(document_id, source)
        return int(answer["total"]["value"]), found

    def remember(self, document_id: str, source: Mapping[str, str]) -> None:
        """Keep what came of a document with a hit, for when it is shown."""
        for field, value in source.items():
            if document_id not in (self._documents if field == schema.STORED else self._words):
                self._came[field][document_id] = value

    def at_hand(self, handles: Iterable[str]) -> list[str]:
        """Return those documents that nobody has to be asked for, to show them."""
        documents, stored = self._documents, self._came[schema.STORED]
        words, marks = self._words, self._came[schema.MARKS]
        return [
            each
            for each in handles
            if (each in documents or each in stored) and (each in words or each in marks)
        ]

    def find(self, document_id: str) -> str | None:
        """Return the document with an id, None if there is none."""
        _, found = self._first(with_ids([document_id]), 1)
        return next(iter(found), None)

    def ids(self, handles: Sequence[str]) -> list[str]:
        """Return the ids of documents."""
        return list(handles)

    def documents(self, handles: Sequence[str]) -> list[Document]:
        """Return documents in the order of ``handles``.

        Raises:
            IndexCorrupt: one has been removed.
        """
        recent = self._documents
        found = {handle: known for handle in handles if (known := recent.get(handle)) is not None}
        missing = [handle for handle in handles if handle not in found]
        for handle, text in zip(missing, self._read(missing, schema.STORED)):
            document = found[handle] = read_document(text)
            # What is kept is shown again, so nobody must be able to change it.
            if not document.extra:
                recent[handle] = document
                self._came[schema.STORED].pop(handle, None)
        return [found[handle] for handle in handles]

    def _read(self, handles: Sequence[str], field: str) -> list[str]:
        """Return a field of documents as it is stored, asked for where it didn't come with their hits."""
        came = self._came[field]
        found = {handle: came.get(handle) for handle in handles}
        missing = [handle for handle, value in found.items() if value is None]
        if missing:
            _, fetched = self._first(with_ids(missing), len(missing))
            found.update({handle: source[field] for handle, source in fetched.items()})
        values = []
        for handle in handles:
            value = found[handle]
            if value is None:
                raise IndexCorrupt(
                    f"document {handle} is gone while it was asked for; search again", path=self.ledger.place
                )
            values.append(value)
        return values

    @cached_property
    def _marked(self) -> MarkedWords:
        return MarkedWords(self.lexicon.levels)

    def words(self, handles: Sequence[str]) -> tuple[npt.NDArray[np.int32], Ints]:
        """Return the words of documents as codes and the offsets that cut them."""
        recent = self._words
        found = {handle: known for handle in handles if (known := recent.get(handle)) is not None}
        missing = [handle for handle in handles if handle not in found]
        if missing:
            read = self._marked.read(self._read(missing, schema.MARKS))
            if read is None:
                streams = stored_words(self.documents(handles), self.lexicon)
                return streams.codes, streams.offsets
            for handle, (start, stop) in zip(missing, pairwise(read[1].tolist())):
                found[handle] = recent[handle] = read[0][start:stop].copy()
                self._came[schema.MARKS].pop(handle, None)
        words = [found[handle] for handle in handles]
        offsets = np.zeros(len(words) + 1, np.int64)
        np.cumsum([len(each) for each in words], out=offsets[1:])
        return np.concatenate([np.zeros(0, np.int32), *words]), offsets

    def all_documents(self) -> Iterator[Document]:
        """Yield every document."""
        documents = Documents(self.ledger, self.index)
        try:
            yield from documents.all()
        finally:
            documents.close()

    def gloss_counts(self) -> Mapping[Gloss, int]:
        """Return every gloss of the documents with how many hold it."""
        return count_glosses(self.ledger, self.index)

    def glossing(self, wanted: Collection[Gloss], limit: int) -> dict[Gloss, list[str]]:
        """Return for each of ``wanted`` up to ``limit`` documents that hold it, those with the least ids."""
        return {
            gloss: list(self._first({"term": {"glosses": gloss_value(gloss)}}, limit)[1]) for gloss in wanted
        }

    def statistics(self) -> dict[str, Any]:
        """Return counts, dates, sizes in bytes and versions."""
        return statistics(self, self._counts.statistics())

    def release(self) -> None:
        """Do nothing: what a commit consists of stays until another build after the next."""

    def close(self) -> None:
        """Let everything go."""
        self.caches.clear()
        for came in self._came.values():
            came.clear()
        self._documents.clear()
        self._words.clear()

    def __enter__(self) -> ClusterSnapshot:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
