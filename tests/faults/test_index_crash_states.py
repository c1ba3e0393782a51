"""Power loss during real commits: every state of the disk shows the old or the new generation."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from crash_states import RecordingFiles, enumerate_states
from real_index import (
    Answers,
    answers,
    chance,
    documents,
    expect_tidy,
    expect_whole,
    json_lines,
    writing_through,
)

from searchkit import Document, IndexMissing, SearchIndex
from searchkit.engines.whoosh.files import Files
from searchkit.engines.whoosh.store import Store

Step = Callable[[SearchIndex], object]
MARK = Document(id="mark", title="after the power loss")


def adding(number: int, count: int = 3) -> Step:
    given = documents(f"n{number}-", count, chance(f"step {number}"))
    return lambda index: index.add([*given, Document(id="words", title=f"fresh{number} words{number}")])


def deleting(*ids: str) -> Step:
    return lambda index: index.delete(ids)


def survive(folder: Path, scratch: Path, steps: Sequence[Step], stride: int) -> int:
    """Look at the states that ``steps`` on ``folder`` may leave behind; return how many they were."""
    expected: list[Answers | None] = [seen(folder)]

    def run(files: Files) -> None:
        assert isinstance(files, RecordingFiles)
        index = SearchIndex(files.folder)
        with writing_through(files):
            for number, step in enumerate(steps, 1):
                step(index)
                expected.append(answers(files.folder))
                if number < len(steps):
                    files.acknowledge()

    states = 0
    for state in enumerate_states(run, folder, scratch, stride=stride):
        states += 1
        now = seen(state.folder)
        assert now in expected[state.acknowledged : state.acknowledged + 2], state.label
        if now is not None:
            expect_whole(state.folder, deep=states % 5 == 0)
        if states % 5 == 0:
            with SearchIndex(state.folder) as index:
                index.add(MARK, timeout=0.0)
                assert index.get("mark") == MARK, state.label
            expect_tidy(state.folder)
    assert len({repr(one) for one in expected}) == len(expected)
    return states


def seen(folder: Path) -> Answers | None:
    try:
        return answers(folder)
    except IndexMissing:
        return None


def scene(name: str, folder: Path) -> list[Step]:
    """Prepare an index in ``folder`` and return what shall be done to it."""
    if name == "first commits":
        return [adding(0), adding(1), deleting("n0-1")]
    if name == "merge":
        for number in range(7):
            adding(number)(SearchIndex(folder))
        assert segments(folder) == 7
        # The eighth segment makes one of all; its many words merge the levels of the lexicon as well.
        return [adding(7, 30), adding(8)]
    papers = folder.parent / "papers.jsonl"
    old = documents("p", 6, chance("papers"))
    json_lines(papers, old)
    SearchIndex(folder).update([papers])
    json_lines(papers, [*old[1:4], *documents("q", 2, chance("more papers"))])
    return [lambda index: index.update(), adding(1)]


def segments(folder: Path) -> int:
    pin = Store(folder).pin()
    pin.release()
    return len(pin.manifest.segments)


SCENES = {"first commits": 31, "merge": 59, "sources": 11}
"""With each scene, of how many states the default run looks at one."""


@pytest.mark.parametrize("name", SCENES)
def test_some_states(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "index"
    steps = scene(name, folder)
    assert survive(folder, tmp_path / "scratch", steps, SCENES[name]) >= 60


@pytest.mark.campaign
@pytest.mark.parametrize("name", SCENES)
def test_many_states(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "index"
    steps = scene(name, folder)
    assert survive(folder, tmp_path / "scratch", steps, 3) >= 400


def test_the_merge_merges(tmp_path: Path) -> None:
    folder = tmp_path / "index"
    scene("merge", folder)[0](SearchIndex(folder))
    assert segments(folder) == 1
    assert len(list(folder.glob("*.lex"))) < 8 + 2
