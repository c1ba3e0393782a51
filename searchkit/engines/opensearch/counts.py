"""How many documents hold what, for everything that the client has to know before it can ask for scores.

Terms are counted by the ledger's tables; pairs, bigrams and names by the cluster, many in one request, and remembered
as long as the commit is held.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from threading import Lock
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from searchkit.analysis.token import Layer
from searchkit.engines.derived import derived
from searchkit.engines.opensearch import schema
from searchkit.engines.opensearch.translation import Translator
from searchkit.engines.whoosh.places import HasLexicon
from searchkit.query.plan import PhraseTerm
from searchkit.ranking import bm25

if TYPE_CHECKING:
    from searchkit.engines.opensearch.head import Head
    from searchkit.engines.opensearch.ledger import Ledger

CACHED = 65_536
_NAME = "counts"
_AT_ONCE = 500
"""So many things are counted by one request."""

Key = tuple[Any, ...]


class OnCluster(HasLexicon, Protocol):
    """What searches need of a snapshot."""

    @property
    def ledger(self) -> Ledger:
        """Where the index is."""

    @property
    def head(self) -> Head:
        """Which commit it is."""

    @property
    def live_count(self) -> int:
        """The number of documents."""

    def remember(self, document_id: str, source: Mapping[str, str]) -> None:
        """Keep what came of a document with a hit, for when it is shown."""

    def at_hand(self, handles: Iterable[str]) -> list[str]:
        """Return those documents that nobody has to be asked for, to show them."""

    def live_frequencies(self, layer: Layer) -> npt.NDArray[np.int64]:
        """Return for each string of the lexicon how many documents hold it as a term of ``layer``."""


class Statistics(NamedTuple):
    """The documents with each layer and their average length in it; those with any pair, and with any bigram."""

    documents: Mapping[Layer, int]
    lengths: Mapping[Layer, float]
    paired: int
    spelled: int


class Counts:
    """What was counted of one snapshot. Thread-safe."""

    def __init__(self, snapshot: OnCluster) -> None:
        self._snapshot = snapshot
        self._translator = Translator.of(snapshot)
        self._tables: dict[Layer, npt.NDArray[np.int64]] = {}
        self._known: OrderedDict[Key, int] = OrderedDict()
        self._statistics: Statistics | None = None
        self._lock = Lock()

    @classmethod
    def of(cls, snapshot: OnCluster) -> Counts:
        """Return the counts that live with ``snapshot``."""
        return derived(snapshot, _NAME, cls)

    def doc_freq(self, layer: Layer, text: str) -> int:
        """Return how many documents hold a term."""
        table = self._tables.get(layer)
        if table is None:
            table = self._tables[layer] = self._snapshot.live_frequencies(layer)
        string_id = self._snapshot.lexicon.remembered_id(text)
        return int(table[string_id]) if string_id >= 0 else 0

    def idf(self, layer: Layer, text: str) -> float:
        """Return the idf of a term, 0 if no document holds it."""
        doc_freq = self.doc_freq(layer, text)
        return bm25.idf(max(self.documents_with(layer), doc_freq), doc_freq) if doc_freq else 0.0

    def documents_with(self, layer: Layer) -> int:
        """Return how many documents have a layer."""
        return self.statistics().documents[layer]

    def average_length(self, layer: Layer) -> float:
        """Return the average length of a layer in the documents that have it; 1 if there are none."""
        return self.statistics().lengths[layer]

    def statistics(self) -> Statistics:
        """Return what is said of all documents at once."""
        if self._statistics is None:
            self.ask([])
        assert self._statistics is not None
        return self._statistics

    def side_by_side(self, first: str, second: str) -> int:
        """Return how many documents hold two base terms as neighbours, in this order."""
        return self.get([pair_key(first, second)])[0]

    def phrase_freqs(self, names: Sequence[PhraseTerm]) -> list[int]:
        """Return how many documents each of ``names`` matches."""
        return self.get([name_key(name) for name in names])

    def name_idf(self, name: PhraseTerm) -> float:
        """Return the idf of a name that scores as a whole, 0 if no document holds it."""
        doc_freq = self.phrase_freqs([name])[0]
        return bm25.idf(max(self._snapshot.live_count, doc_freq), doc_freq) if doc_freq else 0.0

    def get(self, keys: Sequence[Key]) -> list[int]:
        """Return what `pair_key`, `bigram_key` and `name_key` stand for, in their order."""
        with self._lock:
            known = {key: self._known[key] for key in keys if key in self._known}
            for key in known:
                self._known.move_to_end(key)
        missing = [key for key in dict.fromkeys(keys) if key not in known]
        for start in range(0, len(missing), _AT_ONCE):
            known.update(self.ask(missing[start : start + _AT_ONCE]))
        return [known[key] for key in keys]

    def missing(self, keys: Iterable[Key]) -> list[Key]:
        """Return those of ``keys`` that are not known yet, each once."""
        with self._lock:
            return [key for key in dict.fromkeys(keys) if key not in self._known]

    def ask(self, keys: Sequence[Key]) -> dict[Key, int]:
        """Count ``keys`` by one request, and return the counts."""
        snapshot = self._snapshot
        answer = snapshot.ledger.search(snapshot.head.content.documents, self.question(keys))
        return self.take(keys, answer)

    @property
    def complete(self) -> bool:
        """Whether `statistics` asks nobody."""
        return self._statistics is not None

    def question(self, keys: Sequence[Key]) -> dict[str, Any]:
        """Return the request that counts ``keys``, to be read by `take`."""
        aggregations: dict[str, Any] = {}
        if keys:
            aggregations["counts"] = {"filters": {"filters": [self._query(key) for key in keys]}}
        if self._statistics is None:
            for layer, field in schema.LAYER_FIELDS.items():
                aggregations[layer.name] = {"stats": {"field": f"{schema.LENGTHS}.{field}"}}
            held = [{"exists": {"field": field}} for field in (schema.PAIRS, schema.BIGRAMS)]
            aggregations["held"] = {"filters": {"filters": held}}
        return {"size": 0, "track_total_hits": False, "aggs": aggregations}

    def take(self, keys: Sequence[Key], answer: Mapping[str, Any]) -> dict[Key, int]:
        """Remember the answer to what `question` asked for ``keys``, and return the counts."""
        found = answer.get("aggregations", {})
        if "held" in found:
            averages = {layer: found[layer.name]["avg"] for layer in Layer}
            self._statistics = Statistics(
                {layer: int(found[layer.name]["count"]) for layer in Layer},
                {layer: float(average or 1.0) for layer, average in averages.items()},
                *(int(bucket["doc_count"]) for bucket in found["held"]["buckets"]),
            )
        buckets = found["counts"]["buckets"] if keys else ()
        counted = {key: int(bucket["doc_count"]) for key, bucket in zip(keys, buckets)}
        with self._lock:
            self._known.update(counted)
            while len(self._known) > CACHED:
                self._known.popitem(last=False)
        return counted

    def _query(self, key: Key) -> dict[str, Any]:
        what, *values = key
        if what == _PHRASES:
            phrases, field = values
            return self._translator.matching(PhraseTerm("", phrases, 0.0, field))
        return {"term": {what: values[0]}}


_PHRASES = "phrases"


def pair_key(first: str, second: str) -> Key:
    """Return what stands for two neighbouring base terms."""
    return schema.PAIRS, schema.pair_token(first, second)


def bigram_key(bigram: str) -> Key:
    """Return what stands for a syllable bigram."""
    return schema.BIGRAMS, bigram


def name_key(name: PhraseTerm) -> Key:
    """Return what stands for a name that scores as a whole."""
    return _PHRASES, name.phrases, name.field
