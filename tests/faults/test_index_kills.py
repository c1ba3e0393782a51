"""Indexing processes killed at random moments: what was acknowledged is there, and nothing is broken."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import time
from multiprocessing.connection import Connection
from pathlib import Path

import pytest
from real_index import chance, contents, documents, expect_tidy, expect_whole, json_lines

from searchkit import Document, IndexMissing, SearchIndex

SLOTS = 9


def apply(index: SearchIndex, number: int) -> None:
    """Make commit ``number``; each brings a word that no document had before."""
    if number % 4 == 0:
        index.delete([f"doc{number % SLOTS}", "nothing"], timeout=0.0)
    else:
        title = f"commit {number}"
        both = (Document(id=f"doc{number % SLOTS}", title=title), Document(id="last", title=title))
        index.add(both, timeout=0.0)


def state(last: int) -> dict[str, str]:
    """Return id → title after commit ``last``."""
    titles: dict[str, str] = {}
    for number in range(1, last + 1):
        if number % 4 == 0:
            titles.pop(f"doc{number % SLOTS}", None)
        else:
            titles |= {f"doc{number % SLOTS}": f"commit {number}", "last": f"commit {number}"}
    return titles


def commit_for_ever(folder: Path, first: int, pipe: Connection) -> None:
    index = SearchIndex(folder)
    pipe.send(first - 1)
    while True:
        apply(index, first)
        pipe.send(first)
        first += 1


def kill_a_program(folder: Path, last: int, after: float) -> int:
    """Let a program commit for some seconds and kill it; return the number of its last commit."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["searchkit.search_index", "searchkit.engines.whoosh.toc"])
    ours, theirs = context.Pipe(duplex=False)
    with ours:
        process = context.Process(target=commit_for_ever, args=(folder, last + 1, theirs))
        process.start()
        theirs.close()
        acknowledged = ours.recv()
        time.sleep(after)
        process.kill()
        process.join()
        assert process.exitcode == -signal.SIGKILL, "the program ended by itself"
        process.close()
        try:
            while True:
                acknowledged = ours.recv()
        except EOFError:
            pass
    try:
        found = contents(folder)
    except IndexMissing:
        found = {}
    if found:
        expect_whole(folder)
    assert found in (state(acknowledged), state(acknowledged + 1)), acknowledged
    return acknowledged + (found == state(acknowledged + 1))


def kill_programs(folder: Path, times: int) -> None:
    random_ = chance("kills")
    last = 0
    for _ in range(times):
        last = kill_a_program(folder, last, random_.uniform(0, 0.25)) + 1
        apply(SearchIndex(folder), last)
        assert contents(folder) == state(last)
        expect_tidy(folder)
    assert last > times, "the programs had no time to commit anything"


def kill_commands(folder: Path, times: int) -> None:
    """The same with the command, which reads a file that is another one each time."""
    random_ = chance("killed commands")
    papers, index = folder / "papers.jsonl", folder / "index"
    command = [sys.executable, "-m", "searchkit.cli", "index", str(papers), "--index", str(index)]
    environment = {name: value for name, value in os.environ.items() if "SEARCHKIT" not in name}

    def change(number: int) -> dict[str, str]:
        given = documents(f"paper{number}-", 150, random_) + documents("paper", 150, random_)
        json_lines(papers, given)
        return {document.id: document.title for document in given}

    old = change(0)
    started = time.monotonic()
    subprocess.run(command, env=environment, check=True, capture_output=True)
    span = time.monotonic() - started
    acknowledged = 0
    for number in range(1, times + 1):
        new = change(number)
        process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        time.sleep(random_.uniform(0.2, 1.1) * span)
        process.kill()
        out, err = process.communicate()
        assert process.returncode in (0, -signal.SIGKILL), err
        found = contents(index)
        expect_whole(index)
        assert found in (old, new)
        if b"added" in out:
            acknowledged += 1
            assert found == new
        old = change(number)
        with SearchIndex(index) as library:
            library.update([papers], timeout=0.0)
        assert contents(index) == old
        expect_tidy(index)
    assert acknowledged < times, "all were done before they were killed"


def test_programs_are_killed(tmp_path: Path) -> None:
    kill_programs(tmp_path / "index", 18)


def test_commands_are_killed(tmp_path: Path) -> None:
    kill_commands(tmp_path, 7)


@pytest.mark.campaign
def test_many_programs_are_killed(tmp_path: Path) -> None:
    kill_programs(tmp_path / "index", 150)


@pytest.mark.campaign
def test_many_commands_are_killed(tmp_path: Path) -> None:
    kill_commands(tmp_path, 50)
