"""What the terms and names of a plan add to the scores of documents."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt

from searchkit.analysis.token import Layer
from searchkit.engines.whoosh.generation import Generation
from searchkit.engines.whoosh.matching import Matcher
from searchkit.engines.whoosh.phrase_terms import PhraseTerms
from searchkit.engines.whoosh.prepared import PreparedPlan
from searchkit.engines.whoosh.term_cache import ResolvedTerm, TermCache
from searchkit.ranking.impacts import Impacts, Postings
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
        known = PhraseTerms.of(generation)
        names = [(known.get(name), name.weight) for name in prepared.phrases]
        self._phrases = [(name, weight * name.idf) for name, weight in names if name.doc_freq]
        self._deciding_phrases = sum(bool(name.doc_freq) for name, _ in names[: prepared.deciding_phrases])
        gains: dict[tuple[Layer, str], float] = {}
        words: dict[tuple[Layer, str], int] = {}
        resolved: dict[tuple[Layer, str], ResolvedTerm] = {}
        count = prepared.deciding_terms
        more = {(term.layer, term.text) for term in prepared.terms[count:]}
        more -= {(term.layer, term.text) for term in prepared.terms[:count]} if more else more
        for term in prepared.terms:
            key = term.layer, term.text
            found = resolved.get(key)
            if found is None:
                found = resolved[key] = self._cache.get(term.layer, term.text)
                gains[key] = 0.0
                words[key] = term.word
            gains[key] += term.weight * found.idf
        self._terms = [(term, gains[key]) for key, term in resolved.items() if term.doc_freq]
        # Terms that only add to scores are kept apart from those that decide.
        grouped: dict[tuple[bool, int], list[tuple[Layer, str, float]]] = {}
        for key, found in resolved.items():
            if found.doc_freq:
                grouped.setdefault((key in more, words[key]), []).append((*key, gains[key]))
        self._words = [tuple(word) for word in grouped.values()]
        self._deciding_words = sum(not extra for extra, _ in grouped)
        layers = dict.fromkeys(term.layer for term, _ in self._terms)
        self._layers: Sequence[Layer] = tuple(layers)
        self._rows = {layer: row for row, layer in enumerate(self._layers)}

    def _present(self, index: int) -> Iterable[tuple[Postings, float, int]]:
        """Yield the terms and names of a segment with what they are worth and the row of their length factors."""
        for term, gain in self._terms:
            postings = term.postings[index]
            if postings is not None:
                yield postings, gain, self._rows[term.layer]
        for name, gain in self._phrases:
            held = name.postings[index]
            if held is not None:
                yield held, gain, len(self._rows)

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
        segment = self._segments[index]
        factors = [self._cache.factors(layer)[segment.norms(layer)[docs]] for layer in self._layers]
        if self._phrases:
            factors.append(np.full(len(docs), K1))
        scores = exact(list(self._present(index)), factors, docs)
        if matcher is not None:
            for boost in self._boosts:
                scores[np.isin(docs, matcher.docs_of(boost.value))] += boost.boost
        return scores
