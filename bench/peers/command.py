"""What every peer in Python has in common: its command line, and the timed loop over the queries.

    python -m bench.peers.PEER build TERMS.tsv INDEX [--every N]
    python -m bench.peers.PEER query MODE INDEX WARMUP.tsv QUERIES.tsv OUT.tsv [--every N]

A line of TERMS is "id TAB terms of the title TAB terms of the bullets", one of the queries "text TAB terms"
and one of OUT "nanoseconds TAB ids of the ten best". Modes: ``plain`` searches the bullets,
``fields`` title × 4 and bullets.
"""

from __future__ import annotations

import argparse
import gc
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple, Protocol

TOP = 10
TITLE_WEIGHT = 4.0
K1, B = 0.9, 0.4


class Query(NamedTuple):
    """A query as typed, and its terms."""

    text: str
    terms: list[str]


class Searcher(Protocol):
    """An open index: ``search`` is timed; ``ids`` turns what it returned into ids and is not."""

    def search(self, query: Query) -> Any:
        """Return the ten best, best first, in whatever form the peer gives them."""

    def ids(self, found: Any) -> Sequence[str]:
        """Return the ids of what `search` found."""


def read_rows(path: Path, every: int = 1) -> Iterator[list[str]]:
    """Give the columns of each line, or of every ``every``-th."""
    with path.open(encoding="utf-8", newline="\n") as lines:
        for number, line in enumerate(lines):
            if number % every == 0:
                yield line.rstrip("\n").split("\t")


def read_queries(path: Path, every: int = 1) -> list[Query]:
    """Read the queries of a file."""
    return [Query(row[0], row[1].split(" ")) for row in read_rows(path, every)]


def measure(searcher: Searcher, warm_up: list[Query], queries: list[Query], out: Path) -> None:
    """Run ``warm_up``, then time each query once, on this thread, and write the answers."""
    for query in warm_up:
        searcher.search(query)
    gc.collect()
    gc.freeze()
    answers = []
    for query in queries:
        started = time.perf_counter_ns()
        found = searcher.search(query)
        took = time.perf_counter_ns() - started
        answers.append(f"{took}\t{' '.join(searcher.ids(found))}\n")
    out.write_text("".join(answers), encoding="utf-8")


def main(build: Callable[[Path, Path, int], None], open_index: Callable[[Path, str], Searcher]) -> None:
    """Do what the command line asks for."""
    parser = argparse.ArgumentParser()
    commands = parser.add_subparsers(dest="command", required=True)
    building = commands.add_parser("build")
    querying = commands.add_parser("query")
    building.add_argument("terms", type=Path)
    querying.add_argument("mode")
    for command in (building, querying):
        command.add_argument("index", type=Path)
        command.add_argument("--every", type=int, default=1)
    for name in ("warm_up", "queries", "out"):
        querying.add_argument(name, type=Path)
    options = parser.parse_args()
    if options.command == "build":
        options.index.mkdir(parents=True, exist_ok=True)
        build(options.terms, options.index, options.every)
    else:
        measure(
            open_index(options.index, options.mode),
            read_queries(options.warm_up, options.every),
            read_queries(options.queries, options.every),
            options.out,
        )
