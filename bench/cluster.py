"""`python -m bench.cluster [FOLDER]`: our client of a cluster beside the same requests sent by hand.

A cluster is started (``--nodes``, or ``--server opensearch://host:port`` for one that runs). The digests are indexed
in it, and an index of them is copied to it, whose words are known; then a plain loop sends the same ready bodies, one
after the other, to an index of the same settings and mapping. Searches go through `SearchIndex` and, as requests that
were noted before, by hand, in turn; the queries are new to the client, which has answered others.
"""

from __future__ import annotations

import argparse
import http.client
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from cluster.assembly import assemble, work_folder
from cluster.java import find_java
from cluster.nodes import Cluster
from searchkit import SearchIndex
from searchkit.engines.opensearch.address import Address, parse_address
from searchkit.engines.opensearch.connection import Connection

NAME = "bench"
ROUNDS = 3
QUERIES = 300
WARM = 100
BUSY = 429
HEAP = "1g"


@dataclass
class Sent:
    """One request: method, path with its parameters, and body."""

    method: str
    path: str
    body: bytes


@dataclass
class Recorder:
    """All requests that this process sent while it was recording."""

    sent: list[Sent] = field(default_factory=list)

    @contextmanager
    def recording(self) -> Iterator[None]:
        """Note each attempt of any connection."""
        attempt = Connection.attempt

        def noting(connection: Connection, method: str, path: str, body: Any = None, **options: Any) -> Any:
            query = f"?{urlencode(options['params'])}" if options.get("params") else ""
            self.sent.append(Sent(method, path + query, _bytes(body)))
            return attempt(connection, method, path, body, **options)

        Connection.attempt = noting  # type: ignore[method-assign]
        try:
            yield
        finally:
            Connection.attempt = attempt  # type: ignore[method-assign]


class ByHand:
    """One kept connection of the standard library to the first host."""

    def __init__(self, address: Address) -> None:
        self._http = http.client.HTTPConnection(*address.hosts[0], timeout=120)

    def send(self, request: Sent) -> Any:
        """Send a request and return the answer, decoded; a server that is too busy is asked again."""
        while True:
            self._http.request(
                request.method, request.path, request.body or None, {"content-type": "application/json"}
            )
            answer = self._http.getresponse()
            data = answer.read()
            if answer.status != BUSY:
                break
            time.sleep(0.1)
        assert answer.status < 300, data[:500]
        return json.loads(data) if data else None


def _bytes(body: Any) -> bytes:
    if body is None or isinstance(body, bytes):
        return body or b""
    return body.encode() if isinstance(body, str) else json.dumps(body, ensure_ascii=False).encode()


def seconds(work: Callable[[], object]) -> float:
    """Return the wall-clock time of a call."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def indexing(address: Address, digests: Path) -> None:
    """Print the rate of our indexing with all words new and all known, and of a plain loop sending the same bodies."""
    rows: list[tuple[float, float, float]] = []
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "index"
        SearchIndex.build([str(digests)], folder).close()
        with SearchIndex.open(folder) as index:
            documents = len(index)
            # The first round warms the server up.
            for _ in range(ROUNDS + 1):
                remove(address)
                whole = seconds(lambda: SearchIndex.build([str(digests)], str(address)).close())
                remove(address)
                recorder = Recorder()
                with recorder.recording():
                    known = seconds(lambda: index.copy(str(address)))
                bodies, by_hand = plainly(address, recorder)
                rows.append((whole, known, by_hand))
    remove(address)
    whole, known, by_hand = (statistics.median(times) for times in zip(*rows[1:]))
    mib = sum(len(sent.body) for sent in bodies) / 2**20
    print(f"{documents:,} documents, {mib:.1f} MiB in {len(bodies)} bodies; medians of {ROUNDS} rounds")
    print(f"  searchkit index, all words new to Kiwi    {documents / whole:8,.0f} documents/s")
    print(f"  searchkit copy, all words known           {documents / known:8,.0f} documents/s")
    print(f"  the same bodies from a plain loop         {documents / by_hand:8,.0f} documents/s")
    print(f"  words known / plain loop                  {by_hand / known:8.2f}   (goal: 0.8 or more)")


def plainly(address: Address, recorder: Recorder) -> tuple[list[Sent], float]:
    """Send the documents' bodies that were recorded to an empty index; return them and the seconds it took."""
    sent = [request for request in recorder.sent if request.path.startswith("/_bulk")]
    target = concrete(sent)
    bodies = [Sent(one.method, one.path, only(one.body, target)) for one in sent]
    bodies = [one for one in bodies if one.body]
    with Connection(address) as connection:
        recreate(connection, target)
    hand = ByHand(address)

    def send() -> None:
        for body in bodies:
            assert not hand.send(body)["errors"]
        hand.send(Sent("POST", f"/{target}/_refresh", b""))

    return bodies, seconds(send)


def concrete(bodies: list[Sent]) -> str:
    """Return the name of the index that most items of the bodies go to."""
    counts: dict[str, int] = {}
    for sent in bodies:
        action = json.loads(sent.body.partition(b"\n")[0])
        ((_, where),) = action.items()
        counts[where["_index"]] = counts.get(where["_index"], 0) + len(sent.body)
    return max(counts, key=lambda name: counts[name])


