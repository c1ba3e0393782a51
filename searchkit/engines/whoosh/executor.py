"""Running a plan: the best documents of all segments, how many match, and why a document scores what it does."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from searchkit.analysis.token import Layer
from searchkit.engines.found import Contribution, TopDocs
from searchkit.engines.whoosh.facets import FacetCounter
from searchkit.engines.whoosh.generation import Generation
from searchkit.engines.whoosh.matching import Matcher
from searchkit.engines.whoosh.page import PageCollector
from searchkit.engines.whoosh.phrase_terms import PhraseTerms, ResolvedPhrase
from searchkit.engines.whoosh.prepared import PreparedPlan, prepare
from searchkit.engines.whoosh.rescore import Rescorer
from searchkit.engines.whoosh.segment import Segment
from searchkit.engines.whoosh.term_cache import ResolvedTerm, TermCache
from searchkit.query.plan import Plan, PlanTerm, SecondStage
from searchkit.ranking.bm25 import LENGTH_TABLE, saturation
from searchkit.ranking.features import Feature, FeatureScore, FeatureTerm
from searchkit.ranking.impacts import Impacts, Postings
from searchkit.ranking.topk import best, exact
from searchkit.ranking.weights import K1

Mask = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]
Docs = npt.NDArray[np.intp]


def run(
    generation: Generation,
    plan: Plan,
    *,
    limit: int,
    offset: int = 0,
    sort: str = "relevance",
    total: bool = True,
    facets: bool = False,
) -> TopDocs:
    """Return hits number ``offset`` to ``offset + limit`` of all that matches ``plan``, by (segment number, document).

    ``sort`` is "relevance" (by score), "date" (newest first) or "votes" (most first): documents without come last,
    equal ones go by score. Ties go by id. A plan in which nothing scores lists by date.
    """
    prepared = prepare(plan)
    scorer = _Scorer(generation, prepared)
    wanted = offset + limit if limit > 0 else 0
    order = "date" if sort == "relevance" and not prepared.scored else sort
    second = plan.second if order == "relevance" else None
    if second is not None and wanted > 0:
        wanted = max(wanted, second.weights.window)
    page = PageCollector(generation.segments, wanted)
    counter = FacetCounter() if facets else None
    count = 0
    shortcut = order == "relevance" and prepared.always_scored and not prepared.boosts
    for index, segment in enumerate(generation.segments):
        matcher = Matcher(generation, index)
        allowed = matcher.restrict(matcher.live(), prepared.filters)
        matched: Mask | None = None
        if total or counter is not None or not (shortcut and prepared.plain):
            matched = scorer.holding(index) if prepared.plain else matcher.match(prepared.root, allowed)
            if allowed is not None:
                matched &= allowed
            count += int(np.count_nonzero(matched))
            if counter is not None:
                counter.add(segment, matcher.authors, matched)
        if not wanted:
            continue
        if shortcut:
            docs, scores = scorer.best(index, wanted, page.floor, allowed if prepared.plain else matched)
            page.consider(index, docs, scores)
        else:
            assert matched is not None
            docs = np.flatnonzero(matched)
            keys = _sort_keys(segment, order, docs)
            if keys is not None:
                chosen = page.promising(keys)
                docs, keys = docs[chosen], keys[chosen]
            page.add(index, docs, scorer.exact(index, docs, matcher), keys)
    for index, docs in page.considered():
        page.add(index, docs, scorer.exact(index, docs))
    if second is not None and wanted > 0 and offset < second.weights.window:
        hits = _rescored(generation, second, page, offset + limit)
    else:
        hits = page.hits()
    page_hits = [(score, (index, doc)) for score, index, doc in hits[offset : offset + max(limit, 0)]]
    return TopDocs(page_hits, count, None if counter is None else counter.result())


def contributions(
    generation: Generation, plan: Plan, segment_index: int, doc: int
) -> list[Contribution | FeatureScore]:
    """Return what each part of ``plan`` adds to the score of a document, in the order of the plan.

    Parts that the document doesn't hold are left out; the list is empty if the document doesn't match.
    """
    prepared = prepare(plan)
    matcher = Matcher(generation, segment_index)
    this = np.zeros(matcher.segment.doc_count, np.bool_)
    this[doc] = True
    matched = matcher.restrict(this, (*prepared.filters, prepared.root))
    if matched is None or not matched[doc]:
        return []
    cache = TermCache.of(generation)
    parts: list[Contribution | FeatureScore] = []
    for term in prepared.terms:
        resolved = cache.get(term.layer, term.text)
        postings = resolved.postings[segment_index]
        tf = 0 if postings is None else int(postings.frequency_at(np.array([doc]))[0])
        if tf:
            average = generation.layer_stats(term.layer)[1]
            length = int(LENGTH_TABLE[matcher.segment.norms(term.layer)[doc]])
            score = term.weight * resolved.idf * saturation(tf, length, average)
            parts.append(Contribution(term, resolved.idf, tf, length, average, resolved.doc_freq, score))
    for name in prepared.phrases:
        phrase = PhraseTerms.of(generation).get(name)
        found = phrase.postings[segment_index]
        if found is not None and found.frequency_at(np.array([doc]))[0]:
            feature = Feature.NAME if name.field is None else Feature.TITLE_NAME
            shown = FeatureTerm(feature, name.text, name.weight, name.via, name.word)
            score = name.weight * phrase.idf / (1 + K1)
            parts.append(FeatureScore(shown, phrase.idf, 1, phrase.doc_freq, score))
    for boost in prepared.boosts:
        if doc in matcher.docs_of(boost.value):
            term = PlanTerm(Layer.IDENTIFIERS, boost.value, boost.boost, via="identifier")
            parts.append(Contribution(term, 0.0, 0, 0, 0.0, 0, boost.boost))
    if plan.second is not None and prepared.scored:
        window = run(generation, replace(plan, second=None), limit=plan.second.weights.window, total=False)
        if any(found == (segment_index, doc) for _, found in window.hits):
            parts += Rescorer(generation, plan.second).parts(segment_index, doc)
    return parts


def _rescored(
    generation: Generation, second: SecondStage, page: PageCollector, wanted: int
) -> list[tuple[float, int, int]]:
    """Return the first ``wanted`` hits: the best of ``page`` are scored once more, the others go on as they were."""
    window, rest = page.cut(second.weights.window)
    rescorer = Rescorer(generation, second)
    found = PageCollector(generation.segments, min(wanted, second.weights.window))
    for index, docs, scores in window:
        found.add(index, docs, scores + rescorer.scores(index, docs))
    return found.hits() + rest


def _sort_keys(segment: Segment, order: str, docs: Docs) -> npt.NDArray[Any] | None:
    """Return what ``docs`` are sorted by before their score, greatest first; None if by score alone."""
    if order == "relevance":
        return None
    column: npt.NDArray[Any] = segment.dates if order == "date" else segment.votes
    return column[docs]


class _Scorer:
    """Scores documents by the terms of a plan; a term that stands there twice weighs double."""

    def __init__(self, generation: Generation, prepared: PreparedPlan) -> None:
        self._segments = generation.segments
        self._cache = TermCache.of(generation)
        self._boosts = prepared.boosts
        self._phrases = _names(PhraseTerms.of(generation), prepared)
        gains: dict[tuple[Layer, str], float] = {}
        words: dict[tuple[Layer, str], int] = {}
        resolved: dict[tuple[Layer, str], ResolvedTerm] = {}
        for term in prepared.terms:
            key = term.layer, term.text
            found = resolved.get(key)
            if found is None:
                found = resolved[key] = self._cache.get(term.layer, term.text)
                gains[key] = 0.0
                words[key] = term.word
            gains[key] += term.weight * found.idf
        self._terms = [(term, gains[key]) for key, term in resolved.items() if term.doc_freq]
        grouped: dict[int, list[tuple[Layer, str, float]]] = {}
        for key, found in resolved.items():
            if found.doc_freq:
                grouped.setdefault(words[key], []).append((*key, gains[key]))
        self._words = [tuple(word) for word in grouped.values()]
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
        """Return which documents of a segment hold any of the words and names, all worth more than 0."""
        mask = np.zeros(self._segments[index].doc_count, np.bool_)
        for each in self.impacts(index):
            each.mark(mask)
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


def _names(known: PhraseTerms, prepared: PreparedPlan) -> list[tuple[ResolvedPhrase, float]]:
    """Return the names of a plan that some document holds, with what each is worth."""
    found = [(known.get(name), name.weight) for name in prepared.phrases]
    return [(name, weight * name.idf) for name, weight in found if name.doc_freq]
