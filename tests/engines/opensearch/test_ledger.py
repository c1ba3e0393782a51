"""The ledger on a real cluster: one head that only those replace who have seen it, and blobs that can't be wrong."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace

import pytest

from searchkit.engines.opensearch.address import parse_address
from searchkit.engines.opensearch.connection import Connection
from searchkit.engines.opensearch.head import FORMAT_VERSION, Content, Head, Work
from searchkit.engines.opensearch.ledger import Ledger
from searchkit.engines.whoosh.manifest import FileRecord
from searchkit.errors import IndexCorrupt, IndexIncompatible, IndexMissing, SearchkitError

RECORD = FileRecord("a.b.lex.0123", 12, 34)
HEAD = Head(
    number=3,
    content=Content(
        documents="papers-000002",
        count=5,
        versions={"analysis": "x"},
        lexicon=(RECORD,),
        changes=(RECORD, RECORD),
        glossary=None,
        sources=RECORD,
        user_files=(("dictionary.txt", RECORD),),
    ),
    previous=Content(documents="papers-000001"),
    works={
        "w": Work(host="h", process=1, beat=2.5, fresh=True, target="papers-000003", base=3, state=RECORD)
    },
    build=3,
)


@pytest.fixture
def ledger(cluster_address: str) -> Iterator[Ledger]:
    with Connection(parse_address(cluster_address)) as connection:
        yield Ledger(connection)


def test_a_head_is_what_was_written() -> None:
    assert Head.from_values(HEAD.to_values(), "there") == HEAD
    assert HEAD.blobs() == {RECORD.name}
    assert HEAD.indexes() == {"papers-000001", "papers-000002", "papers-000003"}
    assert HEAD.with_work("w", None).works == {}


def test_a_damaged_head_and_another_format_are_found_out() -> None:
    values = HEAD.to_values()
    with pytest.raises(IndexCorrupt, match=r"there: .*checksum"):
        Head.from_values({**values, "content": values["content"].replace("5", "6")}, "there")
    with pytest.raises(IndexCorrupt, match="there"):
        Head.from_values({"format": FORMAT_VERSION}, "there")
    with pytest.raises(IndexIncompatible, match=r"searchkit index --rebuild --index there"):
        Head.from_values({**values, "format": FORMAT_VERSION + 1}, "there")


def test_a_missing_ledger_is_no_index(ledger: Ledger) -> None:
    assert ledger.current() is None
    assert ledger.read() is None
    with pytest.raises(IndexMissing, match="there is no index here"):
        ledger.head()
    with pytest.raises(IndexMissing):
        ledger.update(lambda head: head)
    ledger.check_target()


def test_a_first_head_is_stored_once(ledger: Ledger) -> None:
    first = Head(number=0, content=Content(documents="one"))
    assert ledger.create(first)
    assert not ledger.create(first)
    assert ledger.create(replace(first, build=2), over=True)
    assert ledger.current() is None
    with pytest.raises(IndexMissing):
        ledger.head()
    ledger.update(lambda head: replace(head, number=7))
    assert ledger.current() == 7


def test_no_change_of_the_head_is_lost(ledger: Ledger) -> None:
    ledger.create(Head(number=0, content=Content(documents="one")))

    def count() -> None:
        for _ in range(10):
            ledger.update(lambda head: replace(head, number=head.number + 1))

    threads = [threading.Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert ledger.current() == 40
    assert ledger.update(lambda head: None).number == 40


@pytest.mark.parametrize("size", [0, 1, (1 << 20) - 1, 1 << 20, (9 << 20) + 5])
def test_blobs_come_back_as_they_were(ledger: Ledger, size: int) -> None:
    ledger.create(Head(number=0, content=Content(documents="one")))
    data = (b"0123456789abcdef" * (size // 16 + 1))[:size]
    record = ledger.put("work.x.lex", data, 99)
    assert (record.size, record.checksum) == (size, 99)
    assert ledger.get(record) == data
    pieces = ledger.blob_pieces()
    assert pieces == {record.name: max(-(-size // (1 << 20)), 1)}
    ledger.remove_blobs(pieces.items())
    assert ledger.blob_pieces() == {}
    with pytest.raises(IndexCorrupt, match="is missing"):
        ledger.get(record)


def test_a_changed_blob_is_found_out(ledger: Ledger) -> None:
    ledger.create(Head(number=0, content=Content(documents="one")))
    record = ledger.put("work.x.lex", b"content", 0)
    changed = {"kind": "blob", "name": record.name, "piece": 0, "data": "Q29udGVudA=="}
    ledger.connection.request("PUT", f"/{ledger.name}/_doc/{record.name}.0", changed)
    with pytest.raises(IndexCorrupt, match=r"-ledger\): the blob .* is damaged"):
        ledger.get(record)


def test_the_index_of_others_is_left_alone(ledger: Ledger) -> None:
    name = ledger.connection.address.name
    ledger.connection.request("PUT", f"/{name}-000001", {})
    alias = {"actions": [{"add": {"index": f"{name}-000001", "alias": name}}]}
    ledger.connection.request("POST", "/_aliases", alias)
    ledger.check_target()
    ledger.connection.request("DELETE", f"/{name}-000001")
    ledger.connection.request("PUT", f"/{name}", {})
    with pytest.raises(SearchkitError, match="searchkit didn't make it"):
        ledger.check_target()
