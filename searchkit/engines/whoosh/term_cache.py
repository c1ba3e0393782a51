"""Terms of queries, resolved: their postings in every segment, ready to be scored.

Statistics are the whole index's, so what is derived from them holds for one generation: the cache lives with it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from searchkit.analysis.token import Layer
from searchkit.engines.derived import derived
from searchkit.engines.whoosh.generation import Generation
from searchkit.engines.whoosh.recent import Recent
from searchkit.ranking import bm25
from searchkit.ranking.impacts import Impacts
from searchkit.ranking.postings import Postings
from searchkit.ranking.scratch import Scratch
from searchkit.ranking.word_impacts import COMMON_SHARE, MOST_IN_COLUMNS, word_impacts

LEAST_BYTES = 256 << 20
BYTES_PER_DOCUMENT = 512
_ENTRY_BYTES = 400
_NAME = "terms"


@dataclass(frozen=True, slots=True, eq=False)
class ResolvedTerm:
    """A term as it stands in the index: its ``postings`` in all segments, None if it has none.

    ``layer`` is the number of its layer. ``doc_freq`` counts live documents; ``idf`` is 0 for a term that no live
    document holds.
    """

    layer: int
    idf: float
    doc_freq: int
    postings: Postings | None
    nbytes: int


Word = tuple[tuple[int, str, float], ...]
"""What scores of a word of a query: (number of the layer, term, weight × idf)."""


class TermCache:
    """The terms and words used last, within ``limit`` bytes (else as many as there may be). Thread-safe.

    ``common_share`` and ``most_in_columns`` are those of `word_impacts`.
    """

    def __init__(
        self,
        generation: Generation,
        *,
        common_share: int = COMMON_SHARE,
        most_in_columns: int = MOST_IN_COLUMNS,
        limit: int | None = None,
    ) -> None:
        self._joined = generation.joined
        self._lexicon = generation.lexicon
        self._stats = generation.layer_stats
        self._common_share = common_share
        self._most_in_columns = most_in_columns
        most = max(LEAST_BYTES, BYTES_PER_DOCUMENT * generation.joined.doc_count)
        self._recent: Recent[Any] = Recent(most if limit is None else limit)
        self._factors: dict[int, npt.NDArray[np.float64]] = {}
        self._factors_of_docs: dict[int, npt.NDArray[np.float32]] = {}
        self._string_ids: dict[str, int] = {}
        self.scratch = Scratch()

    @classmethod
    def of(cls, generation: Generation) -> TermCache:
        """Return the cache that lives with ``generation``."""
        return derived(generation, _NAME, cls)

    @property
    def nbytes(self) -> int:
        """Memory in bytes."""
        return self._recent.nbytes

    def get(self, layer: int, text: str) -> ResolvedTerm:
        """Return a term of a layer, or of a layer's number, from the index if it isn't here."""
        key = int(layer), text
        found: ResolvedTerm | None = self._recent.get(key)
        if found is None:
            found = self._resolve(Layer(layer), text)
            self._recent.put(key, found, found.nbytes)
        return found

    def peek(self, layer: Layer, text: str) -> ResolvedTerm | None:
        """Return a term if it is here."""
        found: ResolvedTerm | None = self._recent.get((int(layer), text))
        return found

    def impacts(self, word: Word) -> Impacts:
        """Return what a word, one term or more that documents hold, adds to scores."""
        found: Impacts | None = self._recent.get(word)
        if found is None:
            terms = ((self.get(layer, text).postings, layer, gain) for layer, text, gain in word)
            found = word_impacts(
                [(held, self._factors_of(layer), gain) for held, layer, gain in terms if held is not None],
                self._joined.doc_count,
                self.scratch,
                common_share=self._common_share,
                most_in_columns=self._most_in_columns,
            )
            self._recent.put(word, found, _ENTRY_BYTES + found.nbytes)
        return found

    def _factors_of(self, layer: int) -> npt.NDArray[np.float32]:
        found = self._factors_of_docs.get(layer)
        if found is None:
            narrow = self.factors(layer).astype(np.float32)
            found = self._factors_of_docs[layer] = narrow[self._joined.norms(layer)]
        return found

    def factors(self, layer: int) -> npt.NDArray[np.float64]:
        """Return what a length byte of a layer, given by its number, adds to a frequency; 256 numbers."""
        found = self._factors.get(layer)
        if found is None:
            found = self._factors[layer] = bm25.length_factors(self._stats(Layer(layer))[1])
        return found

    def _resolve(self, layer: Layer, text: str) -> ResolvedTerm:
        string_id = self.string_id(text)
        nbytes = _ENTRY_BYTES + len(text)
        postings = self._joined.postings(layer, string_id) if string_id >= 0 else None
        if postings is None:
            return ResolvedTerm(int(layer), 0.0, 0, None, nbytes)
        deleted = self._joined.deleted
        doc_freq = postings.count - (0 if deleted is None else postings.count_in(deleted))
        idf = bm25.idf(self._stats(layer)[0], doc_freq) if doc_freq else 0.0
        return ResolvedTerm(int(layer), idf, doc_freq, postings, nbytes + postings.nbytes)

    def string_id(self, text: str) -> int:
        """Return the id of a term, -1 if the lexicon lacks it."""
        return self._lexicon.remembered_id(text)
