"""The values of a field with how many documents hold each: counted there, page by page, so that it is exact."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

_PAGE = 10_000

Ask = Callable[[dict[str, Any]], dict[str, Any]]


def counted_values(field: str, ask: Ask) -> Iterator[tuple[str, int]]:
    """Yield every value of ``field``; ``ask`` sends a search's body, its query to be added, and returns the answer."""
    composite: dict[str, Any] = {"size": _PAGE, "sources": [{"value": {"terms": {"field": field}}}]}
    while True:
        body = {"size": 0, "track_total_hits": False, "aggs": {"page": {"composite": composite}}}
        page = ask(body)["aggregations"]["page"]
        for bucket in page["buckets"]:
            yield str(bucket["key"]["value"]), int(bucket["doc_count"])
        if len(page["buckets"]) < _PAGE:
            return
        composite = {**composite, "after": page["after_key"]}
