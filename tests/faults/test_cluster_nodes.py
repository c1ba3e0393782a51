"""A cluster of three nodes is hurt while it is searched and written to: nothing acknowledged is lost, nobody hangs."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from real_cluster import own_cluster

from cluster.nodes import Cluster, Node
from searchkit.engines.opensearch.address import parse_address
from searchkit.engines.opensearch.bulk import BulkReport, BulkSender
from searchkit.engines.opensearch.connection import ANSWER, Connection
from searchkit.engines.opensearch.failures import NoAnswer
from searchkit.errors import EngineUnavailable

pytestmark = pytest.mark.campaign

NODES = 3
DOCUMENTS = 20_000
# One round of time-outs of all hosts, and some for a busy machine.
LONGEST_SECONDS = ANSWER * NODES + 5
INDEX = {
    "settings": {
        "number_of_shards": 3,
        "number_of_replicas": 1,
        "refresh_interval": -1,
        "index.unassigned.node_left.delayed_timeout": "3s",
    },
    "mappings": {"dynamic": "strict", "properties": {"n": {"type": "integer"}, "text": {"type": "text"}}},
}


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    with own_cluster(NODES, {"cluster.info.update.interval": "10s"}) as cluster:
        yield cluster


@pytest.fixture
def connection(cluster: Cluster) -> Iterator[Connection]:
    with Connection(parse_address(f"{cluster.server}/faults")) as connection:
        connection.request("PUT", "/faults", INDEX, params={"wait_for_active_shards": "all"}, timeout=60)
        yield connection
        connection.request("DELETE", "/faults", timeout=60)


def manager(cluster: Cluster) -> Node:
    (row,) = cluster.request("GET", "/_cat/cluster_manager?format=json")
    return next(node for node in cluster.nodes if f"node{node.number}" == row["node"])


def another(cluster: Cluster) -> Node:
    return next(node for node in cluster.nodes if node != manager(cluster))


VICTIMS: dict[str, Callable[[Cluster], Node]] = {"the manager": manager, "another": another}


@contextmanager
def healed(cluster: Cluster, node: Node) -> Iterator[None]:
    """Start a node that was killed again, and wait until all shards are back."""
    try:
        yield
    finally:
        cluster.start_node(node)
        cluster.wait(nodes=NODES)


def send(connection: Connection, first: int, count: int, pause: float = 0.0) -> BulkReport:
    with BulkSender(connection, body_bytes=20_000) as bulk:
        for n in range(first, first + count):
            bulk.index("faults", f"문서/{n}", {"n": n, "text": "확산 모델 " * (n % 20)})
            if n % 100 == 0:
                time.sleep(pause)
        return bulk.finish()


def found(connection: Connection) -> int:
    answer = connection.request(
        "POST",
        "/faults/_search",
        {"size": 1, "track_total_hits": True, "query": {"match_all": {}}},
        params={"allow_partial_search_results": "false"},
    )
    total: int = answer["hits"]["total"]["value"]
    return total


@pytest.mark.parametrize("victim", VICTIMS)
def test_a_node_is_killed_while_documents_arrive(
    cluster: Cluster, connection: Connection, victim: str
) -> None:
    node = VICTIMS[victim](cluster)
    reports: list[BulkReport] = []
    sender = threading.Thread(target=lambda: reports.append(send(connection, 0, DOCUMENTS, pause=0.02)))
    sender.start()
    time.sleep(1.5)
    assert not reports, "it was too quick to be hurt"
    with healed(cluster, node):
        cluster.kill(node)
        sender.join(timeout=200)
        (report,) = reports
        assert (report.stored, report.rejected) == (DOCUMENTS, [])
        connection.request("POST", "/faults/_refresh", timeout=60)
        assert found(connection) == DOCUMENTS
    connection.request("POST", "/faults/_refresh", timeout=60)
    assert found(connection) == DOCUMENTS


def test_a_node_hangs_while_documents_arrive(cluster: Cluster, connection: Connection) -> None:
    node = another(cluster)
    reports: list[BulkReport] = []
    sender = threading.Thread(target=lambda: reports.append(send(connection, 0, DOCUMENTS, pause=0.02)))
    sender.start()
    time.sleep(1.5)
    cluster.pause(node)
    try:
        sender.join(timeout=250)
        assert [(report.stored, report.rejected) for report in reports] == [(DOCUMENTS, [])]
    finally:
        cluster.resume(node)
        cluster.wait(nodes=NODES)
    connection.request("POST", "/faults/_refresh", timeout=60)
    assert found(connection) == DOCUMENTS


@pytest.mark.parametrize("victim", VICTIMS)
def test_a_node_is_killed_while_there_are_searches(
    cluster: Cluster, connection: Connection, victim: str
) -> None:
    send(connection, 0, 1000)
    connection.request("POST", "/faults/_refresh", timeout=60)
    node = VICTIMS[victim](cluster)
    times: list[float] = []
    with healed(cluster, node):
        began = time.monotonic()
        killed = False
        while time.monotonic() < began + 10:
            if not killed and time.monotonic() > began + 1:
                cluster.kill(node)
                killed = True
            start = time.monotonic()
            assert found(connection) == 1000
            times.append(time.monotonic() - start)
            time.sleep(0.02)
    assert len(times) > 50
    assert max(times) < LONGEST_SECONDS


@pytest.mark.parametrize("victim", VICTIMS)
def test_a_node_that_hangs_does_not_hang_searches(
    cluster: Cluster, connection: Connection, victim: str
) -> None:
    send(connection, 0, 1000)
    connection.request("POST", "/faults/_refresh", timeout=60)
    node = VICTIMS[victim](cluster)
    cluster.pause(node)
    try:
        in_a_row = 0
        end = time.monotonic() + 150
        while in_a_row < 10:
            assert time.monotonic() < end, "searches don't come back"
            start = time.monotonic()
            try:
                assert found(connection) == 1000
                in_a_row += 1
            except EngineUnavailable:
                in_a_row = 0
            assert time.monotonic() - start < LONGEST_SECONDS
    finally:
        cluster.resume(node)
        cluster.wait(nodes=NODES)


def test_a_hung_node_alone_is_given_up(cluster: Cluster) -> None:
    node = cluster.nodes[0]
    cluster.pause(node)
    try:
        with Connection(parse_address(f"opensearch://127.0.0.1:{node.http}/faults")) as connection:
            began = time.monotonic()
            with pytest.raises(NoAnswer, match="no answer within 10 seconds"):
                connection.check()
            assert time.monotonic() - began < ANSWER + 5
    finally:
        cluster.resume(node)
        cluster.wait(nodes=NODES)


def test_full_disks_are_told_and_writing_goes_on_when_there_is_room(
    cluster: Cluster, connection: Connection
) -> None:
    prefix = "cluster.routing.allocation.disk"
    levels = ("low", "high", "flood_stage")
    # So much must be free, which no machine has.
    full: dict[str, object] = {f"{prefix}.watermark.{level}": "900pb" for level in levels}
    cluster.request("PUT", "/_cluster/settings", {"transient": {f"{prefix}.threshold_enabled": True, **full}})
    try:
        message = ""
        end = time.monotonic() + 90
        while not message:
            assert time.monotonic() < end, "the server doesn't notice"
            try:
                send(connection, 0, 10)
                time.sleep(0.5)
            except EngineUnavailable as error:
                message = str(error)
        assert "the disks are full (flood-stage watermark) and the index faults is read-only" in message
    finally:
        nothing: dict[str, object] = dict.fromkeys(full)
        reset = {f"{prefix}.threshold_enabled": None, **nothing}
        cluster.request("PUT", "/_cluster/settings", {"transient": reset})
        connection.request("PUT", "/faults/_settings", {"index.blocks.read_only_allow_delete": None})
    assert send(connection, 0, 100).stored == 100
