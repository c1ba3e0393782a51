"""Bulk requests: whatever a server answers, each item is stored once or reported, and the counts add up."""

from __future__ import annotations

import json
import random
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_server import Answer, Asked, small_server

from searchkit.engines.opensearch import backoff
from searchkit.engines.opensearch.address import parse_address
from searchkit.engines.opensearch.bulk import BulkReport, BulkSender, encode
from searchkit.engines.opensearch.connection import Connection
from searchkit.engines.opensearch.failures import Busy, Refused
from searchkit.errors import EngineUnavailable


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backoff, "_FIRST_SECONDS", 0.001)
    monkeypatch.setattr(backoff, "_LONGEST_SECONDS", 0.02)


class Store:
    """Takes bulk requests as OpenSearch does; ``trouble`` may refuse whole ones, or items."""

    def __init__(
        self,
        request_trouble: Callable[[], Answer | None] = lambda: None,
        item_trouble: Callable[[str], tuple[int, str, str] | None] = lambda _: None,
    ) -> None:
        self.documents: dict[str, Any] = {}
        self.sizes: list[int] = []
        self._request_trouble = request_trouble
        self._item_trouble = item_trouble
        self._lock = threading.Lock()

    def __call__(self, asked: Asked) -> Answer:
        assert asked.body.endswith(b"\n")
        with self._lock:
            self.sizes.append(len(asked.body))
            trouble = self._request_trouble()
            if trouble is not None and trouble.status is not None:
                return trouble
            items = [self._take(*pair) for pair in self._pairs(asked.body.decode())]
            # Done, but nobody is told.
            if trouble is not None:
                return trouble
        return Answer(
            body={"errors": any("error" in next(iter(item.values())) for item in items), "items": items}
        )

    @staticmethod
    def _pairs(body: str) -> list[tuple[str, str, Any]]:
        lines = iter(body.splitlines())
        pairs = []
        for line in lines:
            ((action, where),) = json.loads(line).items()
            pairs.append((action, where["_id"], json.loads(next(lines)) if action == "index" else None))
        return pairs

    def _take(self, action: str, document_id: str, source: Any) -> Any:
        trouble = self._item_trouble(document_id)
        if trouble is not None:
            status, kind, reason = trouble
            return {action: {"status": status, "error": {"type": kind, "reason": reason}}}
        if action == "delete":
            return {action: {"status": 200 if self.documents.pop(document_id, None) is not None else 404}}
        created = document_id not in self.documents
        self.documents[document_id] = source
        return {action: {"status": 201 if created else 200}}


def send(store: Store, documents: dict[str, Any], **options: Any) -> BulkReport:
    with small_server(store) as server:
        address = parse_address(f"opensearch://127.0.0.1:{server.port}/notes")
        with Connection(address) as connection, BulkSender(connection, **options) as bulk:
            for document_id, source in documents.items():
                bulk.index("notes-000001", document_id, source)
            return bulk.finish()


def documents(count: int) -> dict[str, Any]:
    return {f"문서/{n}": {"n": n, "text": "확산 모델 " * (n % 7)} for n in range(count)}


@settings(max_examples=20)
@given(st.integers(0, 2**32), st.integers(0, 60), st.integers(1, 4), st.integers(1, 4000))
def test_each_item_is_stored_or_reported_once(seed: int, count: int, threads: int, body_bytes: int) -> None:
    chance = random.Random(seed)
    given = documents(count)
    bad = {document_id for document_id in given if chance.random() < 0.1}

    def request_trouble() -> Answer | None:
        return chance.choice(
            [None, None, None, Answer(429), Answer(503), Answer(502, b"", "text/html"), Answer(None)]
        )

    def item_trouble(document_id: str) -> tuple[int, str, str] | None:
        if document_id in bad:
            return 400, "mapper_parsing_exception", f"failed to parse {document_id}"
        return (429, "rejected_execution_exception", "queue is full") if chance.random() < 0.2 else None

    store = Store(request_trouble, item_trouble)
    report = send(store, given, threads=threads, body_bytes=body_bytes)
    assert store.documents == {key: value for key, value in given.items() if key not in bad}
    assert (report.stored, report.settled) == (count - len(bad), count)
    assert {item.id for item in report.rejected} == bad
    for item in report.rejected:
        assert item.reason == f"mapper_parsing_exception: failed to parse {item.id}"


def test_deletions_are_counted_by_what_was_there() -> None:
    store = Store()
    store.documents = {"a": {}, "b": {}}
    with small_server(store) as server:
        address = parse_address(f"opensearch://127.0.0.1:{server.port}/notes")
        with Connection(address) as connection, BulkSender(connection) as bulk:
            for document_id in "abc":
                bulk.delete("notes-000001", document_id)
            bulk.flush()
            bulk.index("notes-000001", "a", b'{"again":true}')
            report = bulk.finish()
    assert (report.deleted, report.absent, report.stored) == (2, 1, 1)
    assert store.documents == {"a": {"again": True}}


