"""Many documents to the cluster at once: parallel requests, bounded memory, patience, and a count that adds up."""

from __future__ import annotations

import json
import threading
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any

from searchkit.engines.opensearch.backoff import Backoff
from searchkit.engines.opensearch.connection import Connection
from searchkit.engines.opensearch.failures import NO_SPACE, NOT_FOUND, Busy, TooLarge, answered, said_by
from searchkit.errors import EngineUnavailable

THREADS = 4
BODY_BYTES = 6 << 20
# Seconds for the answer to one body, and for trying again without any item getting through.
ANSWER = 60.0
PATIENCE = 120.0
_LEAVING = 5.0
# All items would fail like this one.
_FATAL = frozenset(("cluster_block_exception", "index_not_found_exception", "index_closed_exception"))
_DENIED = frozenset((401, 403))
_WANTED = {
    "filter_path": "errors,items.*.status,items.*.error.type,items.*.error.reason,items.*.error.caused_by"
}


@dataclass(frozen=True)
class Rejection:
    """A document that the cluster doesn't take, and its reason."""

    id: str
    reason: str


@dataclass
class BulkReport:
    """What became of all items; ``absent`` counts deletions of what was not there."""

    stored: int = 0
    deleted: int = 0
    absent: int = 0
    retried: int = 0
    rejected: list[Rejection] = field(default_factory=list)

    @property
    def settled(self) -> int:
        """The number of items whose fate is known."""
        return self.stored + self.deleted + self.absent + len(self.rejected)


class _Body:
    """Items of one request: the bytes of all, where each ends, and their ids."""

    def __init__(self) -> None:
        self.data = bytearray()
        self.ends: list[int] = []
        self.ids: list[str] = []

    def add(self, document_id: str, item: bytes) -> None:
        self.data += item
        self.ends.append(len(self.data))
        self.ids.append(document_id)

    def __len__(self) -> int:
        return len(self.ids)

    def part(self, numbers: list[int]) -> _Body:
        """Return a body of the items of these numbers."""
        chosen = _Body()
        for n in numbers:
            chosen.add(self.ids[n], bytes(self.data[self.ends[n - 1] if n else 0 : self.ends[n]]))
        return chosen


