"""The connection and the bulk sender against a real cluster."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from searchkit.engines.opensearch.address import parse_address
from searchkit.engines.opensearch.bulk import BulkSender
from searchkit.engines.opensearch.connection import Connection
from searchkit.engines.opensearch.failures import Conflict, NothingThere, Refused

MAPPING = {
    "settings": {"number_of_shards": 3, "auto_expand_replicas": "0-1"},
    "mappings": {"dynamic": "strict", "properties": {"n": {"type": "integer"}, "text": {"type": "text"}}},
}


@pytest.fixture
def connection(cluster_address: str) -> Iterator[Connection]:
    with Connection(parse_address(cluster_address)) as connection:
        yield connection


@pytest.fixture
def index(connection: Connection) -> str:
    name = f"{connection.address.name}-000001"
    connection.request("PUT", f"/{name}", MAPPING, params={"wait_for_active_shards": "all"}, timeout=60)
    return name


def count(connection: Connection, index: str) -> int:
    connection.request("POST", f"/{index}/_refresh", timeout=60)
    found: int = connection.request("GET", f"/{index}/_count")["count"]
    return found


def test_the_server_is_recognised(connection: Connection) -> None:
    assert int(connection.check().partition(".")[0]) >= 2


def test_documents_arrive_and_the_strange_are_reported(connection: Connection, index: str) -> None:
    documents: dict[str, dict[str, Any]] = {f"{n}/확산": {"n": n, "text": "모델 " * 50} for n in range(2000)}
    documents["bad number"] = {"n": "many"}
    documents["unknown field"] = {"m": 1}
    documents["half\ud800"] = {"text": "half a pair \ud800"}
    for _ in range(2):
        with BulkSender(connection, body_bytes=50_000) as bulk:
            for document_id, source in documents.items():
                bulk.index(index, document_id, source)
            report = bulk.finish()
        assert report.settled == len(documents)
        reasons = {item.id: item.reason for item in report.rejected}
        assert "mapper_parsing_exception" in reasons["bad number"]
        assert "strict_dynamic_mapping_exception" in reasons["unknown field"]
        assert count(connection, index) == report.stored == len(documents) - len(report.rejected)
    with BulkSender(connection) as bulk:
        for n in range(1990, 2010):
            bulk.delete(index, f"{n}/확산")
        report = bulk.finish()
    assert (report.deleted, report.absent) == (10, 10)


def test_errors_of_a_real_server(connection: Connection, index: str) -> None:
    with pytest.raises(NothingThere, match="no such index"):
        connection.request("GET", f"/{index}x/_search")
    with pytest.raises(NothingThere):
        connection.request("GET", f"/{index}/_doc/nobody")
    with pytest.raises(Conflict):
        connection.request("PUT", f"/{index}", MAPPING)
    connection.request("PUT", f"/{index}/_doc/1", {"n": 1})
    with pytest.raises(Conflict):
        connection.request(
            "PUT", f"/{index}/_doc/1", {"n": 2}, params={"if_seq_no": 999, "if_primary_term": 1}
        )
    with pytest.raises(Refused, match="parsing_exception"):
        connection.request("POST", f"/{index}/_search", {"query": {"nonsense": {}}})


@pytest.mark.parametrize(
    ("block", "said"), [("write", "is read-only"), ("read_only_allow_delete", "disks are full")]
)
def test_a_blocked_index_ends_it_with_one_line(
    connection: Connection, index: str, block: str, said: str
) -> None:
    connection.request("PUT", f"/{index}/_settings", {f"index.blocks.{block}": True})

    def send() -> None:
        with BulkSender(connection, body_bytes=1000) as bulk:
            for n in range(1000):
                bulk.index(index, str(n), {"n": n})

    with pytest.raises(Refused, match=said) as caught:
        send()
    assert "\n" not in str(caught.value)
    connection.request("PUT", f"/{index}/_settings", {f"index.blocks.{block}": None})
    connection.request("PUT", f"/{index}/_doc/1", {"n": 1})
