"""One commit on a cluster as everything above the engine sees it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from searchkit.analysis.glosses import Gloss
from searchkit.analysis.token import Layer
from searchkit.document import Document
from searchkit.engines.found import Contribution, TopDocs
from searchkit.engines.opensearch import schema
from searchkit.engines.opensearch.blob_cache import BlobCache
from searchkit.engines.opensearch.body import document_key, gloss_value, read_document
from searchkit.engines.opensearch.committed import Committed
from searchkit.engines.opensearch.contributions import contributions
from searchkit.engines.opensearch.counts import Counts
from searchkit.engines.opensearch.documents import Documents
from searchkit.engines.opensearch.gloss_counts import count_glosses
from searchkit.engines.opensearch.head import Head
from searchkit.engines.opensearch.ledger import Ledger
from searchkit.engines.opensearch.search import Searcher
from searchkit.engines.opensearch.statistics import average_lengths, statistics
from searchkit.engines.opensearch.stored_words import WordNumbers, stored_words
from searchkit.engines.opensearch.translation import (
    Query,
    Translator,
    features,
    term_query,
    terms_of_second_stage,
    with_ids,
)
from searchkit.engines.whoosh.prepared import prepare
from searchkit.errors import IndexCorrupt
from searchkit.query.plan import Node, PhraseTerm, Plan, SecondStage
from searchkit.ranking import bm25
from searchkit.ranking.features import FeatureScore

if TYPE_CHECKING:
    from searchkit.engines.base import Term

Ints = npt.NDArray[np.int64]

_KEPT = 4096


class _Stored(dict[str, str]):
    """The documents seen last, as they are stored, by their ids."""

    def __setitem__(self, document_id: str, text: str) -> None:
        if len(self) >= _KEPT:
            self.clear()
        super().__setitem__(document_id, text)


class ClusterSnapshot(Committed):
    """What `searchkit.engines.base.Snapshot` promises. A handle is the id of its document. Thread-safe."""

    def __init__(self, ledger: Ledger, head: Head, cache: BlobCache | None = None) -> None:
        super().__init__(ledger, head, cache)
        self.caches: dict[str, Any] = {}
        self.index = head.content.documents
        self.counts = Counts(ledger.connection, self.index)
        self._tables: dict[Layer, Ints] = {}
        self._stored = _Stored()
        self._searcher = Searcher(ledger.connection, self.index, self._stored)
        self._translated: Translator | None = None

    @property
    def translator(self) -> Translator:
        """What translates plans."""
        if self._translated is None:
            self._translated = Translator(self.lexicon, self.name_idf)
        return self._translated

    def run(
        self,
        plan: Plan,
        *,
        limit: int,
        offset: int = 0,
        sort: str = "relevance",
        total: bool = True,
        facets: bool = False,
    ) -> TopDocs:
        """Return a page of what matches ``plan``."""
        prepared = prepare(plan)
        order = "date" if sort == "relevance" and not prepared.scored else sort
        second = plan.second if order == "relevance" and limit > 0 else None
        if second is not None and offset >= second.weights.window:
            second = None
        self._count_for(prepared.phrases, second)
        return self._searcher.run(
            self.translator.query(prepared),
            [self.translator.filter(node) for node in prepared.filters],
            [] if second is None else self._features(second),
            limit=limit,
            offset=offset,
            order=order,
            window=0 if second is None else second.weights.window,
            total=total,
            facets=facets,
        )

    def _features(self, second: SecondStage) -> list[Query]:
        return features(second, self.sentence_idf, self.near_idf)

    def _count_for(self, names: Sequence[PhraseTerm], second: SecondStage | None) -> None:
        """Have everything counted at once that the scores of a plan need."""
        queries = [self.translator.name(name) for name in names]
        if second is not None:
            _, pairs = terms_of_second_stage(second)
            queries += [_pair(*pair) for one, other in pairs for pair in ((one, other), (other, one))]
            queries += map(_having, (*schema.LAYER_FIELDS.values(), schema.PAIRS))
        self.counts.of(queries)

    def sentence_idf(self, text: str) -> float:
        """Return how rare a term is in bullets; in titles, if it stands only there."""
        return self.idf(Layer.BULLETS, text) or self.idf(Layer.TITLE, text)

    def near_idf(self, one: str, other: str) -> float:
        """Return how rare it is that two terms are neighbours, in any order."""
        found = self.side_by_side(one, other) + self.side_by_side(other, one)
        documents = self.documents_in(schema.PAIRS)
        return bm25.idf(documents, min(max(found, 1), documents)) if documents else 0.0

    def name_idf(self, name: PhraseTerm) -> float:
        """Return the idf of a name, 0 if it stands nowhere."""
        (found,) = self.phrase_freqs([name])
        return bm25.idf(self.live_count, min(found, self.live_count)) if found else 0.0

    def contributions(self, plan: Plan, handle: str) -> Sequence[Contribution | FeatureScore]:
        """Return what each part of ``plan`` adds to the score of a document."""
        return contributions(self, plan, handle)

    def matches(self, nodes: Sequence[Node], handle: str) -> list[bool]:
        """Say for each of ``nodes`` whether a document matches it."""
        return self.holds([self.translator.filter(node) for node in nodes], handle)

    def holds(self, queries: Sequence[Query], handle: str) -> list[bool]:
        """Say for each of ``queries`` whether a document matches it."""
        this = with_ids([handle])
        return [bool(found) for found in self.counts.of([_filtered(this, query) for query in queries])]

    def look_up(self, terms: Iterable[Term]) -> None:
        """Do nothing: the ledger knows how many documents hold a term."""

    def doc_freq(self, layer: Layer, text: str) -> int:
        """Return how many documents hold a term."""
        string_id = self.lexicon.remembered_id(text)
        if string_id < 0:
            return 0
        table = self._tables.get(layer)
        if table is None:
            table = self._tables[layer] = self.live_frequencies(layer)
        return int(table[string_id])

    def idf(self, layer: Layer, text: str) -> float:
        """Return the idf of a term, 0 if no document holds it."""
        found = self.doc_freq(layer, text)
        return bm25.idf(self.documents_with(layer), found) if found else 0.0

    def documents_with(self, layer: Layer) -> int:
        """Return how many documents have any term in a layer."""
        return self.documents_in(schema.LAYER_FIELDS[layer])

    def documents_in(self, field: str) -> int:
        """Return how many documents have anything in a field of the cluster."""
        return self.counts.of([_having(field)])[0]

    def average_length(self, layer: Layer) -> float:
        """Return how many terms documents that have a layer have in it, 1 if there are none."""
        found = self.caches.get("average lengths")
        if found is None:
            found = self.caches["average lengths"] = average_lengths(self.ledger, self.index)
        return float(found[layer])

    def phrase_freqs(self, names: Sequence[PhraseTerm]) -> list[int]:
        """Return how many documents each of ``names`` matches."""
        return self.counts.of([self.translator.name(name) for name in names])

    def side_by_side(self, first: str, second: str) -> int:
        """Return how many documents hold two base terms as neighbours."""
        return self.counts.of([_pair(first, second)])[0]

    def sample(self, layer: Layer, text: str, limit: int) -> tuple[int, list[str]]:
        """Return how many documents hold a term, and those of them with the least CRC-32 of their ids."""
        body = {
            "query": {"constant_score": {"filter": term_query(layer, text)}},
            "size": limit,
            "sort": [{"sample": "asc"}, {"id": "asc"}],
            "track_total_hits": True,
        }
        answer = self.ledger.search(self.index, body)["hits"]
        return int(answer["total"]["value"]), [self._take(hit) for hit in answer["hits"]]

    def _take(self, hit: Mapping[str, Any]) -> str:
        document_id = str(hit["sort"][-1])
        self._stored[document_id] = hit["_source"][schema.STORED]
        return document_id

    def find(self, document_id: str) -> str | None:
        """Return the document with an id, None if there is none."""
        body = {
            "query": with_ids([document_id]),
            "size": 1,
            "sort": [{"id": "asc"}],
        }
        hits = self.ledger.search(self.index, body)["hits"]["hits"]
        return self._take(hits[0]) if hits else None

    def ids(self, handles: Sequence[str]) -> list[str]:
        """Return the ids of documents."""
        return list(handles)

    def documents(self, handles: Sequence[str]) -> list[Document]:
        """Return documents in the order of ``handles``.

        Raises:
            IndexCorrupt: one has been removed.
        """
        found = {handle: self._stored.get(handle) for handle in handles}
        missing = [handle for handle, text in found.items() if text is None]
        if missing:
            found.update(self._fetch(missing))
        documents = []
        for handle in handles:
            text = found[handle]
            if text is None:
                raise IndexCorrupt(
                    f"document {handle} is gone while it was asked for; search again", path=self.ledger.place
                )
            documents.append(read_document(text))
        return documents

    def _fetch(self, ids: Sequence[str]) -> dict[str, str]:
        found: dict[str, str] = {}
        keys = {document_key(each): each for each in ids}
        body = {"query": with_ids(ids), "size": len(ids), "sort": [{"id": "asc"}]}
        for hit in self.ledger.search(self.index, body)["hits"]["hits"]:
            text = found[keys[hit["_id"]]] = hit["_source"][schema.STORED]
            self._stored[keys[hit["_id"]]] = text
        return found

    @cached_property
    def _word_numbers(self) -> WordNumbers:
        return WordNumbers(self.lexicon)

    def words(self, handles: Sequence[str]) -> tuple[npt.NDArray[np.int32], Ints]:
        """Return the words of documents as codes and the offsets that cut them."""
        streams = stored_words(self.documents(handles), self.lexicon, self._word_numbers)
        return streams.codes, streams.offsets

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
        """Return for each of ``wanted`` up to ``limit`` documents that hold it."""
        found: dict[Gloss, list[str]] = {}
        for gloss in wanted:
            body = {
                "query": {"term": {"glosses": gloss_value(gloss)}},
                "size": limit,
                "sort": [{"id": "asc"}],
            }
            hits = self.ledger.search(self.index, body)["hits"]["hits"]
            found[gloss] = [self._take(hit) for hit in hits]
        return found

    def statistics(self) -> dict[str, Any]:
        """Return counts, dates, sizes in bytes and versions."""
        return statistics(self)

    def release(self) -> None:
        """Do nothing: what a commit consists of stays until another build after the next."""

    def close(self) -> None:
        """Let everything go."""
        self.caches.clear()
        self._stored.clear()

    def __enter__(self) -> ClusterSnapshot:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _pair(first: str, second: str) -> Query:
    return {"term": {schema.PAIRS: schema.pair_token(first, second)}}


def _having(field: str) -> Query:
    return {"exists": {"field": field}}


def _filtered(one: Query, other: Query) -> Query:
    return {"bool": {"filter": [one, other]}}
