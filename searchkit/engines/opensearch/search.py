"""Running a plan on the cluster: the first stage, the best of it once more, pages, totals and facets.

The second stage is asked for with a request of its own, over the ids of the best of all shards: a window taken per
shard would hold other documents.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from searchkit.engines.found import TopDocs
from searchkit.engines.opensearch import schema
from searchkit.engines.opensearch.connection import Connection
from searchkit.engines.opensearch.translation import Query, with_ids

_PARAMS = {
    # The statistics of all shards, so that scores don't depend on how documents are spread.
    "search_type": "dfs_query_then_fetch",
    "allow_partial_search_results": "false",
}
_BUCKETS = 10_000
_BY_SCORE: Sequence[Any] = ({"_score": "desc"},)
_ORDERS: dict[str, Sequence[Any]] = {
    "relevance": _BY_SCORE,
    "date": ({"date": {"order": "desc", "missing": "_last"}}, *_BY_SCORE),
    "votes": ({"votes": {"order": "desc", "missing": "_last"}}, *_BY_SCORE),
}
_FACETS = {"month": "month", "author": "authors"}

Hit = tuple[float, str]
Facets = dict[str, list[tuple[str, int]]]


class Searcher:
    """Searches ``index``; ``stored`` takes what comes with hits: their documents, as they are stored."""

    def __init__(self, connection: Connection, index: str, stored: dict[str, str]) -> None:
        self._connection = connection
        self._path = f"/{quote(index, safe='')}/_search"
        self._stored = stored

    def run(
        self,
        root: Query,
        filters: Sequence[Query],
        features: Sequence[Query],
        *,
        limit: int,
        offset: int,
        order: str,
        window: int,
        total: bool,
        facets: bool,
    ) -> TopDocs:
        """Return hits number ``offset`` to ``offset + limit``; with ``features`` the best ``window`` are rescored."""
        wanted = offset + limit if limit > 0 else 0
        again = bool(features) and wanted > 0 and offset < window
        size = window if again else limit if wanted else 0
        first = self._page(
            _both(root, filters),
            size=max(size, wanted) if again else size,
            offset=0 if again else offset,
            order=order,
            total=total,
            facets=facets,
            stored=not again,
        )
        hits = first.hits
        if again:
            best = hits[:window]
            query = _both(root, [with_ids(each for _, each in best)], features)
            hits = (
                self._page(query, size=min(limit, len(best) - offset), offset=offset).hits
                if len(best) > offset
                else []
            )
            hits += first.hits[max(window, offset) : wanted]
        return TopDocs(hits, first.total, first.facets)

    def _page(
        self,
        query: Query,
        *,
        size: int,
        offset: int = 0,
        order: str = "relevance",
        total: bool = False,
        facets: bool = False,
        stored: bool = True,
    ) -> TopDocs:
        body: dict[str, Any] = {
            "query": query,
            "from": offset if size else 0,
            "size": size,
            "sort": [*_ORDERS[order], {"id": "asc"}],
            "track_scores": True,
            "track_total_hits": total,
        }
        if not stored:
            # The ids come with the sort; reading them, or the documents, from what is stored takes far longer.
            body["stored_fields"] = "_none_"
        if facets:
            body["aggs"] = {
                name: {"terms": {"field": field, "size": _BUCKETS}} for name, field in _FACETS.items()
            }
        answer = self._connection.request("POST", self._path, body, params=_PARAMS)
        hits: list[tuple[float, Any]] = []
        for hit in answer["hits"]["hits"]:
            document_id = hit["sort"][-1]
            hits.append((float(hit["_score"] or 0.0), document_id))
            if stored:
                self._stored[document_id] = hit["_source"][schema.STORED]
        count = int(answer["hits"]["total"]["value"]) if total else 0
        return TopDocs(hits, count, self._facets(query, answer) if facets else None)

    def _facets(self, query: Query, answer: Any) -> Facets:
        """Return the values of facets as the embedded engine orders them; where there are too many, page by page."""
        found: Facets = {}
        for name, field in _FACETS.items():
            counted = answer["aggregations"][name]
            if counted["sum_other_doc_count"] or counted["doc_count_error_upper_bound"]:
                values = self._all_values(query, field)
            else:
                values = [(bucket["key"], int(bucket["doc_count"])) for bucket in counted["buckets"]]
            found[name] = sorted(values, key=lambda value: (-value[1], value[0]))
        return found

    def _all_values(self, query: Query, field: str) -> list[tuple[str, int]]:
        values: list[tuple[str, int]] = []
        composite: dict[str, Any] = {"size": _BUCKETS, "sources": [{"value": {"terms": {"field": field}}}]}
        while True:
            body = {
                "size": 0,
                "track_total_hits": False,
                "query": query,
                "aggs": {"all": {"composite": composite}},
            }
            answer = self._connection.request("POST", self._path, body, params=_PARAMS)["aggregations"]["all"]
            values += [(bucket["key"]["value"], int(bucket["doc_count"])) for bucket in answer["buckets"]]
            if len(answer["buckets"]) < _BUCKETS:
                return values
            composite["after"] = answer["after_key"]


def _both(root: Query, filters: Sequence[Query], features: Sequence[Query] = ()) -> Query:
    if not filters and not features:
        return root
    return {"bool": {"must": [root], "filter": list(filters), "should": list(features)}}
