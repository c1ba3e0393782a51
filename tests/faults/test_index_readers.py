"""One writer, four reader processes and eight threads: every answer is that of one whole commit."""

from __future__ import annotations

import multiprocessing
import threading
import time
from multiprocessing.sharedctypes import Synchronized
from pathlib import Path
from typing import Any

import pytest
from real_index import expect_tidy, expect_whole, json_lines

from searchkit import Document, SearchIndex

CONSTANT = 12


def state(number: int) -> list[Document]:
    """Return the documents of commit ``number``: all tell its number, and their count follows from it."""
    return [
        Document(
            id=f"doc{place}",
            title=f"common {'even' if number % 2 == 0 else 'odd'} state",
            bullets=(f"commit{number} wrote this", "common words" if place % 3 else "rare words"),
            authors=(f"Author {number}",),
            votes=number,
        )
        for place in range(CONSTANT + number % 7)
    ]


def look(index: SearchIndex, last: int) -> int:
    """Search and check all of the answer; return the number of the commit that it shows."""
    found = index.search("common", limit=40, facets=True)
    (number,) = {hit.document.votes for hit in found}
    assert number is not None
    expected = {document.id: document for document in state(number)}
    assert found.total == len(found) == len(expected)
    assert found.facets is not None
    assert list(found.facets["author"]) == [(f"Author {number}", len(expected))]
    for hit in found:
        assert hit.document.bullets == expected[hit.id].bullets
        assert hit.score > 0
    rare = index.search("rare", limit=40)
    assert rare.total == len(rare)
    assert rare.total in {len([d for d in state(n) if "rare words" in d.bullets]) for n in range(7)}
    assert len({hit.document.votes for hit in rare}) == 1
    assert number >= last, f"commit {number} after commit {last}"
    return number


def read(
    index: SearchIndex, until: Synchronized[int], problems: multiprocessing.Queue[str], reopen: bool
) -> None:
    last = looks = 0
    try:
        while not until.value:
            last = look(index, last)
            looks += 1
            if reopen and looks % 10 == 0:
                index.close()
        problems.put(f"{looks} looks")
    except BaseException as error:
        problems.put(f"{threading.current_thread().name}: {error!r} after commit {last}")


def read_in_a_process(
    folder: Path, until: Synchronized[int], problems: multiprocessing.Queue[str], reopen: bool
) -> None:
    with SearchIndex.open(folder) as index:
        read(index, until, problems, reopen)


def churn(tmp_path: Path, seconds: float) -> tuple[int, int]:
    """Write and read for a while; return how many commits and how many looks there were."""
    folder, papers = tmp_path / "index", tmp_path / "papers.jsonl"
    json_lines(papers, state(1))
    writer = SearchIndex.build(papers, folder)
    context = multiprocessing.get_context("spawn")
    until: Synchronized[int] = context.Value("i", 0)
    problems: multiprocessing.Queue[str] = context.Queue()
    shared = [SearchIndex.open(folder) for _ in range(2)]
    readers: list[Any] = [
        context.Process(target=read_in_a_process, args=(folder, until, problems, number % 2 == 1))
        for number in range(4)
    ]
    readers += [
        threading.Thread(target=read, args=(shared[number % 2], until, problems, number == 7))
        for number in range(8)
    ]
    for reader in readers:
        reader.start()
    number = 1
    end = time.monotonic() + seconds
    try:
        while time.monotonic() < end:
            number += 1
            json_lines(papers, state(number))
            writer.update()
    finally:
        until.value = 1
        said = [problems.get(timeout=60) for _ in readers]
        for reader in readers:
            reader.join()
    for index in shared:
        index.close()
    wrong = [one for one in said if not one.endswith("looks")]
    assert not wrong, wrong
    expect_whole(folder)
    number += 1
    json_lines(papers, state(number))
    writer.update()
    expect_tidy(folder)
    assert look(writer, number) == number
    problems.close()
    problems.join_thread()
    return number, sum(int(one.split()[0]) for one in said)


def test_readers_see_whole_commits(tmp_path: Path) -> None:
    commits, looks = churn(tmp_path, 10)
    assert commits >= 5
    assert looks >= 50


@pytest.mark.campaign
def test_readers_see_whole_commits_for_a_minute(tmp_path: Path) -> None:
    commits, looks = churn(tmp_path, 60)
    assert commits >= 50
    assert looks >= 500
