"""A search sees the last commit, though it doesn't wait to hear which one that is."""

from __future__ import annotations

from typing import Any

import pytest

from searchkit import SearchIndex
from searchkit.document import Document
from searchkit.engines.opensearch.connection import Connection


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
