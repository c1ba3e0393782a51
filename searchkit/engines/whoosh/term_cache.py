"""Terms of queries, resolved: their postings in every segment, ready to be scored.

Statistics are the whole index's, so what is derived from them holds for one generation: the cache lives with it.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from searchkit.analysis.token import Layer
from searchkit.engines.whoosh.generation import Generation
from searchkit.ranking import bm25
from searchkit.ranking.topk import CommonTerm, RareTerm, Scratch, Term

COMMON_SHARE = 32
"""A term in more than one document of so many is common in a segment."""
CACHE_BYTES = 256 << 20
_ENTRY_BYTES = 400
_NAME = "terms"


@dataclass(frozen=True, slots=True, eq=False)
class ResolvedTerm:
    """A term as it stands in the index: ``postings`` for each segment, None where it has none.

    ``doc_freq`` counts live documents; ``idf`` is 0 for a term that no live document holds.
    """

    layer: Layer
    idf: float
    doc_freq: int
    postings: tuple[Term | None, ...]
    nbytes: int


class TermCache:
    """The terms used last, within ``limit`` bytes. Thread-safe.

    ``common_share``: a term in more than one document of so many is kept as columns.
    """

    def __init__(
        self, generation: Generation, *, common_share: int = COMMON_SHARE, limit: int = CACHE_BYTES
    ) -> None:
        self._segments = generation.segments
        self._lexicon = generation.lexicon
        self._stats = generation.layer_stats
        self._common_share = common_share
        self._limit = limit
        self._nbytes = 0
        self._entries: OrderedDict[tuple[int, str], ResolvedTerm] = OrderedDict()
        self._lock = threading.Lock()
        self._factors: dict[Layer, npt.NDArray[np.float64]] = {}
        self._factors_of_docs: dict[tuple[int, Layer], npt.NDArray[np.float32]] = {}
        self.scratch = Scratch()

    @classmethod
    def of(cls, generation: Generation) -> TermCache:
        """Return the cache that lives with ``generation``."""
        found = generation.caches.get(_NAME)
        if found is None:
            found = generation.caches.setdefault(_NAME, cls(generation))
        assert isinstance(found, TermCache)
        return found

    @property
    def nbytes(self) -> int:
        """Memory in bytes."""
        return self._nbytes

    def get(self, layer: Layer, text: str) -> ResolvedTerm:
        """Return a term, from the index if it isn't here."""
        key = int(layer), text
        with self._lock:
            found = self._entries.get(key)
            if found is not None:
                self._entries.move_to_end(key)
                return found
        term = self._resolve(layer, text)
        with self._lock:
            if key not in self._entries:
                self._entries[key] = term
                self._nbytes += term.nbytes
                while self._nbytes > self._limit and len(self._entries) > 1:
                    self._nbytes -= self._entries.popitem(last=False)[1].nbytes
        return term

    def peek(self, layer: Layer, text: str) -> ResolvedTerm | None:
        """Return a term if it is here."""
        return self._entries.get((int(layer), text))

    def factors(self, layer: Layer) -> npt.NDArray[np.float64]:
        """Return what a length byte of ``layer`` adds to a frequency; 256 numbers."""
        found = self._factors.get(layer)
        if found is None:
            found = self._factors[layer] = bm25.length_factors(self._stats(layer)[1])
        return found

    def _resolve(self, layer: Layer, text: str) -> ResolvedTerm:
        string_id = self.string_id(text)
        doc_freq = 0
        postings: list[Term | None] = [None] * len(self._segments)
        if string_id >= 0:
            for index, segment in enumerate(self._segments):
                docs, frequencies = segment.postings(layer, string_id)
                if len(docs):
                    gone = 0 if segment.deleted is None else int(np.count_nonzero(segment.deleted[docs]))
                    doc_freq += len(docs) - gone
                    postings[index] = self._prepare(index, layer, docs, frequencies)
        idf = bm25.idf(self._stats(layer)[0], doc_freq) if doc_freq else 0.0
        nbytes = _ENTRY_BYTES + len(text) + sum(term.nbytes for term in postings if term is not None)
        return ResolvedTerm(layer, idf, doc_freq, tuple(postings), nbytes)

    def _prepare(
        self, index: int, layer: Layer, docs: npt.NDArray[Any], frequencies: npt.NDArray[Any]
    ) -> Term:
        doc_count = self._segments[index].doc_count
        factors = self._factors_of_docs.get((index, layer))
        if factors is None:
            narrow = self.factors(layer).astype(np.float32)
            factors = self._factors_of_docs[index, layer] = narrow[self._segments[index].norms(layer)]
        postings = RareTerm(docs, frequencies, factors.take(docs))
        return CommonTerm(postings, doc_count) if len(docs) * self._common_share > doc_count else postings

    def string_id(self, text: str) -> int:
        """Return the id of a term, -1 if the lexicon lacks it."""
        return self._lexicon.remembered_id(text)
