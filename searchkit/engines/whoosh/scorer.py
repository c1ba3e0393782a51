"""What the terms and names of a plan add to the scores of documents."""

from __future__ import annotations

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
        self._segments = generation.segments
        self._cache = TermCache.of(generation)
        self._boosts = prepared.boosts
        self._phrases: list[tuple[ResolvedPhrase, float]] = []
        self._deciding_phrases = 0
        if prepared.phrases:
            known = PhraseTerms.of(generation)
            names = [(known.get(name), name.weight) for name in prepared.phrases]
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

    def impacts(self, index: int) -> list[Impacts]:
        """Return what the words and names add to scores in a segment; only where all are worth more than 0."""
        doc_count = self._segments[index].doc_count
        found = [self._cache.impacts(word)[index] for word in self._words]
        found += [name.impacts(index, gain, doc_count) for name, gain in self._phrases]
        return [each for each in found if each is not None]

    def best(
        self, index: int, k: int, floor: float, allowed: Mask | None
    ) -> tuple[Docs, npt.NDArray[np.float32]]:
        """Return candidates for the best ``k`` documents of a segment, ascending, and about what they score."""
        return best(
            self.impacts(index),
            k,
            doc_count=self._segments[index].doc_count,
            scratch=self._cache.scratch,
            floor=floor,
            allowed=allowed,
        )

    def holding(self, index: int) -> Mask:
        """Return which documents of a segment hold any of the words and names that decide, all worth more than 0."""
        mask = np.zeros(self._segments[index].doc_count, np.bool_)
        for word in self._words[: self._deciding_words]:
            impacts = self._cache.impacts(word)[index]
            if impacts is not None:
                impacts.mark(mask)
        for name, _ in self._phrases[: self._deciding_phrases]:
            held = name.postings[index]
            if held is not None:
                held.mark(mask)
        return mask

    def exact(self, index: int, docs: Docs, matcher: Matcher | None = None) -> Floats:
        """Return the scores of ``docs``, ascending; with a ``matcher`` the boosts of ids count as well."""
        segment, cache = self._segments[index], self._cache
        factors: dict[int, Floats] = {}
        present: list[tuple[Postings, float, Floats]] = []
        for term, gain in self._terms:
            postings = term.postings[index]
            if postings is not None:
                own = factors.get(term.layer)
                if own is None:
                    own = cache.factors(term.layer).take(segment.norms(term.layer).take(docs))
                    factors[term.layer] = own
                present.append((postings, gain, own))
        if self._phrases:
            once = np.full(len(docs), K1)
            present += [
                (held, gain, once)
                for held, gain in ((name.postings[index], gain) for name, gain in self._phrases)
                if held is not None
            ]
        scores = exact(present, docs)
        if matcher is not None:
            for boost in self._boosts:
                scores[np.isin(docs, matcher.docs_of(boost.value))] += boost.boost
        return scores
