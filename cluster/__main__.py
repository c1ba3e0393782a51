"""``python -m cluster start [--nodes N]`` and ``python -m cluster stop``."""

from __future__ import annotations

import argparse
import sys

from cluster.assembly import VERSION, assemble, work_folder
from cluster.java import Missing, find_java
from cluster.nodes import Cluster, Failed

HEAP = "512m"


def main() -> int:
    """Run the command; return the exit code of the process."""
    parser = argparse.ArgumentParser(prog="python -m cluster", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    start = commands.add_parser("start", help="start a cluster on loopback and print its address")
    start.add_argument("--nodes", type=int, choices=(1, 3), default=3)
    commands.add_parser("stop", help="stop it and remove its data")
    options = parser.parse_args()
    try:
        return _start(options.nodes) if options.command == "start" else _stop()
    except (Missing, Failed, RuntimeError) as error:
        print(f"cluster: {error}", file=sys.stderr)
        return 2
    except OSError as error:
        print(f"cluster: {error.filename or 'the cluster'}: {error.strerror or error}", file=sys.stderr)
        return 2


def _start(nodes: int) -> int:
    folder = work_folder() / "running"
    cluster = Cluster.running(folder)
    if cluster is None:
        java = find_java()
        home = assemble(work_folder())
        cluster = Cluster(folder, nodes, heap=HEAP)
        print(f"starting OpenSearch {VERSION} …", file=sys.stderr)
        cluster.start(home, java)
    count = sum(map(cluster.alive, cluster.nodes))
    print(
        f"OpenSearch {VERSION} runs on {count} {'node' if count == 1 else 'nodes'}; stop it with: make cluster-stop"
    )
    print(f"searchkit index seeds/ --index {cluster.server}/notes")
    return 0


def _stop() -> int:
    cluster = Cluster.running(work_folder() / "running")
    if cluster is None:
        print("no cluster runs")
        return 0
    cluster.stop()
    print("stopped")
    return 0


if __name__ == "__main__":
    sys.exit(main())
