"""A failure at every storage operation of real commits, merges, clean-ups and repairs."""

from __future__ import annotations

import gc
import shutil
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from payload import FailingFiles, Gone, open_handles
from real_index import (
    answers,
    chance,
    documents,
    expect_tidy,
    expect_whole,
    json_lines,
    writing_through,
)

from searchkit import Document, IndexMissing, SearchIndex, SearchkitError
from searchkit.analysis.analyzer import WordAnalyzer
from searchkit.engines.whoosh.store import Store
from searchkit.index.maintenance import repair

Action = Callable[[Path], object]
MARK = Document(id="mark", title="after the failure")


def first_commit(folder: Path) -> object:
    return SearchIndex.build(documents("d", 3, chance("first commit")), folder, timeout=0.0)


def commit(folder: Path) -> object:
    """New documents with new words, two that replace others, all in one."""
    changed = [*documents("new", 2, chance("commit")), *documents("d", 2, chance("commit"))]
    return SearchIndex(folder).add([*changed, Document(id="words", title="quokka wombat")], timeout=0.0)


def deletion(folder: Path) -> object:
    return SearchIndex(folder).delete(["d1", "d2", "nothing"], timeout=0.0)


def refreshing(folder: Path) -> object:
    """From files: one entry is new, one is gone, one has changed."""
    return SearchIndex(folder).update([folder.parent / "papers.jsonl"], timeout=0.0)


def mending(folder: Path) -> object:
    return repair(folder, WordAnalyzer())


def some(folder: Path, commits: int) -> None:
    for number in range(commits):
        SearchIndex(folder).add(
            documents("d" if number == 0 else f"e{number}-", 4, chance(f"commit {number}"))
        )


def leftovers(folder: Path) -> None:
    """What readers held, and what dead writers left: much to clear."""
    pins = []
    for number in range(4):
        some(folder, number + 1)
        pins.append(Store(folder).pin())
    for pin in pins:
        pin.release()
    for name in ("MAIN_dead.seg", "MAIN_dead.lex", "MANIFEST-99.json", "_MAIN_99.toc", "CURRENT.tmp"):
        (folder / name).write_bytes(b"dead")


def with_sources(folder: Path) -> None:
    papers = folder.parent / "papers.jsonl"
    random_ = chance("papers")
    before = documents("p", 4, random_)
    json_lines(papers, before)
    SearchIndex(folder).update([papers])
    json_lines(papers, [*before[:2], *documents("p", 1, random_), *documents("q", 1, random_)][1:])


def damaged(folder: Path) -> None:
    """The last commit's segment is damaged, the commit before is sound."""
    some(folder, 3)
    flip_newest(folder, ".seg")


def lost(folder: Path) -> None:
    """No generation is sound, but the sources are known."""
    with_sources(folder)
    for path in folder.glob("*.seg"):
        path.write_bytes(path.read_bytes()[:-1])


def flip_newest(folder: Path, suffix: str) -> None:
    newest = max(folder.glob(f"*{suffix}"), key=lambda path: path.stat().st_mtime_ns)
    data = bytearray(newest.read_bytes())
    data[len(data) // 3] ^= 16
    newest.write_bytes(data)


SCENES: dict[str, tuple[Callable[[Path], None] | None, Action]] = {
    "first commit": (None, first_commit),
    "commit": (lambda folder: some(folder, 2), commit),
    "deletion": (lambda folder: some(folder, 2), deletion),
    "merge": (lambda folder: some(folder, 7), commit),
    "clean-up": (leftovers, commit),
    "sources": (with_sources, refreshing),
    "rebuild": (with_sources, lambda folder: SearchIndex(folder).update(rebuild=True, timeout=0.0)),
    "repair": (damaged, mending),
    "repair from sources": (lost, mending),
}


def seen(folder: Path) -> object:
    try:
        return answers(folder)
    except IndexMissing:
        return None


def attempt(files: FailingFiles, action: Action) -> bool:
    """Run the action and tell whether it returned; the lock is free at once, and no handle stays open."""
    folder = files.folder
    gc.collect()
    before = open_handles()
    try:
        with writing_through(files):
            action(folder)
    except (SearchkitError, Gone):
        # While the traceback is alive, what was mapped for reading may be open, and nothing else.
        mapped = (".seg", ".del", ".lex", ".src", " (deleted)")
        assert all(name in before or name.endswith(mapped) for name in open_handles())
        Store(folder).lock(0.0).release()
        returned = False
    else:
        assert not files.how.startswith("gone")
        returned = True
    gc.collect()
    assert not Counter(open_handles()) - Counter(before)
    return returned


def play(tmp_path: Path, scene: str, modes: Callable[[int, bool], Sequence[str]]) -> int:
    """Let operations fail in the ``modes`` given for each, by number and whether it is but one write of many."""
    prepare, action = SCENES[scene]
    folder, template = tmp_path / "index", tmp_path / "template"
    if prepare is not None:
        prepare(folder)
        folder.rename(template)

    def start() -> object:
        shutil.rmtree(folder, ignore_errors=True)
        if template.exists():
            shutil.copytree(template, folder)
        return seen(folder)

    mends = action is mending
    old = None if mends else start()
    if mends:
        shutil.copytree(template, folder)
    counted = FailingFiles(folder)
    with writing_through(counted):
        action(folder)
    new = seen(folder)
    assert new != old
    runs = 0
    for at in range(counted.count):
        for how in modes(at, counted.kinds[max(at - 1, 0) : at + 2] == ["write"] * 3):
            runs += 1
            label = f"{scene}: {how} at operation {at} ({counted.kinds[at]})"
            shutil.rmtree(folder)
            if template.exists():
                shutil.copytree(template, folder)
            files = FailingFiles(folder, at, how)
            returned = attempt(files, action)
            assert files.failed, label
            if mends:
                assert repair(folder, WordAnalyzer()).outcome in ("sound", "restored", "rebuilt"), label
            now = seen(folder)
            assert now == new or (now == old and not returned), label
            if now is not None:
                expect_whole(folder, deep=runs % 5 == 0)
            with SearchIndex(folder) as index:
                index.add(MARK, timeout=0.0)
                assert index.get("mark") == MARK, label
            expect_tidy(folder)
    return runs


@pytest.mark.parametrize("scene", SCENES)
def test_operations_fail_one_after_the_other(tmp_path: Path, scene: str) -> None:
    random_ = chance(scene)

    def modes(_: int, one_of_many: bool) -> Sequence[str]:
        return [] if one_of_many and random_.random() < 0.95 else [random_.choice(FailingFiles.MODES)]

    assert play(tmp_path, scene, modes) >= 20


@pytest.mark.campaign
@pytest.mark.parametrize("scene", SCENES)
def test_every_operation_fails_in_every_way(tmp_path: Path, scene: str) -> None:
    ways = FailingFiles.MODES

    def modes(at: int, one_of_many: bool) -> Sequence[str]:
        # Writes in the middle of a file differ in nothing but their length: the ways take turns.
        return [ways[at % len(ways)]] if one_of_many else ways

    assert play(tmp_path, scene, modes) >= 100
