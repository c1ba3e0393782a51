"""The ledger of an index on a cluster: its head, replaced only by whoever has seen it, and immutable blobs.

A blob is stored in pieces. Its name ends in a digest of its content, so that a wrong or missing piece is found out; its
name begins with that of the commit in the making that brought it.
"""

from __future__ import annotations

import base64
import hashlib
import json
import random
import re
import secrets
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from typing import Any, NamedTuple
from urllib.parse import quote

from searchkit.engines.opensearch.backoff import Backoff
from searchkit.engines.opensearch.connection import PATIENCE as USUAL_PATIENCE
from searchkit.engines.opensearch.connection import Connection
from searchkit.engines.opensearch.failures import (
    NOT_FOUND,
    Busy,
    Conflict,
    NothingThere,
    answered,
    said_by,
)
from searchkit.engines.opensearch.head import Head
from searchkit.engines.whoosh.manifest import FileRecord
from searchkit.errors import EngineUnavailable, IndexCorrupt, IndexMissing, SearchkitError

HEAD = "head"
_PIECE_BYTES = 1 << 20
_TOGETHER = 8
"""So many pieces are sent and fetched at once."""
_TIMEOUT = 60.0
_DIGEST_BYTES = 12
_MANY = 10_000
_TRIES = 200
_PAUSE = 0.02
_NO_INDEX = "index_not_found_exception"
PATIENCE = 30.0
"""Seconds for trying again while a shard moves to another node."""
_KEEP = "5m"
_DEFINITION = {
    "settings": {
        "number_of_shards": 1,
        "auto_expand_replicas": "0-1",
        "refresh_interval": "-1",
        "index.unassigned.node_left.delayed_timeout": "3s",
    },
    "mappings": {
        "dynamic": "strict",
        "_meta": {"searchkit": "ledger"},
        "properties": {
            "kind": {"type": "keyword"},
            "name": {"type": "keyword"},
            "piece": {"type": "integer"},
            "number": {"type": "long", "index": False},
            "head": {"type": "object", "enabled": False},
            "data": {"type": "binary"},
        },
    },
}


class Version(NamedTuple):
    """Which state of the head was read: who writes it must have seen the last."""

    sequence: int
    term: int