def only(body: bytes, target: str) -> bytes:
    """Return the items of a body that go to ``target``, those of the documents."""
    kept: list[bytes] = []
    lines = iter(body.splitlines(keepends=True))
    for line in lines:
        ((action, where),) = json.loads(line).items()
        item = line if action == "delete" else line + next(lines)
        if where["_index"] == target:
            kept.append(item)
    return b"".join(kept)


def recreate(connection: Connection, name: str) -> None:
    """Make an index empty, keeping its mapping and its settings."""
    definition = connection.request("GET", f"/{name}")[name]
    chosen = definition["settings"]["index"]
    for key in ("creation_date", "uuid", "version", "provided_name", "replication"):
        chosen.pop(key, None)
    connection.request("DELETE", f"/{name}", timeout=60)
    body = {"settings": {"index": chosen}, "mappings": definition["mappings"]}
    connection.request("PUT", f"/{name}", body, timeout=60)


def remove(address: Address) -> None:
    """Remove all indexes that belong to the one at ``address``."""
    with Connection(address) as connection:
        for row in connection.request("GET", f"/_cat/indices/{address.name}*", params={"format": "json"}):
            connection.request("DELETE", f"/{row['index']}", timeout=60)


def queries(digests: Path) -> list[str]:
    """Return titles' beginnings and words of bullets, as people may type them."""
    texts = [
        line.strip("-*# \n")
        for path in sorted(digests.rglob("*.md"))
        for line in path.read_text(encoding="utf-8", errors="replace").splitlines()
        if len(line) > 40 and "http" not in line
    ]
    step = max(1, len(texts) // (QUERIES + WARM))
    chosen = [text.split() for text in texts[::step][: QUERIES + WARM]]
    return [" ".join(words[n % 3 : n % 3 + 1 + n % 4]) for n, words in enumerate(chosen)]


def searching(address: Address, digests: Path) -> None:
    """Print the latency of our searches, and of the same requests sent by hand, one after the other."""
    SearchIndex.build([str(digests)], str(address)).close()
    asked = queries(digests)
    asked, warm = asked[:-WARM], asked[-WARM:]
    hand = ByHand(address)
    noted = [requests_of(address, warm, asked) for _ in range(2)][-1]
    ours: list[float] = []
    by_hand: list[float] = []
    client: list[float] = []
    with SearchIndex.open(str(address)) as index:
        for query in warm:
            index.search(query)
        for number, (query, requests) in enumerate(zip(asked, noted)):

            def search(query: str = query) -> None:
                cpu = time.process_time()
                ours.append(seconds(lambda: index.search(query)))
                client.append(time.process_time() - cpu)

            def send(requests: list[Sent] = requests) -> None:
                by_hand.append(seconds(lambda: [hand.send(request) for request in requests]))

            # Whoever comes second finds the server warm.
            for work in (search, send) if number % 2 else (send, search):
                work()
    remove(address)
    ratio = statistics.median(mine / plain for mine, plain in zip(ours, by_hand) if plain)
    print(f"{len(asked)} queries, {sum(map(len, noted)) / len(asked):.1f} requests each; medians")
    print(f"  SearchIndex.search                        {statistics.median(ours) * 1000:8.2f} ms")
    print(f"    of it the client's CPU                  {statistics.median(client) * 1000:8.2f} ms")
    print(f"  the same requests by hand                 {statistics.median(by_hand) * 1000:8.2f} ms")
    print(f"  ours / by hand                            {ratio:8.2f}   (goal: 1.3 or less)")


def requests_of(address: Address, warm: list[str], asked: list[str]) -> list[list[Sent]]:
    """Return what a client sends that is asked each query for the first time, having answered others."""
    found: list[list[Sent]] = []
    with SearchIndex.open(str(address)) as index:
        for query in warm:
            index.search(query)
        for query in asked:
            recorder = Recorder()
            with recorder.recording():
                index.search(query)
            found.append(recorder.sent)
    return found


@contextmanager
def started(nodes: int) -> Iterator[str]:
    """Start a cluster of so many nodes for the measurement."""
    folder = Path(tempfile.mkdtemp(prefix="bench-", dir=_made(work_folder())))
    folder.chmod(0o755)
    cluster = Cluster(folder, nodes, heap=HEAP)
    cluster.start(assemble(work_folder()), find_java())
    try:
        yield cluster.server
    finally:
        cluster.stop()


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, default=Path("seeds"))
    parser.add_argument("--nodes", type=int, choices=(1, 3), default=1)
    parser.add_argument("--server", help="a cluster that runs, like opensearch://127.0.0.1:9200")
    options = parser.parse_args()
    with nullcontext(options.server) if options.server else started(options.nodes) as server:
        address = parse_address(f"{server.rstrip('/')}/{NAME}")
        indexing(address, options.folder)
        searching(address, options.folder)


if __name__ == "__main__":
    sys.exit(main())
