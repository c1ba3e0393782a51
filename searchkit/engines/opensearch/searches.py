"""Searches of one snapshot: several at once, all shards or none, and the same copies of them for the same query."""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from searchkit.engines.opensearch.backoff import Backoff
from searchkit.engines.opensearch.connection import ANSWER, PATIENCE
from searchkit.engines.opensearch.counts import OnCluster
from searchkit.engines.opensearch.failures import Busy, answered, said_by

_SHARDS = "shards"
_WANTED = "hits.hits.sort,hits.hits._source,hits.total.value,_shards.total,aggregations"
_WANTED_OF_EACH = ",".join(f"responses.{name}" for name in (*_WANTED.split(","), "error", "status"))

Body = Mapping[str, Any]

encoded = json.JSONEncoder(ensure_ascii=False, check_circular=False, separators=(",", ":")).encode
"""Returns a body, or a part of one, as it is sent."""


def preference(query: str) -> str:
    """Return what has every page of a query come from the same copies, for copies may count deleted documents."""
    return f"q{zlib.crc32(query.encode('utf-8', 'surrogatepass')):08x}"


def search(snapshot: OnCluster, bodies: Sequence[str], copies: str) -> list[dict[str, Any]]:
    """Return the answers to several searches, sent together; ``copies`` is what `preference` returned.

    ``bodies`` are `encoded`. Of hits there is only what they are sorted by. Scores are those of the whole index, not
    of shards.

    Raises:
        EngineUnavailable: one of them failed, or a shard is missing.
    """
    ledger = snapshot.ledger
    path = "/" + quote(snapshot.head.content.documents, safe="")
    how = {"allow_partial_search_results": "false", "preference": copies}
    if snapshot.caches.get(_SHARDS) != 1:
        how["search_type"] = "dfs_query_then_fetch"
    # The driver looks at each character of what it quotes itself, twice.
    if len(bodies) == 1:
        query = "&".join([f"{name}={value}" for name, value in how.items()])
        path = f"{path}/_search?{query}&filter_path={_WANTED}"
        answers = [ledger.connection.request("POST", path, bodies[0], timeout=ANSWER)]
    else:
        header = encoded(how)
        path = f"{path}/_msearch?filter_path={_WANTED_OF_EACH}"
        answers = _together(snapshot, path, "".join(f"{header}\n{body}\n" for body in bodies))
    snapshot.caches[_SHARDS] = answers[0]["_shards"]["total"]
    return answers


def _together(snapshot: OnCluster, path: str, lines: str) -> list[dict[str, Any]]:
    connection = snapshot.ledger.connection
    backoff = Backoff(PATIENCE)
    while True:
        answers: list[dict[str, Any]] = connection.request("POST", path, lines, timeout=ANSWER)["responses"]
        failed = next((answer for answer in answers if "error" in answer), None)
        if failed is None:
            return answers
        failure = answered(int(failed["status"]), *said_by(failed), connection.where())
        if not isinstance(failure, Busy) or not backoff.again():
            raise failure
