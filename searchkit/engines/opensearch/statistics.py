"""What an index on a cluster consists of, in numbers."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import numpy as np

from searchkit.analysis.token import Layer
from searchkit.engines.opensearch.committed import Committed
from searchkit.engines.opensearch.ledger import Ledger
from searchkit.engines.opensearch.schema import LAYER_FIELDS

_TIMEOUT = 60.0


def statistics(committed: Committed) -> dict[str, Any]:
    """Return counts, dates, sizes in bytes and versions; ``segments`` and ``deleted`` are the cluster's own."""
    ledger, content = committed.ledger, committed.head.content
    answer = ledger.search(
        content.documents,
        {
            "size": 0,
            "track_total_hits": True,
            "aggs": {
                "first": {"min": {"field": "date"}},
                "last": {"max": {"field": "date"}},
                "dated": {"value_count": {"field": "date"}},
            },
        },
    )
    dates = answer["aggregations"]
    stats = ledger.connection.request(
        "GET", f"/{quote(content.documents, safe='')}/_stats/docs,store,segments", timeout=_TIMEOUT
    )["_all"]["primaries"]
    shards = ledger.connection.request(
        "GET", f"/{quote(content.documents, safe='')}/_settings", params={"flat_settings": "true"}
    )[content.documents]["settings"]["index.number_of_shards"]
    blobs = sum(record.size for record in content.blobs())
    stored = int(stats["store"]["size_in_bytes"])
    lexicon = committed.lexicon
    averages = average_lengths(ledger, content.documents)
    return {
        "format_version": 1,
        "documents": committed.live_count,
        "first_date": _iso(dates["first"]["value"]),
        "last_date": _iso(dates["last"]["value"]),
        "undated": committed.live_count - int(dates["dated"]["value"]),
        "generation": committed.number,
        "segments": int(stats["segments"]["count"]),
        "deleted": int(stats["docs"]["deleted"]),
        "shards": int(shards),
        "layers": {layer.name.lower(): _layer(committed, layer, averages) for layer in Layer},
        "lexicon": {"words": lexicon.word_count, "strings": lexicon.string_count},
        "bytes": {"total": stored + blobs, "documents": stored, "ledger": blobs},
        "versions": dict(committed.versions),
        "whoosh_dir": None,
    }


def average_lengths(ledger: Ledger, index: str) -> dict[Layer, float]:
    """Return how many terms the documents that have a layer have in it, 1 where there are none."""
    averages = {field: {"avg": {"field": f"lengths.{field}"}} for field in LAYER_FIELDS.values()}
    answer = ledger.search(index, {"size": 0, "track_total_hits": False, "aggs": averages})
    return {layer: answer["aggregations"][field]["value"] or 1.0 for layer, field in LAYER_FIELDS.items()}


def _layer(committed: Committed, layer: Layer, averages: dict[Layer, float]) -> dict[str, Any]:
    ledger, index = committed.ledger, committed.head.content.documents
    counted = ledger.search(
        index,
        {"size": 0, "track_total_hits": True, "query": {"exists": {"field": layer.name.lower()}}},
    )
    terms = int(np.count_nonzero(committed.live_frequencies(layer)))
    return {
        "documents": int(counted["hits"]["total"]["value"]),
        "average_length": round(averages[layer], 3),
        "terms": terms,
    }


def _iso(value: float | None) -> str | None:
    if value is None:
        return None
    number = int(value)
    return f"{number // 10000:04}-{number // 100 % 100:02}-{number % 100:02}"
