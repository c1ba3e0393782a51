"""Names that score as a whole, resolved: the documents that hold them, as if each were a term with postings."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from searchkit.engines.derived import derived
from searchkit.engines.whoosh.generation import Generation
from searchkit.engines.whoosh.phrase import match_any
from searchkit.engines.whoosh.recent import Recent
from searchkit.query.plan import PhraseTerm, PhraseWord
from searchkit.ranking import bm25
from searchkit.ranking.impacts import Impacts
from searchkit.ranking.postings import DensePostings, Postings, postings_of
from searchkit.ranking.rare_impacts import RareImpacts
from searchkit.ranking.weights import K1
from searchkit.ranking.word_impacts import common_impacts

LEAST_BYTES = 32 << 20
BYTES_PER_DOCUMENT = 64
_ENTRY_BYTES = 1_000
_FEW = 1_024
"""What a name adds to scores is kept where no more documents hold it."""
_DOC_BYTES = 20
_NAME = "phrase terms"

Array = npt.NDArray[Any]
_Key = tuple[tuple[tuple[PhraseWord, ...], ...], str | None]


@dataclass(frozen=True, slots=True, eq=False)
class ResolvedPhrase:
    """A name as it stands in the index: its ``postings`` in all segments, None if it has none.

    ``doc_freq`` counts live documents; ``idf`` is 0 for a name that no live document holds.
    """

    idf: float
    doc_freq: int
    postings: Postings | None
    nbytes: int
    _last: dict[float, Impacts] = field(default_factory=dict)

    def impacts(self, gain: float, factors: Array) -> Impacts | None:
        """Return what the name adds to scores, None if no document holds it; ``factors`` are those of all documents."""
        if self.postings is None:
            return None
        found = self._last.get(gain)
        if found is None:
            if isinstance(self.postings, DensePostings):
                found = common_impacts([(self.postings, factors, gain)], len(factors))
            else:
                docs = self.postings.stored
                found = RareImpacts(docs, np.full(len(docs), gain / (1 + K1), np.float32), shared=True)
            if self.doc_freq <= _FEW:
                self._last.clear()
                self._last[gain] = found
        return found


class PhraseTerms:
    """The names used last, within ``limit`` bytes (else as many as there may be). Thread-safe."""

    def __init__(self, generation: Generation, *, limit: int | None = None) -> None:
        self._generation = generation
        self._joined = generation.joined
        most = max(LEAST_BYTES, BYTES_PER_DOCUMENT * generation.joined.doc_count)
        self._recent: Recent[ResolvedPhrase] = Recent(most if limit is None else limit)

    @cached_property
    def factors(self) -> Array:
        """What is added to the frequency of a name, in each document: a name stands there once or not at all."""
        return np.full(self._joined.doc_count, K1, np.float32)

    @classmethod
    def of(cls, generation: Generation) -> PhraseTerms:
        """Return the cache that lives with ``generation``."""
        return derived(generation, _NAME, cls)

    def get(self, term: PhraseTerm) -> ResolvedPhrase:
        """Return where a name stands, from the index if it isn't here."""
        key = term.phrases, term.field
        found = self._recent.get(key)
        if found is None:
            found = self._resolve(term)
            self._recent.put(key, found, found.nbytes)
        return found

    def _resolve(self, term: PhraseTerm) -> ResolvedPhrase:
        found = []
        for segment in self._generation.segments:
            mask = match_any(self._generation, segment, term.phrases, term.field, None)
            if segment.deleted is not None:
                mask &= ~segment.deleted
            found.append(np.flatnonzero(mask).astype(np.uint32))
        docs = self._joined.join_docs(found)
        if not len(docs):
            return ResolvedPhrase(0.0, 0, None, _ENTRY_BYTES)
        postings = postings_of(docs, np.ones(len(docs), np.uint8), self._joined.doc_count)
        idf = bm25.idf(self._generation.live_count, len(docs))
        kept = _DOC_BYTES * len(docs) if len(docs) <= _FEW else 0
        return ResolvedPhrase(idf, len(docs), postings, _ENTRY_BYTES + postings.nbytes + kept)
