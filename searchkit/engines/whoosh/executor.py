"""Running a plan: the best documents of all segments, how many match, and why a document scores what it does."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from searchkit.analysis.token import Layer
from searchkit.engines.found import Contribution, TopDocs
from searchkit.engines.whoosh.generation import Generation
from searchkit.engines.whoosh.matches import Matches
from searchkit.engines.whoosh.matching import Matcher
from searchkit.engines.whoosh.page import Page, promising
from searchkit.engines.whoosh.phrase_terms import PhraseTerms
from searchkit.engines.whoosh.prepared import PreparedPlan, prepare
from searchkit.engines.whoosh.rescore import Rescorer
from searchkit.engines.whoosh.scorer import Scorer
from searchkit.engines.whoosh.term_cache import TermCache
from searchkit.query.plan import Node, Plan, PlanTerm, SecondStage
from searchkit.ranking.bm25 import LENGTH_TABLE, saturation
from searchkit.ranking.features import Feature, FeatureScore, FeatureTerm
from searchkit.ranking.weights import K1

Docs = npt.NDArray[np.intp]

_NAME = "first stage"


class _FirstStage(NamedTuple):
    """The first stage of a plan without filters: its root, and the best documents."""

    root: Node
    prepared: PreparedPlan
    scorer: Scorer
    page: Page


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
    # Where only the best have to be found, nobody asks what matches.
    listed = total or facets or not (ranked and prepared.plain)
    matches = Matches(generation, prepared)
    matched = matches.matched(scorer) if listed else None
    hits: list[tuple[float, int]] = []
    if wanted:
        if done and known is not None:
            page = known.page
        elif matched is None or ranked:
            docs = scorer.best(wanted, matches.allowed if prepared.plain else matched)
            page = Page(generation.joined, wanted, docs, scorer.exact(docs))
        else:
            docs = matched.nonzero()[0]
            keys = _sort_keys(generation, order, docs)
            if keys is not None:
                chosen = promising(keys, wanted)
                docs, keys = docs.take(chosen), keys.take(chosen)
            page = Page(generation.joined, wanted, docs, scorer.exact(docs, matches.matchers), keys)
        if second is not None and len(page) and offset < second.weights.window:
            hits = _rescored(generation, second, page, offset + limit)
        else:
            hits = page.hits()
        hits = hits[offset : offset + limit]
    places = generation.joined.places(doc for _, doc in hits)
    return TopDocs(
        [(score, place) for (score, _), place in zip(hits, places)],
        0 if matched is None else int(np.count_nonzero(matched)),
        matches.facets(matched) if facets and matched is not None else None,
    )


def best_by_terms(generation: Generation, plan: Plan, limit: int) -> list[tuple[int, int]]:
    """Return the first ``limit`` documents of ``plan`` by its first stage, whatever its filters.

    What was found is remembered: `run` with this plan, or with one of the same root, goes on from it.
    """
    first = replace(plan, filters=(), second=None)
    prepared = prepare(first)
    if not (prepared.plain and prepared.ranked):
        return [place for _, place in run(generation, first, limit=limit, total=False).hits]
    scorer = Scorer(generation, prepared)
    wanted = limit if plan.second is None else plan.second.weights.window
    docs = scorer.best(wanted, Matches(generation, prepared).allowed)
    page = Page(generation.joined, wanted, docs, scorer.exact(docs))
    generation.caches[_NAME] = _FirstStage(plan.root, prepared, scorer, page)
    return generation.joined.places(doc for _, doc in page.hits()[:limit])


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
    number = generation.joined.number((segment_index, doc))
    here = np.array([number])
    parts: list[Contribution | FeatureScore] = []
    for term in prepared.terms:
        resolved = cache.get(term.layer, term.text)
        tf = 0 if resolved.postings is None else int(resolved.postings.frequency_at(here)[0])
        if tf:
            average = generation.layer_stats(term.layer)[1]
            length = int(LENGTH_TABLE[matcher.segment.norms(term.layer)[doc]])
            score = term.weight * resolved.idf * saturation(tf, length, average)
            parts.append(Contribution(term, resolved.idf, tf, length, average, resolved.doc_freq, score))
    for name in prepared.phrases:
        phrase = PhraseTerms.of(generation).get(name)
        if phrase.postings is not None and phrase.postings.frequency_at(here)[0]:
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
            parts += Rescorer(generation, plan.second).parts(number)
    return parts


def _rescored(
    generation: Generation, second: SecondStage, page: Page, wanted: int
) -> list[tuple[float, int]]:
    """Return the first ``wanted`` hits: the best of ``page`` are scored once more, the others go on as they were."""
    docs, scores, rest = page.cut(second.weights.window)
    scores = scores + Rescorer(generation, second).scores(docs)
    return Page(generation.joined, min(wanted, second.weights.window), docs, scores).hits() + rest


def _sort_keys(generation: Generation, order: str, docs: Docs) -> npt.NDArray[Any] | None:
    """Return what ``docs`` are sorted by before their score, greatest first; None if by score alone."""
    if order == "relevance":
        return None
    joined = generation.joined
    keys = [
        (joined.segments[index].dates if order == "date" else joined.segments[index].votes)[own]
        for index, own in joined.split(docs)
    ]
    return np.concatenate([np.zeros(0, np.int64), *keys])