class Ledger:
    """The ledger of the index at the address of ``connection``; it may be missing. Safe for threads."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.place = str(connection.address)
        self.name = f"{connection.address.name}-ledger"
        self._path = "/" + quote(self.name, safe="")

    def documents_name(self, build: int) -> str:
        """Return the name of the index that holds the documents of a build."""
        return f"{self.connection.address.name}-{build:06}"

    def check_target(self) -> None:
        """Make sure that writing here harms nothing of others.

        Raises:
            SearchkitError: there is an index of that name that searchkit didn't make.
        """
        alias = self.connection.address.name
        try:
            found = self.connection.request("GET", "/" + quote(alias, safe=""), timeout=_TIMEOUT)
        except NothingThere:
            return
        if not all(re.fullmatch(re.escape(alias) + r"-\d{6,}", name) for name in found):
            raise SearchkitError(
                f"{self.place}: there is an index of that name, and searchkit didn't make it; choose another name"
            )

    def current(self, *, timeout: float = _TIMEOUT, patience: float = USUAL_PATIENCE) -> int | None:
        """Return the number of the commit that counts, None if there is none; times as in `Connection.request`."""
        found = self._get(HEAD, fields="number", timeout=timeout, patience=patience)
        return None if found is None else int(found["_source"]["number"]) or None

    def read(self) -> tuple[Head, Version] | None:
        """Return the head and its version, None if there is none.

        Raises:
            IndexCorrupt, IndexIncompatible: it can't be used.
        """
        found = self._get(HEAD)
        if found is None:
            return None
        head = Head.from_values(found["_source"]["head"], self.place)
        return head, Version(int(found["_seq_no"]), int(found["_primary_term"]))

    def head(self) -> Head:
        """Return the head of an index that is there.

        Raises:
            IndexMissing: there is none.
        """
        found = self.read()
        if found is None or not found[0].number:
            raise IndexMissing(
                f"{self.place}: there is no index here; build one with `searchkit index` or correct the address"
            )
        return found[0]

    def create(self, head: Head, *, over: bool = False) -> bool:
        """Store a first head, with ``over`` also in place of one that can't be read; tell whether it was this one."""
        with suppress(Conflict):
            self.connection.request("PUT", self._path, _DEFINITION, timeout=_TIMEOUT)
        return self._put(head, {} if over else {"op_type": "create"})

    def update(self, change: Callable[[Head], Head | None]) -> Head:
        """Replace the head by what ``change`` makes of it, as often as somebody else was first; None leaves it.

        Returns:
            the head that counts then.

        Raises:
            IndexMissing: there is no head.
            EngineUnavailable: it can't be written.
        """
        for attempt in range(_TRIES):
            if attempt:
                time.sleep(random.uniform(0, _PAUSE))
            found = self.read()
            if found is None:
                raise IndexMissing(f"{self.place}: the index has been removed; nothing was committed")
            head, version = found
            changed = change(head)
            if changed is None:
                return head
            seen = {"if_seq_no": version.sequence, "if_primary_term": version.term}
            if self._put(changed, seen):
                return changed
        raise EngineUnavailable(f"{self.place}: others are writing without a pause; try again")

    def _put(self, head: Head, condition: dict[str, Any]) -> bool:
        # Two that write the same must not both believe that it was theirs.
        values = {**head.to_values(), "token": secrets.token_hex(8)}
        body = {"kind": HEAD, "number": head.number, "head": values}
        try:
            self.connection.request(
                "PUT", f"{self._path}/_doc/{HEAD}", body, params=condition, patience=PATIENCE
            )
        except Conflict:
            # A first attempt whose answer was lost may have done it.
            found = self._get(HEAD)
            return found is not None and bool(found["_source"] == body)
        return True

    def _get(
        self, document_id: str, fields: str = "", timeout: float = _TIMEOUT, patience: float = USUAL_PATIENCE
    ) -> Any:
        path = f"{self._path}/_doc/{quote(document_id, safe='')}"
        if fields:
            path = f"{path}?_source_includes={fields}"
        try:
            return self.connection.request("GET", path, timeout=timeout, patience=patience)
        except NothingThere:
            return None

    def put(self, name: str, data: bytes, checksum: int) -> FileRecord:
        """Store a blob; ``name`` gets a digest of ``data`` appended, ``checksum`` is kept in its record."""
        record = FileRecord(f"{name}.{_digest(data)}", len(data), checksum)
        pieces = range(0, max(len(data), 1), _PIECE_BYTES)
        for first in range(0, len(pieces), _TOGETHER):
            lines: list[dict[str, Any]] = []
            for start in pieces[first : first + _TOGETHER]:
                number = start // _PIECE_BYTES
                text = base64.b64encode(data[start : start + _PIECE_BYTES]).decode()
                lines.append({"index": {"_index": self.name, "_id": f"{record.name}.{number}"}})
                lines.append({"kind": "blob", "name": record.name, "piece": number, "data": text})
            self._bulk(lines)
        return record

    def get(self, record: FileRecord) -> bytes:
        """Return the content of a blob.

        Raises:
            IndexCorrupt: it is missing or damaged.
        """
        count = -(-record.size // _PIECE_BYTES) or 1
        pieces: list[bytes] = []
        for first in range(0, count, _TOGETHER):
            ids = [f"{record.name}.{number}" for number in range(first, min(first + _TOGETHER, count))]
            for document in self.get_many(self.name, ids):
                if not document.get("found"):
                    raise self._damaged(record, "is missing")
                pieces.append(base64.b64decode(document["_source"]["data"]))
        data = b"".join(pieces)
        if len(data) != record.size or _digest(data) != record.name.rpartition(".")[2]:
            raise self._damaged(record, "is damaged")
        return data

    def get_many(self, index: str, ids: Sequence[str]) -> list[dict[str, Any]]:
        """Return what is stored under ``ids`` in an index, as it was last written.

        Raises:
            EngineUnavailable: some of it can't be read; while a shard moves to another node it is asked again.
        """
        backoff = Backoff(PATIENCE)
        while True:
            answer = self.connection.request(
                "POST", f"/{quote(index, safe='')}/_mget", {"ids": list(ids)}, timeout=_TIMEOUT
            )
            found: list[dict[str, Any]] = answer["docs"]
            errors = [str(each["error"].get("type")) for each in found if "error" in each]
            if not errors or errors[0] == _NO_INDEX:
                return found
            if not backoff.again():
                raise EngineUnavailable(
                    f"{self.place}: {index} can't be read ({errors[0]}); look at the cluster and run it again"
                )

    def _damaged(self, record: FileRecord, what: str) -> IndexCorrupt:
        return IndexCorrupt(
            f"the blob {record.name} {what}; index the sources anew with --rebuild",
            path=f"{self.place} ({self.name})",
        )

    def blob_pieces(self) -> dict[str, int]:
        """Return all blobs that are stored, with the number of their pieces."""
        self.refresh(self.name)
        body = {
            "size": 0,
            "query": {"term": {"kind": "blob"}},
            "aggs": {"names": {"terms": {"field": "name", "size": _MANY}}},
        }
        answer = self.search(self.name, body)
        return {
            bucket["key"]: int(bucket["doc_count"]) for bucket in answer["aggregations"]["names"]["buckets"]
        }

    def remove_blobs(self, unneeded: Iterable[tuple[str, int]]) -> None:
        """Remove blobs, given with the number of their pieces."""
        ids = [f"{name}.{number}" for name, pieces in unneeded for number in range(pieces)]
        self.remove(ids)

    def note(self, document_id: str, data: bytes) -> None:
        """Store bytes under a name of their own."""
        text = base64.b64encode(data).decode()
        self._bulk(
            [
                {"index": {"_index": self.name, "_id": document_id}},
                {"kind": "note", "name": document_id, "data": text},
            ]
        )

    def noted(self, document_id: str) -> bytes | None:
        """Return what `note` stored, None if there is nothing."""
        found = self._get(document_id, fields="data")
        return None if found is None else base64.b64decode(found["_source"]["data"])

    def notes(self) -> list[str]:
        """Return the names of all notes that were there when the ledger was last refreshed."""
        body = {"query": {"term": {"kind": "note"}}, "_source": ["name"], "size": _MANY}
        return [hit["_source"]["name"] for hit in self.search(self.name, body)["hits"]["hits"]]

    def remove(self, ids: list[str]) -> None:
        """Remove pieces and notes, if they are there."""
        for start in range(0, len(ids), 1000):
            self._bulk([{"delete": {"_index": self.name, "_id": each}} for each in ids[start : start + 1000]])

    def _bulk(self, lines: list[dict[str, Any]]) -> None:
        body = "".join(json.dumps(line, separators=(",", ":")) + "\n" for line in lines)
        backoff = Backoff(PATIENCE)
        while True:
            answer = self.connection.request("POST", "/_bulk", body, timeout=_TIMEOUT, patience=PATIENCE)
            results = [result for item in answer["items"] for result in item.values()]
            failures = [
                answered(int(result["status"]), *said_by(result), self.connection.where(_TIMEOUT))
                for result in results
                if "error" in result and result["status"] != NOT_FOUND
            ]
            if not failures:
                return
            if not isinstance(failures[0], Busy) or not backoff.again():
                raise failures[0]

    def search(self, index: str, body: dict[str, Any]) -> Any:
        """Return the answer of all shards of an index."""
        params = {"allow_partial_search_results": "false"}
        return self.connection.request(
            "POST", f"/{quote(index, safe='')}/_search", body, params=params, timeout=_TIMEOUT
        )

    def pages(self, index: str, body: dict[str, Any], size: int = 1000) -> Iterator[dict[str, Any]]:
        """Yield all hits of a search in an index by id, as they were when it began; whatever fails is asked again."""
        where = f"/{quote(index, safe='')}/_search/point_in_time"
        opened = self.connection.request("POST", where, params={"keep_alive": _KEEP}, timeout=_TIMEOUT)
        asked = {**body, "size": size, "sort": [{"id": "asc"}], "track_total_hits": False}
        asked["pit"] = {"id": opened["pit_id"], "keep_alive": _KEEP}
        params = {"allow_partial_search_results": "false"}
        try:
            while True:
                answer = self.connection.request("POST", "/_search", asked, params=params, timeout=_TIMEOUT)
                hits = answer["hits"]["hits"]
                yield from hits
                if len(hits) < size:
                    return
                asked["search_after"] = hits[-1]["sort"]
        finally:
            with suppress(SearchkitError):
                self.connection.request(
                    "DELETE", "/_search/point_in_time", {"pit_id": [opened["pit_id"]]}, patience=0
                )

    def refresh(self, index: str) -> None:
        """Make what was written to an index visible to searches.

        Raises:
            EngineUnavailable: a shard could not.
        """
        backoff = Backoff(PATIENCE)
        while True:
            path = f"/{quote(index, safe='')}/_refresh"
            answer = self.connection.request("POST", path, timeout=_TIMEOUT, patience=PATIENCE)
            failed = answer["_shards"]["failed"]
            if not failed:
                return
            if not backoff.again():
                raise EngineUnavailable(
                    f"{self.place}: {failed} shards of {index} can't be refreshed; "
                    "look at the cluster and run it again"
                )

    def count(self, index: str) -> int:
        """Return the number of documents of an index that searches see."""
        answer = self.search(index, {"size": 0, "track_total_hits": True})
        return int(answer["hits"]["total"]["value"])


def _digest(data: bytes) -> str:
    return hashlib.blake2b(data, digest_size=_DIGEST_BYTES).hexdigest()
