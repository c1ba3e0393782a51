"""What the documents of a cluster gloss, and how many do: counted there, page by page, so that it is exact."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from searchkit.analysis.glosses import Gloss
from searchkit.engines.opensearch.body import read_gloss
from searchkit.engines.opensearch.ledger import Ledger

_PAGE = 5_000


def count_glosses(ledger: Ledger, index: str) -> dict[Gloss, int]:
    """Return every gloss of the documents that searches see, with how many hold it."""
    return {read_gloss(value): count for value, count in _values(ledger, index)}


def _values(ledger: Ledger, index: str) -> Iterable[tuple[str, int]]:
    composite: dict[str, Any] = {"size": _PAGE, "sources": [{"gloss": {"terms": {"field": "glosses"}}}]}
    while True:
        answer = ledger.search(
            index, {"size": 0, "track_total_hits": False, "aggs": {"all": {"composite": composite}}}
        )
        buckets = answer["aggregations"]["all"]["buckets"]
        for bucket in buckets:
            yield bucket["key"]["gloss"], int(bucket["doc_count"])
        if len(buckets) < _PAGE:
            return
        composite["after"] = answer["aggregations"]["all"]["after_key"]