def test_bodies_keep_to_their_size_but_for_single_items() -> None:
    store = Store()
    given = {"long": {"text": "x" * 5000}, **documents(200)}
    report = send(store, given, body_bytes=1000)
    assert report.stored == len(given)
    assert sum(size > 1000 for size in store.sizes) == 1
    assert len(store.sizes) > 10


def test_what_waits_is_bounded() -> None:
    hold = threading.Event()

    def slow() -> None:
        hold.wait(20)

    given: list[int] = []
    store = Store(slow)
    with small_server(store) as server:
        address = parse_address(f"opensearch://127.0.0.1:{server.port}/notes")
        with Connection(address) as connection:
            bulk = BulkSender(connection, threads=2, body_bytes=1000, waiting_bytes=3000)

            def give() -> None:
                for n in range(100):
                    bulk.index("notes-000001", str(n), {"text": "x" * 400})
                    given.append(n)

            giver = threading.Thread(target=give)
            giver.start()
            last = -1
            while len(given) != last:
                last = len(given)
                time.sleep(0.1)
            # Three bodies of two documents wait, one more is being filled.
            assert last <= 10
            hold.set()
            giver.join()
            assert bulk.finish().stored == 100


def test_a_body_that_is_too_large_is_halved() -> None:
    def answer(asked: Asked) -> Answer:
        return Answer(413, b"", "text/plain") if len(asked.body) > 2000 else store(asked)

    store = Store()
    given = {**documents(60), "long": {"text": "x" * 3000}}
    with small_server(answer) as server:
        address = parse_address(f"opensearch://127.0.0.1:{server.port}/notes")
        with Connection(address) as connection, BulkSender(connection) as bulk:
            for document_id, source in given.items():
                bulk.index("notes-000001", document_id, source)
            report = bulk.finish()
    assert (report.stored, [item.id for item in report.rejected]) == (60, ["long"])
    assert "no request of that size" in report.rejected[0].reason


FLOOD = "index [n] blocked by: [TOO_MANY_REQUESTS/12/disk usage exceeded flood-stage watermark];"


@pytest.mark.parametrize(
    ("trouble", "said"),
    [
        ((429, "cluster_block_exception", FLOOD), "disks are full"),
        (
            (403, "cluster_block_exception", "index [n] blocked by: [FORBIDDEN/8/index write (api)];"),
            "read-only",
        ),
        ((404, "index_not_found_exception", "no such index [n]"), "no such index"),
        ((403, "security_exception", "no permissions"), "may not do that"),
        ((500, "i_o_exception", "No space left on device"), "disk of a node is full"),
    ],
)
def test_what_would_fail_for_all_items_ends_it(trouble: tuple[int, str, str], said: str) -> None:
    store = Store(item_trouble=lambda _: trouble)
    with pytest.raises(Refused, match=said):
        send(store, documents(500), body_bytes=1000, threads=2)
    assert len(store.sizes) <= 4


@pytest.mark.parametrize("trouble", [Answer(503), Answer(None)])
def test_patience_ends(trouble: Answer) -> None:
    began = time.monotonic()
    with pytest.raises(Busy):
        send(Store(lambda: trouble), documents(5), patience=0.3)
    assert time.monotonic() - began < 5


def test_an_answer_that_tells_too_little_is_an_error() -> None:
    with small_server(lambda _: Answer(body={"errors": False})) as server:
        address = parse_address(f"opensearch://127.0.0.1:{server.port}/notes")
        with (
            Connection(address) as connection,
            pytest.raises(EngineUnavailable, match="does not tell"),
            BulkSender(connection) as bulk,
        ):
            bulk.index("notes-000001", "a", {})


def test_an_exception_in_between_drops_the_rest_and_ends_the_threads() -> None:
    store = Store()
    before = threading.active_count()

    def interrupted(connection: Connection) -> None:
        with BulkSender(connection) as bulk:
            bulk.index("notes-000001", "a", {})
            raise KeyboardInterrupt

    with small_server(store) as server:
        address = parse_address(f"opensearch://127.0.0.1:{server.port}/notes")
        with Connection(address) as connection, pytest.raises(KeyboardInterrupt):
            interrupted(connection)
    assert store.documents == {}
    assert threading.active_count() == before


@given(st.dictionaries(st.text(max_size=3), st.text(st.characters(), max_size=20) | st.integers()))
def test_values_are_one_line_of_json(values: dict[str, Any]) -> None:
    line = encode(values)
    assert b"\n" not in line
    assert json.loads(line) == values


def test_halves_of_surrogate_pairs_are_escaped() -> None:
    assert json.loads(encode({"a": "\ud800"})) == {"a": "\ud800"}
