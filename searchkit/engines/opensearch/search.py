"""Running a plan on a cluster: the best documents of all shards, and how many match.

The cluster scores the first stage; the best of it are asked about once more, by their ids: a window taken per shard
would hold other documents. Documents are known by their ids.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from searchkit.engines.found import Expected, TopDocs
from searchkit.engines.opensearch.counts import Counts, Key, OnCluster, name_key
from searchkit.engines.opensearch.facets import counted_facets, facet_aggregations
from searchkit.engines.opensearch.meanwhile import meanwhile
from searchkit.engines.opensearch.schema import MARKS
from searchkit.engines.opensearch.searches import encoded, preference, search
from searchkit.engines.opensearch.second_stage import SecondStageScorer
from searchkit.engines.opensearch.translation import Query, Translator, with_ids
from searchkit.engines.whoosh.prepared import PreparedPlan, prepare
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
_AHEAD, _MOST_AHEAD = "first stages", 16
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
    counts = Counts.of(snapshot)
    prepared = prepare(plan)
    order = "date" if sort == "relevance" and not prepared.scored else sort
    limit = max(limit, 0)
    second = None
    if plan.second is not None and order == "relevance" and limit and offset < plan.second.weights.window:
        second = SecondStageScorer(plan.second, snapshot.lexicon, counts)
        first, size, brought = 0, max(offset + limit, plan.second.weights.window), _BARE
    else:
        first, size = offset, limit
        brought = _BARE if limit > _MOST_SHOWN else _WHOLE if total else _WORDS
    keys = () if second is None else second.keys
    query = first_stage(snapshot, prepared, also=keys)
    text = encoded(query)
    copies = preference(text)
    aggregations = facet_aggregations() if facets else None
    body = _page(
        text, order, size, brought, first=first if size else 0, total=total, aggregations=aggregations
    )
    known: dict[str, Any] | None = snapshot.caches.get(_AHEAD, {}).pop(body, None)
    answer = known or _counting(snapshot, body, copies, keys)
    hits = _hits(snapshot, answer)
    found = int(answer["hits"]["total"]["value"]) if total else 0
    if second is not None and plan.second is not None and hits:
        best, rest = hits[: plan.second.weights.window], hits[plan.second.weights.window :]
        page: list[Hit] = []
        wanted = min(offset + limit, len(best)) - offset
        if wanted > 0:
            likely = snapshot.at_hand(each for _, each in best[offset : offset + wanted])
            stop = meanwhile(iter(() if expected is None else expected(likely, found)))
            try:
                page = _rescored(snapshot, second, query, best, offset, wanted, copies)
            finally:
                stop()
        hits = page + rest[max(offset - len(best), 0) :][: limit - len(page)]
    return TopDocs(
        list(hits),
        found,
        counted_facets(snapshot, query, answer["aggregations"], copies) if facets else None,
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
    counts = Counts.of(snapshot)
    prepared = prepare(plan)
    if plan.second is None or not prepared.scored or not counts.missing(keys):
        counts.get(keys)
        return
    wanted = [*keys, *SecondStageScorer(plan.second, snapshot.lexicon, counts).keys]
    if counts.missing(map(name_key, prepared.phrases)):
        # How much these score has to be known first.
        first_stage(snapshot, prepared, also=wanted)
        return
    query = encoded(first_stage(snapshot, prepared))
    body = _page(query, "relevance", plan.second.weights.window, _BARE, total=True)
    answer = _counting(snapshot, body, preference(query), wanted)
    ahead = snapshot.caches.setdefault(_AHEAD, {})
    if len(ahead) >= _MOST_AHEAD:
        ahead.clear()
    ahead[body] = answer


def first_stage(snapshot: OnCluster, prepared: PreparedPlan, *, also: Sequence[Key] = ()) -> Query:
    """Return the query that decides what matches and scores it by its terms.

    What is counted for that is counted together with ``also``, which is needed next.
    """
    counts = Counts.of(snapshot)
    names = [name_key(name) for name in prepared.phrases]
    if counts.missing(names):
        counts.get([*names, *also])
    return Translator.of(snapshot).first_stage(prepared, counts.name_idf, counts.idf)


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
    hits: list[Hit] = []
    for each in answer.get("hits", {}).get("hits", ()):
        score, document_id = each["sort"][-2:]
        hits.append((float(score), document_id))
        if "_source" in each:
            snapshot.remember(document_id, each["_source"])
    return hits


def _rescored(
    snapshot: OnCluster,
    second: SecondStageScorer,
    root: Query,
    best: Sequence[Hit],
    offset: int,
    limit: int,
    copies: str,
) -> list[Hit]:
    """Put the best of the first stage in order by what both stages say; return a page of them."""
    queries = second.queries(root, [document_id for _, document_id in best])
    if len(queries) == 1 and "must" in queries[0]["bool"]:
        body = _page(encoded(queries[0]), "relevance", limit, _WHOLE, first=offset)
        return _hits(snapshot, search(snapshot, [body], copies)[0])
    scores = {document_id: score for score, document_id in best}
    bodies = [_page(encoded(query), "relevance", len(best), _BARE) for query in queries]
    for answer in search(snapshot, bodies, copies) if bodies else ():
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
