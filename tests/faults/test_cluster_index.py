"""An index on a cluster of three nodes while one of them is killed or hangs, through the command and the library."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from real_cluster import new_address, own_cluster

from cluster.nodes import Cluster
from searchkit import SearchIndex
from searchkit.errors import EngineUnavailable

pytestmark = pytest.mark.campaign

NODES = 3
DOCUMENTS = 6000
WORDS = ("확산", "모델", "강화", "학습", "언어", "영상", "검색", "추론", "diffusion", "language", "agent")
COMMAND = [sys.executable, "-m", "searchkit.cli"]


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    with own_cluster(NODES) as cluster:
        yield cluster


@pytest.fixture
def address(cluster: Cluster) -> Iterator[str]:
    with new_address(cluster.server) as address:
        yield address


@pytest.fixture
def papers(tmp_path: Path) -> Path:
    """Many small documents of few words, so that the time goes into sending them."""
    path = tmp_path / "papers.jsonl"
    with path.open("w", encoding="utf-8") as out:
        for n in range(DOCUMENTS):
            text = " ".join(WORDS[(n * k + k) % len(WORDS)] for k in range(1, 40))
            out.write(json.dumps({"id": f"p{n}", "title": f"논문 {n}", "text": text}) + "\n")
    return path


def command(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*COMMAND, *arguments], capture_output=True, encoding="utf-8", timeout=300)


def sent(cluster: Cluster, address: str) -> int:
    """Return how many documents the cluster has taken in, seen or not."""
    name = address.rpartition("/")[2]
    stats = cluster.request("GET", f"/{name}-0*/_stats/indexing?ignore_unavailable=true")
    return int(stats["_all"]["primaries"].get("indexing", {}).get("index_total", 0))


def check(address: str) -> None:
    """All documents are there, once, and found."""
    with SearchIndex.open(address) as index:
        assert len(index) == DOCUMENTS
        results = index.search("확산", limit=10)
        assert len(results) == 10
        for n in range(0, DOCUMENTS, DOCUMENTS // 50):
            assert index.get(f"p{n}") is not None
    verified = command("verify", "--index", address)
    assert verified.returncode == 0, verified.stdout + verified.stderr


def test_a_node_is_killed_while_the_command_indexes(cluster: Cluster, address: str, papers: Path) -> None:
    running = subprocess.Popen(
        [*COMMAND, "index", papers, "--index", address],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    )
    end = time.monotonic() + 120
    while sent(cluster, address) < 500:
        assert running.poll() is None, "it was too quick to be hurt"
        assert time.monotonic() < end
        time.sleep(0.02)
    node = cluster.nodes[1]
    cluster.kill(node)
    try:
        out, err = running.communicate(timeout=250)
        assert (running.returncode, err) == (0, ""), err
        assert f"added {DOCUMENTS:,}" in out
        check(address)
    finally:
        cluster.start_node(node)
        cluster.wait(nodes=NODES)
    check(address)


def test_a_node_is_killed_while_there_are_searches(cluster: Cluster, address: str, papers: Path) -> None:
    assert command("index", papers, "--index", address).returncode == 0
    node = cluster.nodes[2]
    with SearchIndex.open(address) as index:
        expected = [hit.id for hit in index.search("확산 모델", limit=10)]
        began = time.monotonic()
        killed = False
        count = 0
        try:
            while time.monotonic() < began + 12:
                if not killed and time.monotonic() > began + 1:
                    cluster.kill(node)
                    killed = True
                start = time.monotonic()
                results = index.search("확산 모델", limit=10)
                assert [hit.id for hit in results] == expected
                assert time.monotonic() - start < 35
                count += 1
        finally:
            cluster.start_node(node)
            cluster.wait(nodes=NODES)
    assert count > 20


def test_a_node_that_hangs_does_not_hang_the_command(cluster: Cluster, address: str, papers: Path) -> None:
    assert command("index", papers, "--index", address).returncode == 0
    node = cluster.nodes[0]
    cluster.pause(node)
    try:
        began = time.monotonic()
        done = command("search", "확산", "--index", address)
        assert time.monotonic() - began < 150
        if done.returncode:
            assert done.returncode == 2
            assert len(done.stderr.splitlines()) == 1
        end = time.monotonic() + 150
        while command("search", "확산", "--index", address).returncode:
            assert time.monotonic() < end, "searches don't come back"
    finally:
        cluster.resume(node)
        cluster.wait(nodes=NODES)


def test_the_server_goes_away_and_comes_back(address: str, cluster: Cluster, papers: Path) -> None:
    assert command("index", papers, "--index", address).returncode == 0
    with SearchIndex.open(address) as index:
        for node in cluster.nodes:
            cluster.kill(node)
        with pytest.raises(EngineUnavailable, match="connection refused"):
            index.search("확산")
        for node in cluster.nodes:
            cluster.start_node(node)
        cluster.wait(nodes=NODES)
        assert index.search("확산").total == command_count(address)
    check(address)


def command_count(address: str) -> int:
    return int(command("search", "확산", "--count", "--index", address).stdout)
