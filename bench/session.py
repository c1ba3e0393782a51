"""One run of the benchmark: every corpus, every peer, each in a process of its own, one after the other."""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timezone
from functools import partial
from pathlib import Path

from bench import corpora, report
from bench.catalogue import PEERS, Peer, peers_for
from bench.commands import measure_commands
from bench.corpora import MILLION, WORK, Corpus
from bench.environment import BENCH, Environment, host, set_up, versions
from bench.process import ONE_THREAD, ProgramFailedError, folder_mib, run

SIZES = (5488, 100_000)


@dataclass
class Measured:
    """What one peer did on one corpus: ``figures`` by name; ``failed`` says why there are none."""

    peer: Peer
    figures: dict[str, float] = field(default_factory=dict)
    answers: dict[str, list[list[str]]] = field(default_factory=dict)
    failed: str | None = None
    notes: list[str] = field(default_factory=list)


def measure_peer(environment: Environment, corpus: Corpus, peer: Peer) -> Measured:
    """Build a peer's index and ask it all queries of each of its modes."""
    measured = Measured(peer)
    if reason := environment.missing.get(peer.needs):
        measured.failed = reason
        return measured
    documents, queries = peer.document_step(corpus), peer.query_step(corpus)
    if documents > 1:
        measured.notes.append(f"on {-(-corpus.documents // documents):,} papers")
    if queries > 1:
        measured.notes.append(f"each {queries}th query")
    index = corpus.path(f"index-{peer.key}")
    shutil.rmtree(index, ignore_errors=True)
    try:
        built = run(peer.build(environment, corpus, index))
        measured.figures |= {"build_s": built.seconds, "build_mib": built.peak_mib}
        if peer.indexes:
            measured.figures["size_mib"] = folder_mib(index)
        for mode, name in peer.modes.items():
            if peer.query is not None:
                measure_queries(corpus, measured, mode, peer.query(environment, name, index))
    except ProgramFailedError as error:
        if not measured.figures:
            measured.failed = f"failed: {error}"
        else:
            measured.notes.append(f"its queries failed: {error}")
    return measured


def measure_queries(corpus: Corpus, measured: Measured, mode: str, command: Sequence[str | Path]) -> None:
    """Ask the queries in one mode, on one thread; ``command`` ends with the index."""
    peer = measured.peer
    out = corpus.path(f"answers-{peer.key}-{mode}.tsv")
    files: list[str | Path] = [corpus.path("warmup.tsv"), corpus.path("queries.tsv"), out]
    step = peer.query_step(corpus)
    slow = ["--every", str(step)] if step > 1 else []
    ran = run([*command, *files, *slow], env=ONE_THREAD)
    rows = [line.split("\t") for line in out.read_text(encoding="utf-8").splitlines()]
    took = sorted(int(row[0]) / 1e6 for row in rows)
    for percent in (50, 95, 99):
        measured.figures[f"{mode}_p{percent}"] = took[min(len(took) - 1, len(took) * percent // 100)]
    measured.figures[f"{mode}_mib"] = ran.peak_mib
    measured.answers[mode] = [row[1].split() for row in rows]


def compare(corpus: Corpus, all_measured: list[Measured]) -> None:
    """Note for each peer on the same documents which share of our ten best it has among its own."""
    ours = next((one for one in all_measured if one.peer.key == "searchkit"), None)
    if ours is None:
        return
    for measured in all_measured:
        if measured is ours or measured.peer.document_step(corpus) > 1:
            continue
        for mode, answers in measured.answers.items():
            expected = ours.answers.get(mode, [])[:: measured.peer.query_step(corpus)]
            pairs = [(set(a), set(b)) for a, b in zip(expected, answers, strict=False) if a]
            if pairs:
                measured.figures[f"{mode}_same"] = statistics.fmean(len(a & b) / len(a) for a, b in pairs)


def main() -> None:
    started = time.monotonic()
    parser = argparse.ArgumentParser(
        prog="make bench", description="Measure searchkit and its peers side by side."
    )
    parser.add_argument("--docs", type=int, action="append", help="so many made papers; may be repeated")
    parser.add_argument("--only", help="peers, separated by commas: " + ", ".join(peer.key for peer in PEERS))
    parser.add_argument("--folder", type=Path, help="measure on the digests of this folder")
    parser.add_argument(
        "--million", action="store_true", help="also a million papers (searchkit, tantivy, Lucene)"
    )
    options = parser.parse_args()
    only = set(options.only.split(",")) if options.only else None
    if only and (unknown := only - {peer.key for peer in PEERS}):
        parser.error(f"--only: there is no peer {', '.join(sorted(unknown))}")
    if options.folder and not options.folder.is_dir():
        parser.error(f"--folder: {options.folder} is no folder")
    whole = not (options.docs or only or options.folder)

    say("setting the peers up")
    environment = set_up()
    results: list[tuple[Corpus, list[Measured]]] = []
    commands: dict[str, dict[str, float]] = {}
    for make in jobs(options):
        corpus = make()
        measured: list[Measured] = []
        for peer in peers_for(corpus, only):
            say(f"{corpus.title}: {peer.title}")
            measured.append(measure_peer(environment, corpus, peer))
            if measured[-1].failed:
                say(f"  {measured[-1].failed}")
        compare(corpus, measured)
        results.append((corpus, measured))
        ours = next((one for one in measured if one.peer.key == "searchkit"), None)
        if ours is not None and ours.failed is None:
            say(f"{corpus.title}: the command line")
            commands[corpus.key] = measure_commands(corpus, corpus.path("index-searchkit"))

    text = report.render(
        results,
        commands,
        when=datetime.now(timezone.utc).date().isoformat(),
        host=host(),
        versions=versions(environment),
        minutes=(time.monotonic() - started) / 60,
    )
    print(text)
    (BENCH / "RESULTS.md" if whole else WORK / "RESULTS.md").write_text(text, encoding="utf-8")
    figures = {corpus.key: {one.peer.key: one.figures for one in rows} for corpus, rows in results}
    (WORK / "figures.json").write_text(
        json.dumps({"peers": figures, "commands": commands}, indent=1), encoding="utf-8"
    )


def jobs(options: argparse.Namespace) -> Iterator[Callable[[], Corpus]]:
    """Give what makes each corpus that was asked for, smallest first."""
    if options.folder:
        yield partial(corpora.real, options.folder.resolve())
    elif not options.docs:
        yield corpora.real
    sizes = list(options.docs or (() if options.folder else SIZES))
    if options.million and MILLION not in sizes:
        sizes.append(MILLION)
    for size in sorted(sizes):
        yield partial(corpora.generated, size)


def say(text: str) -> None:
    """Tell on stderr what is going on."""
    print(f"[{time.strftime('%H:%M:%S')}] {text}", file=sys.stderr, flush=True)
