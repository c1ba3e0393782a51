"""Real clusters for tests: the one that a test run shares, and private ones to be hurt."""

from __future__ import annotations

import os
import shutil
import tempfile
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import pytest

from cluster.assembly import assemble, work_folder
from cluster.java import Missing, find_java
from cluster.nodes import Cluster
from searchkit.engines.opensearch.address import parse_address
from searchkit.engines.opensearch.connection import Connection

SHARED_NODES = 3
REUSED = "SEARCHKIT_TEST_CLUSTER"


@contextmanager
def own_cluster(nodes: int, settings: Mapping[str, object] | None = None) -> Iterator[Cluster]:
    """Start a cluster; a test that needs one is skipped where there is no JDK 21, no Maven or no repository."""
    try:
        java, home = find_java(), assemble(work_folder())
    except Missing as missing:
        pytest.skip(f"no OpenSearch cluster: {missing}")
    # Not pytest's folder: the user that the server runs as can't enter it.
    folder = Path(tempfile.mkdtemp(prefix="test-", dir=work_folder()))
    folder.chmod(0o755)
    cluster = Cluster(folder, nodes, settings=settings)
    try:
        cluster.start(home, java)
        yield cluster
    finally:
        cluster.stop()
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def shared_server() -> Iterator[str]:
    """The address of a cluster, without a name: the one in SEARCHKIT_TEST_CLUSTER, else one of three nodes."""
    reused = os.environ.get(REUSED, "").rstrip("/")
    if reused:
        yield reused
        return
    with own_cluster(SHARED_NODES) as cluster:
        yield cluster.server


@contextmanager
def new_address(server: str) -> Iterator[str]:
    """The address of an index that is not there yet; all that begins with its name is removed afterwards."""
    name = f"test{uuid.uuid4().hex[:12]}"
    try:
        yield f"{server}/{name}"
    finally:
        with Connection(parse_address(f"{server}/{name}")) as connection:
            listed = connection.request("GET", f"/_cat/indices/{name}*", params={"format": "json"})
            for index in listed:
                connection.request("DELETE", "/" + quote(index["index"], safe=""), timeout=30)