class BulkSender:
    """Sends documents and deletions in parallel; at most ``waiting_bytes`` of them are in memory.

    What is sent twice is stored once, because ids are given. Requests overtake each other: give an id once, or `flush`
    in between. Used in a ``with``: leaving it by an exception drops what has not been sent.
    """

    def __init__(
        self,
        connection: Connection,
        *,
        threads: int = THREADS,
        body_bytes: int = BODY_BYTES,
        waiting_bytes: int | None = None,
        timeout: float = ANSWER,
        patience: float = PATIENCE,
    ) -> None:
        self.report = BulkReport()
        self._connection = connection
        self._body_bytes = body_bytes
        self._most_bytes = body_bytes * (threads + 1) if waiting_bytes is None else waiting_bytes
        self._timeout = timeout
        self._patience = patience
        self._body = _Body()
        self._given = 0
        self._waiting: deque[_Body] = deque()
        self._bytes = 0
        self._failure: BaseException | None = None
        self._closed = False
        self._changed = threading.Condition()
        self._threads = [threading.Thread(target=self._work, daemon=True) for _ in range(threads)]
        for thread in self._threads:
            thread.start()

    def index(self, index: str, document_id: str, source: Mapping[str, Any] | bytes) -> None:
        """Store a document, given as values or as one line of JSON, in place of any of that id.

        Raises:
            EngineUnavailable: Sending this or earlier documents failed for good.
        """
        data = source if isinstance(source, bytes) else encode(source)
        action = encode({"index": {"_index": index, "_id": document_id}})
        self._add(document_id, b"%b\n%b\n" % (action, data))

    def delete(self, index: str, document_id: str) -> None:
        """Delete a document, if it is there; raises as `index`."""
        self._add(document_id, encode({"delete": {"_index": index, "_id": document_id}}) + b"\n")

    def flush(self) -> None:
        """Wait until the fate of all items is known; raises as `index`."""
        self._hand_over()
        with self._changed:
            self._changed.wait_for(lambda: not self._bytes)
            self._raise_failure()
        if self.report.settled != self._given:
            raise EngineUnavailable(
                f"{self._connection.address.server}: {self._given} items were sent "
                f"and {self.report.settled} accounted for; look at the cluster and run it again"
            )

    def finish(self) -> BulkReport:
        """Flush, end the threads and return what became of the items; raises as `index`."""
        try:
            self.flush()
        finally:
            self.close()
        return self.report

    def close(self) -> None:
        """Drop what has not been sent and end the threads; what is under way has a few seconds to end."""
        with self._changed:
            self._closed = True
            self._bytes -= sum(len(body.data) for body in self._waiting)
            self._waiting.clear()
            self._changed.notify_all()
        for thread in self._threads:
            thread.join(_LEAVING)

    def __enter__(self) -> BulkSender:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None and not self._closed:
            self.finish()
        else:
            self.close()

    def _add(self, document_id: str, item: bytes) -> None:
        if self._body and len(self._body.data) + len(item) > self._body_bytes:
            self._hand_over()
        self._body.add(document_id, item)
        self._given += 1

    def _hand_over(self) -> None:
        body, self._body = self._body, _Body()
        with self._changed:
            self._raise_failure()
            if not body:
                return
            # One that is larger than the limit may pass alone.
            self._changed.wait_for(
                lambda: (
                    self._failure is not None
                    or not self._bytes
                    or self._bytes + len(body.data) <= self._most_bytes
                )
            )
            self._raise_failure()
            self._waiting.append(body)
            self._bytes += len(body.data)
            self._changed.notify_all()

    def _raise_failure(self) -> None:
        if self._failure is not None:
            raise self._failure

    def _work(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._waiting or self._closed)
                if not self._waiting:
                    return
                body = self._waiting.popleft()
            try:
                if self._failure is None:
                    self._send(body)
            except BaseException as failure:
                with self._changed:
                    self._failure = self._failure or failure
            finally:
                with self._changed:
                    self._bytes -= len(body.data)
                    self._changed.notify_all()

    def _send(self, body: _Body) -> None:
        """Send a body until the fate of each of its items is known."""
        backoff = Backoff(self._patience)
        while body:
            try:
                answer = self._connection.attempt(
                    "POST", "/_bulk", bytes(body.data), params=_WANTED, timeout=self._timeout
                )
            except TooLarge as failure:
                self._send_halves(body, failure)
                return
            except Busy:
                if self._closed or not backoff.again():
                    raise
                with self._changed:
                    self.report.retried += len(body)
                continue
            rest, why = self._settle(body, answer)
            if len(rest) < len(body):
                backoff = Backoff(self._patience)
            body = rest
            if why is not None and (self._closed or not backoff.again()):
                raise why

    def _send_halves(self, body: _Body, failure: TooLarge) -> None:
        if len(body) == 1:
            with self._changed:
                self.report.rejected.append(Rejection(body.ids[0], str(failure)))
            return
        numbers = list(range(len(body)))
        self._send(body.part(numbers[: len(body) // 2]))
        self._send(body.part(numbers[len(body) // 2 :]))

    def _settle(self, body: _Body, answer: Any) -> tuple[_Body, Busy | None]:
        """Count the items whose fate is known; return those to be sent again, and why."""
        where = self._connection.where(self._timeout)
        items = answer.get("items") if isinstance(answer, dict) else None
        if not isinstance(items, list) or len(items) != len(body):
            raise EngineUnavailable(
                f"{where.server}: the answer does not tell what became of {len(body)} items; "
                "correct the address, or look at what is between this machine and the cluster"
            )
        again: list[int] = []
        why: Busy | None = None
        counts = BulkReport()
        for n, item in enumerate(items):
            ((action, result),) = item.items()
            status = int(result["status"])
            if "error" in result:
                kind, reason = said_by(result)
                failure = answered(status, kind, reason, where)
                if isinstance(failure, Busy):
                    why = failure
                    again.append(n)
                elif kind in _FATAL or status in _DENIED or NO_SPACE in reason:
                    raise failure
                else:
                    counts.rejected.append(Rejection(body.ids[n], " ".join(f"{kind}: {reason}".split())))
            elif action == "delete":
                counts.deleted += status != NOT_FOUND
                counts.absent += status == NOT_FOUND
            else:
                counts.stored += 1
        with self._changed:
            self.report.stored += counts.stored
            self.report.deleted += counts.deleted
            self.report.absent += counts.absent
            self.report.rejected += counts.rejected
            self.report.retried += len(again)
        return body.part(again), why


def encode(values: Mapping[str, Any]) -> bytes:
    """Return one line of JSON; halves of surrogate pairs, which UTF-8 can't hold, are escaped."""
    try:
        return json.dumps(values, ensure_ascii=False, separators=(",", ":")).encode()
    except UnicodeEncodeError:
        return json.dumps(values, separators=(",", ":")).encode()
