"""How many documents match this or that: asked for all at once, and remembered as long as the commit."""

from __future__ import annotations

import json
import threading
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from searchkit.engines.opensearch.connection import Connection
from searchkit.engines.opensearch.failures import answered, said_by
from searchkit.engines.opensearch.translation import NOTHING, Query
from searchkit.errors import EngineUnavailable

_TOGETHER = 200
_REMEMBERED = 65_536


class Counts:
    """Counts documents of ``index``. Thread-safe."""

    def __init__(self, connection: Connection, index: str) -> None:
        self._connection = connection
        self._path = f"/{quote(index, safe='')}/_msearch"
        self._known: dict[str, int] = {}
        self._lock = threading.Lock()

    def of(self, queries: Sequence[Query]) -> list[int]:
        """Return how many documents match each of ``queries``.

        Raises:
            EngineUnavailable: they can't be counted.
        """
        keys = [json.dumps(query, sort_keys=True) for query in queries]
        missing = {
            key: query for key, query in zip(keys, queries) if key not in self._known and query is not NOTHING
        }
        found = dict(zip(missing, self._ask(list(missing.values()))))
        with self._lock:
            if len(self._known) + len(found) > _REMEMBERED:
                self._known.clear()
            self._known.update(found)
            known = self._known
            return [known[key] if key in known else found.get(key, 0) for key in keys]

    def _ask(self, queries: Sequence[Query]) -> list[int]:
        found: list[int] = []
        for start in range(0, len(queries), _TOGETHER):
            lines: list[Any] = []
            for query in queries[start : start + _TOGETHER]:
                lines += [
                    {"allow_partial_search_results": False},
                    {"size": 0, "track_total_hits": True, "query": query},
                ]
            body = "".join(json.dumps(line) + "\n" for line in lines)
            found += map(self._count, self._connection.request("POST", self._path, body)["responses"])
        return found

    def _count(self, answer: Any) -> int:
        if "error" in answer:
            raise answered(int(answer["status"]), *said_by(answer), self._connection.where())
        if answer["_shards"]["failed"]:
            raise EngineUnavailable(
                f"{self._connection.address.server}: some shards don't answer; look at the cluster and try again"
            )
        return int(answer["hits"]["total"]["value"])
