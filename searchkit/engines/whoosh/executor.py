"""Running a plan: the best documents of all segments, how many match, and why a document scores what it does."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from searchkit.analysis.token import Layer
from searchkit.engines.found import Contribution, TopDocs
from searchkit.engines.whoosh.facets import FacetCounter
from searchkit.engines.whoosh.generation import Generation
from searchkit.engines.whoosh.matching import Matcher
from searchkit.engines.whoosh.page import PageCollector
from searchkit.engines.whoosh.phrase_terms import PhraseTerms
from searchkit.engines.whoosh.prepared import PreparedPlan, prepare
from searchkit.engines.whoosh.rescore import Rescorer
from searchkit.engines.whoosh.scorer import Scorer
from searchkit.engines.whoosh.segment import Segment
from searchkit.engines.whoosh.term_cache import TermCache
from searchkit.query.plan import Node, Plan, PlanTerm, SecondStage
from searchkit.ranking.bm25 import LENGTH_TABLE, saturation
from searchkit.ranking.features import Feature, FeatureScore, FeatureTerm
from searchkit.ranking.weights import K1

Mask = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]
Docs = npt.NDArray[np.intp]

_NAME = "first stage"


class _FirstStage(NamedTuple):
    """The first stage of a plan without filters: its root, and the best documents."""

    root: Node
    prepared: PreparedPlan
    scorer: Scorer
    page: PageCollector


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
    known = _known(generation, plan)
    prepared = prepare(plan) if known is None else known.prepared
    scorer = Scorer(generation, prepared) if known is None else known.scorer
    wanted = offset + limit if limit > 0 else 0
    order = "date" if sort == "relevance" and not prepared.scored else sort
    second = plan.second if order == "relevance" else None
    if second is not None and wanted > 0:
        wanted = max(wanted, second.weights.window)
    ranked = order == "relevance" and prepared.ranked
    done = ranked and known is not None and wanted <= known.page.wanted
    page = known.page if done and known is not None else PageCollector(generation.segments, wanted)
    counter = FacetCounter() if facets else None
    count = 0
    # Nothing has to be decided but which are the best.
    fast = ranked and prepared.plain and wanted > 0 and not (done or total or facets or prepared.filters)
    for index, segment in enumerate(generation.segments):
        if fast and segment.deleted is None:
            page.consider(index, *scorer.best(index, wanted, page.floor, None))
            continue
        matcher = Matcher(generation, index)
        allowed = matcher.restrict(matcher.live(), prepared.filters)
        matched: Mask | None = None
        if total or counter is not None or not (ranked and prepared.plain):
            matched = scorer.holding(index) if prepared.any_decides else matcher.match(prepared.root, allowed)
            if allowed is not None:
                matched &= allowed
            count += int(np.count_nonzero(matched))
            if counter is not None:
                counter.add(segment, matcher.authors, matched)
        if not wanted or done:
            continue
        if ranked:
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
    if not done:
        for index, docs in page.considered():
            page.add(index, docs, scorer.exact(index, docs))
    if second is not None and wanted > 0 and offset < second.weights.window:
        hits = _rescored(generation, second, page, offset + limit)
    else:
        hits = page.hits()
    page_hits = [(score, (index, doc)) for score, index, doc in hits[offset : offset + max(limit, 0)]]
    return TopDocs(page_hits, count, None if counter is None else counter.result())


def best_by_terms(generation: Generation, plan: Plan, limit: int) -> list[tuple[int, int]]:
    """Return the first ``limit`` documents of ``plan`` by its first stage, whatever its filters.

    What was found is remembered: `run` with this plan, or with one of the same root, goes on from it.
    """
    first = replace(plan, filters=(), second=None)
    prepared = prepare(first)
    if not (prepared.plain and prepared.ranked):
        return [place for _, place in run(generation, first, limit=limit, total=False).hits]
    scorer = Scorer(generation, prepared)
    page = PageCollector(generation.segments, limit if plan.second is None else plan.second.weights.window)
    for index in range(len(generation.segments)):
        matcher = Matcher(generation, index)
        allowed = matcher.restrict(matcher.live(), prepared.filters)
        page.consider(index, *scorer.best(index, page.wanted, page.floor, allowed))
    for index, docs in page.considered():
        page.add(index, docs, scorer.exact(index, docs))
    generation.caches[_NAME] = _FirstStage(plan.root, prepared, scorer, page)
    return [(index, doc) for _, index, doc in page.hits()[:limit]]


def _known(generation: Generation, plan: Plan) -> _FirstStage | None:
    """Return the first stage of ``plan`` if it was the last that was remembered."""
    found: _FirstStage | None = generation.caches.get(_NAME)
    return found if found is not None and found.root is plan.root and not plan.filters else None


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
