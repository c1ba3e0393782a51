"""Running a plan on a cluster: the best documents of all shards, and how many match.

The cluster scores the first stage; the best of it are asked about once more, by their ids: a window taken per shard
would hold other documents. Documents are known by their ids.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from operator import itemgetter
from typing import Any

from searchkit.engines.found import Expected, TopDocs
from searchkit.engines.opensearch.counts import Counts, Key, OnCluster
from searchkit.engines.opensearch.facets import counted_facets, facet_aggregations
from searchkit.engines.opensearch.first_stage import FirstStage
from searchkit.engines.opensearch.meanwhile import meanwhile
from searchkit.engines.opensearch.schema import MARKS
from searchkit.engines.opensearch.searches import encoded, preference, search
from searchkit.engines.opensearch.second_stage import SecondStageScorer
from searchkit.engines.opensearch.translation import Translator, with_ids
from searchkit.query.plan import Node, Plan

Hit = tuple[float, str]

_BY_SCORE = [{"_score": "desc"}, {"id": "asc"}]
_SORTS: dict[str, list[Any]] = {
    "relevance": _BY_SCORE,
    "date": [{"date": {"order": "desc", "missing": "_last"}}, *_BY_SCORE],
    "votes": [{"votes": {"order": "desc", "missing": "_last"}}, *_BY_SCORE],
}
_WHOLE: dict[str, Any] = {}
_BARE: dict[str, Any] = {"_source": False, "stored_fields": "_none_"}
_WORDS: dict[str, Any] = {"_source": [MARKS]}
_SORTED_BY = itemgetter("sort")
_MOST_SHOWN = 100
"""Documents come with so many hits at most; those of more are seldom shown."""


def run(
    snapshot: OnCluster,
    plan: Plan,
    *,
    limit: int,
    offset: int = 0,
    sort: str = "relevance",
    total: bool = True,
    facets: bool = False,
    expected: Expected | None = None,
) -> TopDocs:
    """Return hits number ``offset`` to ``offset + limit`` of all that matches ``plan``, by id.

    ``sort`` is "relevance" (by score), "date" (newest first) or "votes" (most first): documents without come last,
    equal ones go by score. Ties go by id. A plan in which nothing scores lists by date. Where
    no ``total`` is asked for nothing will be shown, so only the words of documents come with the hits. ``expected``
    hears of the best of the first stage while the second is asked for.

    Raises:
        EngineUnavailable: the cluster can't answer.
    """
    first, second = FirstStage.of(snapshot, plan), plan.second
    order = "date" if sort == "relevance" and not first.scored else sort
    limit = max(limit, 0)
    window = 0 if second is None or order != "relevance" or not limit else second.weights.window
    scorer = first.scorer if offset < window else None
    if scorer is not None:
        begin, size, brought = 0, max(offset + limit, window), _BARE
    else:
        begin, size = offset if limit else 0, limit
        brought = _BARE if limit > _MOST_SHOWN else _WHOLE if total else _WORDS
    keys = () if scorer is None else scorer.keys
    first.count_names(keys)
    aggregations = facet_aggregations() if facets else None
    body = _page(first.text, order, size, brought, first=begin, total=total, aggregations=aggregations)
    with meanwhile(iter(()) if scorer is None else scorer.ahead()):
        answer = first.answers.get(body) or _counting(snapshot, body, first.copies, keys)
    hits = _hits(snapshot, answer)
    found = int(answer["hits"]["total"]["value"]) if total else 0
    if scorer is not None and hits:
        best, rest = hits[:window], hits[window:]
        page: list[Hit] = []
        wanted = min(offset + limit, len(best)) - offset
        if wanted > 0:
            likely = snapshot.at_hand(each for _, each in best[offset : offset + wanted])
            with meanwhile(iter(() if expected is None else expected(likely, found))):
                page = _rescored(snapshot, first, scorer, best, offset, wanted)
        hits = page + rest[max(offset - len(best), 0) :][: limit - len(page)]
    return TopDocs(
        list(hits),
        found,
        counted_facets(snapshot, first.query, answer["aggregations"], first.copies) if facets else None,
    )


def _counting(snapshot: OnCluster, body: str, copies: str, keys: Sequence[Key]) -> dict[str, Any]:
    """Return the answer to a search; those of ``keys`` that are not known are counted together with it."""
    counts = Counts.of(snapshot)
    needed = counts.missing(keys)
    if not needed and (not keys or counts.complete):
        return search(snapshot, [body], copies)[0]
    answer, counted = search(snapshot, [body, encoded(counts.question(needed))], copies)
    counts.take(needed, counted)
    return answer


def run_ahead(snapshot: OnCluster, plan: Plan, keys: Sequence[Key]) -> None:
    """Count ``keys`` and, by the same request, run the first stage of a plan whose first page is probably asked for."""
    counts, first = Counts.of(snapshot), FirstStage(snapshot, plan)
    if plan.second is None or first.scorer is None or not first.scored or not counts.missing(keys):
        counts.get(keys)
        return
    wanted = [*keys, *first.scorer.keys]
    # How much names score has to be known first.
    if not first.count_names(wanted):
        body = _page(first.text, "relevance", plan.second.weights.window, _BARE, total=True)
        with meanwhile(first.scorer.ahead()):
            first.answers[body] = _counting(snapshot, body, first.copies, wanted)
    first.keep()


def _page(
    query: str,
    order: str,
    size: int,
    brought: Mapping[str, Any],
    *,
    first: int = 0,
    total: bool = False,
    aggregations: Mapping[str, Any] | None = None,
) -> str:
    """Return a request for the best ``size`` from ``first`` on; ``brought`` is what comes of their documents."""
    how = {"size": size, "from": first, "sort": _SORTS[order], "track_total_hits": total, **brought}
    if aggregations:
        how["aggs"] = aggregations
    return f'{{"query":{query},{encoded(how)[1:]}'


def _hits(snapshot: OnCluster, answer: Mapping[str, Any]) -> list[Hit]:
    found = answer.get("hits", {}).get("hits", ())
    for each in found if found and "_source" in found[0] else ():
        snapshot.remember(each["sort"][-1], each["_source"])
    return [(float(values[-2]), values[-1]) for values in map(_SORTED_BY, found)]


def _rescored(
    snapshot: OnCluster,
    first: FirstStage,
    scorer: SecondStageScorer,
    best: Sequence[Hit],
    offset: int,
    limit: int,
) -> list[Hit]:
    """Put the best of the first stage in order by what both stages say; return a page of them."""
    ids = [document_id for _, document_id in best]
    whole = scorer.added_to(first.query, first.text, ids)
    if whole is not None:
        body = _page(whole, "relevance", limit, _WHOLE, first=offset)
        return _hits(snapshot, search(snapshot, [body], first.copies)[0])
    scores = {document_id: score for score, document_id in best}
    bodies = [_page(encoded(query), "relevance", len(best), _BARE) for query in scorer.parts_of(ids)]
    for answer in search(snapshot, bodies, first.copies) if bodies else ():
        for score, document_id in _hits(snapshot, answer):
            scores[document_id] += score
    ordered = sorted(((score, each) for each, score in scores.items()), key=lambda hit: (-hit[0], hit[1]))
    return ordered[offset : offset + limit]


def matches(snapshot: OnCluster, nodes: Sequence[Node], document_id: str) -> list[bool]:
    """Say for each of ``nodes`` whether a document matches it."""
    if not nodes:
        return []
    translator = Translator.of(snapshot)
    body = encoded(
        {
            "size": 0,
            "query": with_ids([document_id]),
            "aggs": {"each": {"filters": {"filters": [translator.matching(node) for node in nodes]}}},
        }
    )
    (answer,) = search(snapshot, [body], preference(body))
    return [bucket["doc_count"] > 0 for bucket in answer["aggregations"]["each"]["buckets"]]
