"""What the terms and names of a plan add to the scores of documents."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from searchkit.engines.whoosh.generation import Generation
from searchkit.engines.whoosh.matching import Matcher
from searchkit.engines.whoosh.phrase_terms import PhraseTerms, ResolvedPhrase
from searchkit.engines.whoosh.prepared import PreparedPlan
from searchkit.engines.whoosh.term_cache import ResolvedTerm, TermCache
from searchkit.ranking.impacts import Impacts
from searchkit.ranking.postings import Postings
from searchkit.ranking.topk import best, exact
from searchkit.ranking.weights import K1

Mask = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]
Docs = npt.NDArray[np.intp]


class Scorer:
    """Scores documents by the terms of a plan; a term that stands there twice weighs double."""

    def __init__(self, generation: Generation, prepared: PreparedPlan) -> None:
        self._joined = generation.joined
        self._cache = TermCache.of(generation)
        self._boosts = prepared.boosts
        self._names = PhraseTerms.of(generation)
        self._phrases: list[tuple[ResolvedPhrase, float]] = []
        self._deciding_phrases = 0
        if prepared.phrases:
            names = [(self._names.get(name), name.weight) for name in prepared.phrases]
            self._phrases = [(name, weight * name.idf) for name, weight in names if name.doc_freq]
            self._deciding_phrases = sum(
                bool(name.doc_freq) for name, _ in names[: prepared.deciding_phrases]
            )
        resolved: dict[tuple[int, str], tuple[ResolvedTerm, float]] = {}
        places: dict[tuple[int, str], tuple[bool, int]] = {}
        for number, term in enumerate(prepared.terms):
            # Numbers are hashed far faster than members of an enumeration.
            key = int(term.layer), term.text
            before = resolved.get(key)
            if before is None:
                found = self._cache.get(*key)
                if found.doc_freq:
                    resolved[key] = found, term.weight * found.idf
                    # Terms that only add to scores are kept apart from those that decide.
                    places[key] = number >= prepared.deciding_terms, term.word
            else:
                resolved[key] = before[0], before[1] + term.weight * before[0].idf
        self._terms = list(resolved.values())
        grouped: dict[tuple[bool, int], list[tuple[int, str, float]]] = {}
        for key, place in places.items():
            grouped.setdefault(place, []).append((*key, resolved[key][1]))
        self._words = [tuple(word) for word in grouped.values()]
        self._deciding_words = sum(not extra for extra, _ in grouped)

    def impacts(self) -> list[Impacts]:
        """Return what the words and names add to scores; only where all are worth more than 0."""
        names = (name.impacts(gain, self._names.factors) for name, gain in self._phrases)
        return [*map(self._cache.impacts, self._words), *(name for name in names if name is not None)]

    def best(self, k: int, allowed: Mask | None) -> Docs:
        """Return candidates for the best ``k`` documents, ascending."""
        docs, _ = best(
            self.impacts(),
            k,
            doc_count=self._joined.doc_count,
            scratch=self._cache.scratch,
            allowed=allowed,
        )
        return docs

    def holding(self) -> Mask:
        """Return which documents hold any of the words and names that decide, all worth more than 0."""
        mask = np.zeros(self._joined.doc_count, np.bool_)
        for word in self._words[: self._deciding_words]:
            self._cache.impacts(word).mark(mask)
        for name, _ in self._phrases[: self._deciding_phrases]:
            if name.postings is not None:
                name.postings.mark(mask)
        return mask

    def exact(self, docs: Docs, matchers: Sequence[Matcher] = ()) -> Floats:
        """Return the scores of ``docs``, ascending; with all segments' ``matchers`` boosts of ids count as well."""
        cache = self._cache
        factors: dict[int, Floats] = {}
        present: list[tuple[Postings, float, Floats]] = []
        for term, gain in self._terms:
            if term.postings is not None:
                own = factors.get(term.layer)
                if own is None:
                    own = cache.factors(term.layer).take(self._joined.norms(term.layer).take(docs))
                    factors[term.layer] = own
                present.append((term.postings, gain, own))
        if self._phrases:
            once = np.full(len(docs), K1)
            present += [
                (name.postings, gain, once) for name, gain in self._phrases if name.postings is not None
            ]
        scores = exact(present, docs)
        for boost in self._boosts:
            for matcher in matchers:
                scores[np.isin(docs, matcher.docs_of(boost.value) + matcher.first)] += boost.boost
        return scores
