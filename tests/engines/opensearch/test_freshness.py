"""A search sees the last commit, though it doesn't wait to hear which one that is."""

from __future__ import annotations

import os
import subprocess
import sys
from threading import Barrier
from typing import Any

import pytest

from searchkit import SearchIndex
from searchkit.document import Document
from searchkit.engines.opensearch.connection import Connection
from searchkit.engines.opensearch.meanwhile import meanwhile


def paper(number: int) -> Document:
    return Document(id=str(number), title=f"확산 모델 {number}")


def test_a_search_sees_the_commit_of_somebody_else(cluster_address: str) -> None:
    SearchIndex.build([paper(1)], cluster_address).close()
    with SearchIndex.open(cluster_address) as reader, SearchIndex.open(cluster_address) as writer:
        assert [hit.id for hit in reader.search("확산")] == ["1"]
        writer.add(paper(2))
        assert sorted(hit.id for hit in reader.search("확산")) == ["1", "2"]
        assert sorted(hit.id for hit in reader.search("모델", sort="date")) == ["1", "2"]
        writer.delete("1")
        assert [hit.id for hit in reader.search("확산")] == ["2"]


def test_a_search_finds_the_new_index_where_its_own_has_been_removed(cluster_address: str) -> None:
    SearchIndex.build([paper(1)], cluster_address).close()
    with SearchIndex.open(cluster_address) as reader:
        assert [hit.id for hit in reader.search("확산")] == ["1"]
        for number in (2, 3):
            SearchIndex.build([paper(number)], cluster_address).close()
        assert [hit.id for hit in reader.search("모델")] == ["3"]


def test_what_is_asked_meanwhile_returns_or_raises() -> None:
    assert meanwhile(lambda: 5)() == 5
    wait = meanwhile(lambda: int("five"))
    for _ in range(2):
        with pytest.raises(ValueError, match="five"):
            wait()


def test_as_many_are_asked_at_once_as_there_are() -> None:
    all_of_them = Barrier(5, timeout=30)
    waits = [meanwhile(all_of_them.wait) for _ in range(5)]
    assert sorted(wait() for wait in waits) == [0, 1, 2, 3, 4]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system doesn't fork processes")
def test_a_forked_process_asks_in_threads_of_its_own() -> None:
    code = """
import os, sys, time
from searchkit.engines.opensearch.meanwhile import meanwhile
meanwhile(int)()
time.sleep(0.2)
if not os.fork():
    os._exit(meanwhile(lambda: 3)())
sys.exit(os.waitstatus_to_exitcode(os.wait()[1]))
"""
    assert subprocess.run([sys.executable, "-c", code], timeout=60).returncode == 3


def test_most_searches_take_two_requests_one_after_the_other(
    cluster_address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    SearchIndex.build([paper(number) for number in range(5)], cluster_address).close()
    asked: list[str] = []
    attempt = Connection.attempt

    def counted(connection: Connection, method: str, path: str, *body: Any, **options: Any) -> Any:
        asked.append(path.partition("?")[0])
        return attempt(connection, method, path, *body, **options)

    with SearchIndex.open(cluster_address) as index:
        monkeypatch.setattr(Connection, "attempt", counted)
        found = [hit.id for hit in index.search("확산 1 모델")]
        assert sorted(path.rpartition("/")[2] for path in asked) == ["_msearch", "_search", "head"]
        asked.clear()
        assert [hit.id for hit in index.search("확산 1 모델")] == found
        assert sorted(path.rpartition("/")[2] for path in asked) == ["_search", "_search", "head"]
