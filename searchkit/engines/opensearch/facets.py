"""Facets: how all matches are spread over months and authors, exactly, in the order of the embedded engine."""

from __future__ import annotations

from typing import Any

from searchkit.engines.opensearch.counted_values import counted_values
from searchkit.engines.opensearch.counts import OnCluster
from searchkit.engines.opensearch.searches import encoded, search
from searchkit.engines.opensearch.translation import Query

_FIELDS = {"month": "month", "author": "authors"}
_AT_ONCE = 10_000


def facet_aggregations() -> dict[str, Any]:
    """Return what a search is asked for besides its hits; `counted_facets` reads the answer."""
    return {
        name: {"terms": {"field": field, "size": _AT_ONCE, "show_term_doc_count_error": True}}
        for name, field in _FIELDS.items()
    }


def counted_facets(
    snapshot: OnCluster, query: Query, answer: dict[str, Any], copies: str
) -> dict[str, list[tuple[str, int]]]:
    """Return (value, count) under "month" ("YYYY-MM") and "author", greatest count first, then by value."""
    facets = {}
    for name, field in _FIELDS.items():
        found = answer[name]
        if found["sum_other_doc_count"] or found["doc_count_error_upper_bound"]:
            counts = _all(snapshot, query, field, copies)
        else:
            counts = [(str(each["key"]), int(each["doc_count"])) for each in found["buckets"]]
        facets[name] = sorted(counts, key=lambda entry: (-entry[1], entry[0]))
    return facets


def _all(snapshot: OnCluster, query: Query, field: str, copies: str) -> list[tuple[str, int]]:
    """Count more values than come at once."""
    decisive = {"bool": {"filter": [query]}}
    return list(
        counted_values(
            field, lambda body: search(snapshot, [encoded({**body, "query": decisive})], copies)[0]
        )
    )
