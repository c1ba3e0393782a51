"""What an index on a cluster consists of, in numbers."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import numpy as np

from searchkit.analysis.token import Layer
from searchkit.engines.day_numbers import iso_date
from searchkit.engines.opensearch.committed import Committed
from searchkit.engines.opensearch.counts import Statistics

_TIMEOUT = 60.0


def statistics(committed: Committed, counted: Statistics) -> dict[str, Any]:
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
    return {
        "format_version": 1,
        "documents": committed.live_count,
        "first_date": _date(dates["first"]["value"]),
        "last_date": _date(dates["last"]["value"]),
        "undated": committed.live_count - int(dates["dated"]["value"]),
        "generation": committed.number,
        "segments": int(stats["segments"]["count"]),
        "deleted": int(stats["docs"]["deleted"]),
        "shards": int(shards),
        "layers": {layer.name.lower(): _layer(committed, layer, counted) for layer in Layer},
        "lexicon": {"words": lexicon.word_count, "strings": lexicon.string_count},
        "bytes": {"total": stored + blobs, "documents": stored, "ledger": blobs},
        "versions": dict(committed.versions),
        "whoosh_dir": None,
    }


def _layer(committed: Committed, layer: Layer, counted: Statistics) -> dict[str, Any]:
    return {
        "documents": counted.documents[layer],
        "average_length": round(counted.lengths[layer], 3),
        "terms": int(np.count_nonzero(committed.live_frequencies(layer))),
    }


def _date(value: float | None) -> str | None:
    return None if value is None else iso_date(int(value))
