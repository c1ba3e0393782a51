"""Start, watch, hurt and stop the nodes of a cluster on loopback, one process each."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

STARTING = 180.0
_STOPPING = 20.0
_NOBODY = 65534
_STATE = "nodes.json"
# Quick to start and small, for tests; a serious server wants neither the serial collector nor the quick compiler only.
_LIGHT = (
    "-XX:-UseG1GC",
    "-XX:+UseSerialGC",
    "-XX:TieredStopAtLevel=1",
    "-Xss1m",
    "-Djava.awt.headless=true",
    "-Dfile.encoding=UTF-8",
    "-Djna.nosys=true",
    "-Dio.netty.noUnsafe=true",
    "-Dio.netty.noKeySetOptimization=true",
    "-Dio.netty.recycler.maxCapacityPerThread=0",
    "-Dio.netty.allocator.numDirectArenas=0",
    "-Dlog4j.shutdownHookEnabled=false",
    "-Dlog4j2.disable.jmx=true",
    "-Dorg.apache.lucene.store.MMapDirectory.sharedArenaMaxPermits=1",
    "--add-modules=jdk.incubator.vector",
    "--enable-native-access=ALL-UNNAMED",
)
_LOGGING = """status = error
appender.console.type = Console
appender.console.name = console
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = [%d{ISO8601}][%-5p][%-25c{1.}] [%node_name]%marker %m%n
rootLogger.level = info
rootLogger.appenderRef.console.ref = console
"""
# Proxies of the environment are not for loopback.
_open = urllib.request.build_opener(urllib.request.ProxyHandler({})).open


class Failed(Exception):
    """A node does not start."""


@dataclass
class Node:
    """One process: its number from 1, its ports, and its id while it runs, else 0."""

    number: int
    http: int
    transport: int
    pid: int = 0


class Cluster:
    """A cluster in ``folder``; ``settings`` are lines of each node's opensearch.yml."""

    def __init__(
        self,
        folder: Path,
        nodes: int,
        *,
        heap: str = "256m",
        settings: Mapping[str, object] | None = None,
    ) -> None:
        ports = _free_ports(2 * nodes)
        self.folder = folder
        self.nodes = [Node(n + 1, ports[n], ports[nodes + n]) for n in range(nodes)]
        self._heap = heap
        self._settings = dict(settings or {})
        self._children: dict[int, subprocess.Popen[bytes]] = {}
        self._server: tuple[Path, Path] | None = None

    @classmethod
    def running(cls, folder: Path) -> Cluster | None:
        """Return the cluster that an earlier process started in ``folder``, if any of its nodes runs."""
        try:
            nodes = [Node(**values) for values in json.loads((folder / _STATE).read_text(encoding="utf-8"))]
        except (OSError, ValueError, TypeError):
            return None
        cluster = cls(folder, 0)
        cluster.nodes = nodes
        return cluster if any(cluster.alive(node) for node in nodes) else None

    @property
    def server(self) -> str:
        """The address for ``--index``, without the name of an index."""
        return "opensearch://" + ",".join(f"127.0.0.1:{node.http}" for node in self.nodes)

    def start(self, home: Path, java: Path) -> None:
        """Start all nodes and wait until they have found each other.

        Raises:
            Failed: One ended, or they took too long.
        """
        self._server = home, java
        try:
            for node in self.nodes:
                self.start_node(node)
            self.wait(nodes=len(self.nodes))
        except BaseException:
            self.stop()
            raise

    def start_node(self, node: Node) -> None:
        """Start a node, for the first time or again with the data it had."""
        assert self._server is not None, "only who started a cluster can start its nodes again"
        home, java = self._server
        folder = self._node_folder(node)
        for name in ("config", "data", "logs", "tmp"):
            (folder / name).mkdir(parents=True, exist_ok=True)
        (folder / "config" / "opensearch.yml").write_text(self._configuration(node, folder), encoding="utf-8")
        (folder / "config" / "log4j2.properties").write_text(_LOGGING, encoding="utf-8")
        command: list[str | Path] = [
            java,
            f"-Xms{self._heap}",
            f"-Xmx{self._heap}",
            *_LIGHT,
            f"-Djava.io.tmpdir={folder / 'tmp'}",
            f"-XX:ErrorFile={folder / 'logs' / 'hs_err_%p.log'}",
            f"-Dopensearch.path.home={home}",
            f"-Dopensearch.path.conf={folder / 'config'}",
            "-Dopensearch.distribution.type=tar",
            "-Dopensearch.bundled_jdk=false",
            "-cp",
            f"{home / 'lib'}/*",
            "org.opensearch.bootstrap.OpenSearch",
        ]
        user: dict[str, Any] = {}
        if os.geteuid() == 0:
            # The server refuses to run as root.
            user = {"user": _NOBODY, "group": _NOBODY, "extra_groups": []}
            for path in (folder, *folder.rglob("*")):
                os.chown(path, _NOBODY, _NOBODY)
        with (folder / "logs" / "stdout.log").open("ab") as log:
            child = subprocess.Popen(
                command,
                cwd=folder,
                env={**os.environ, "HOME": str(folder), "OPENSEARCH_PATH_CONF": str(folder / "config")},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                **user,
            )
        node.pid = child.pid
        self._children[child.pid] = child
        self._note()

    def request(self, method: str, path: str, body: object = None, *, node: Node | None = None) -> Any:
        """Ask a node, the first that runs if none is given, by hand and not through the client that is tested."""
        asked = node or next(node for node in self.nodes if self.alive(node))
        request = urllib.request.Request(
            f"http://127.0.0.1:{asked.http}{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"content-type": "application/json"},
        )
        with _open(request, timeout=30) as answer:
            return json.load(answer)

    def wait(self, *, nodes: int, status: str = "green", seconds: float = STARTING) -> None:
        """Wait until so many nodes have found each other and all shards are where they should be.

        Raises:
            Failed: A node ended, or it took too long.
        """
        path = f"/_cluster/health?wait_for_nodes={nodes}&wait_for_status={status}&timeout=1s"
        end = time.monotonic() + seconds
        running = [node for node in self.nodes if node.pid]
        while time.monotonic() < end:
            for node in running:
                if not self.alive(node):
                    raise Failed(f"node {node.number} ended; its log: {self._log(node)}")
            try:
                if not self.request("GET", path, node=running[0])["timed_out"]:
                    return
            except (OSError, ValueError):
                # Not yet listening, or the answer is that it timed out.
                pass
            time.sleep(0.2)
        raise Failed(
            f"the cluster is not {status} after {seconds:g} seconds; a log: {self._log(self.nodes[0])}"
        )

    def kill(self, node: Node) -> None:
        """End a node at once, as a power cut does."""
        self._signal(node, signal.SIGKILL)
        self._await_end(node, _STOPPING)
        node.pid = 0
        self._note()

    def pause(self, node: Node) -> None:
        """Let a node hang: its connections stay open and nothing answers."""
        self._signal(node, signal.SIGSTOP)

    def resume(self, node: Node) -> None:
        """Let a node that hangs go on."""
        self._signal(node, signal.SIGCONT)

    def stop(self) -> None:
        """End all nodes and remove their data."""
        for node in self.nodes:
            if self.alive(node):
                self._signal(node, signal.SIGCONT)
                self._signal(node, signal.SIGTERM)
        for node in self.nodes:
            if node.pid and not self._await_end(node, _STOPPING):
                self._signal(node, signal.SIGKILL)
                self._await_end(node, _STOPPING)
            node.pid = 0
        shutil.rmtree(self.folder, ignore_errors=True)

    def alive(self, node: Node) -> bool:
        """Say whether the process of a node runs, and is that of this node."""
        if not node.pid:
            return False
        child = self._children.get(node.pid)
        if child is not None:
            return child.poll() is None
        done = subprocess.run(
            ["ps", "-ww", "-o", "command=", "-p", str(node.pid)],
            capture_output=True,
            encoding="utf-8",
            check=False,
        )
        return str(self._node_folder(node)) in done.stdout

    def _configuration(self, node: Node, folder: Path) -> str:
        lines: dict[str, object] = {
            "cluster.name": "searchkit",
            "node.name": f"node{node.number}",
            "path.data": str(folder / "data"),
            "path.logs": str(folder / "logs"),
            "network.host": "127.0.0.1",
            "http.port": node.http,
            "transport.port": node.transport,
            "node.processors": 2,
            # The machine that runs tests may be fuller than a server should be.
            "cluster.routing.allocation.disk.threshold_enabled": False,
        }
        if len(self.nodes) == 1:
            lines["discovery.type"] = "single-node"
        else:
            lines["discovery.seed_hosts"] = [f"127.0.0.1:{other.transport}" for other in self.nodes]
            lines["cluster.initial_cluster_manager_nodes"] = [f"node{other.number}" for other in self.nodes]
        # JSON is YAML.
        return "".join(f"{key}: {json.dumps(value)}\n" for key, value in {**lines, **self._settings}.items())

    def _node_folder(self, node: Node) -> Path:
        return self.folder / f"node{node.number}"

    def _log(self, node: Node) -> Path:
        return self._node_folder(node) / "logs" / "stdout.log"

    def _note(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        text = json.dumps([asdict(node) for node in self.nodes])
        (self.folder / _STATE).write_text(text, encoding="utf-8")

    def _signal(self, node: Node, number: signal.Signals) -> None:
        if self.alive(node):
            os.kill(node.pid, number)

    def _await_end(self, node: Node, seconds: float) -> bool:
        end = time.monotonic() + seconds
        while self.alive(node):
            if time.monotonic() > end:
                return False
            time.sleep(0.05)
        return True


def _free_ports(count: int) -> list[int]:
    """Return ports of loopback that nobody listens on."""
    with ExitStack() as held:
        sockets = [held.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]
