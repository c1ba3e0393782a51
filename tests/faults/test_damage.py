"""Flipped bytes, truncated, missing and swapped files: verification finds all, no wrong value is read."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from payload import commit, needed, read

from searchkit.engines.whoosh.repair import repair
from searchkit.engines.whoosh.verify import verify
from searchkit.errors import IndexMissing, SearchkitError


@pytest.fixture
def index(tmp_path: Path) -> Path:
    folder = tmp_path / "index"
    for number in range(1, 4):
        commit(folder, number, size=200)
    return folder


def files_of(index: Path) -> list[Path]:
    return [path for path in sorted(index.iterdir()) if path.is_file()]


def expect_found(index: Path, path: Path, what: str) -> None:
    try:
        found = verify(index)
    except IndexMissing as error:
        raise AssertionError(f"{what} of {path.name}: no index") from error
    assert not found.sound, f"{what} of {path.name} went unnoticed"
    if path.name != "CURRENT":
        assert path.name in [problem.file for problem in found.problems], what
    try:
        number = read(index)
    except SearchkitError:
        return
    assert number == 3, f"{what} of {path.name} gives another answer"


def flip(index: Path, path: Path, data: bytes, position: int, mask: int) -> None:
    changed = bytearray(data)
    changed[position] ^= mask
    path.write_bytes(changed)
    expect_found(index, path, f"byte {position} flipped by {mask:#x}")
    path.write_bytes(data)


def truncate(index: Path, path: Path, data: bytes, length: int) -> None:
    path.write_bytes(data[:length])
    expect_found(index, path, f"truncation to {length}")
    path.write_bytes(data)


def test_flips_spread_over_every_file(index: Path) -> None:
    chance = random.Random(1)
    files = [(path, path.read_bytes()) for path in files_of(index)]
    for number in range(1000):
        path, data = files[number % len(files)]
        flip(index, path, data, chance.randrange(len(data)), chance.randrange(1, 256))
    assert verify(index).sound


def test_truncations_spread_over_every_file(index: Path) -> None:
    chance = random.Random(2)
    files = [(path, path.read_bytes()) for path in files_of(index)]
    for number in range(300):
        path, data = files[number % len(files)]
        truncate(index, path, data, chance.randrange(len(data)))
    for path, data in files:
        path.write_bytes(data + b"\0")
        expect_found(index, path, "a byte more")
        path.write_bytes(data)


@pytest.mark.campaign
def test_every_byte_flipped_and_every_truncation(index: Path) -> None:
    chance = random.Random(3)
    for path in files_of(index):
        data = path.read_bytes()
        for position in range(len(data)):
            flip(index, path, data, position, 1 << chance.randrange(8))
            flip(index, path, data, position, chance.randrange(1, 256))
            truncate(index, path, data, position)


def test_every_file_removed(index: Path) -> None:
    for path in files_of(index):
        data = path.read_bytes()
        path.unlink()
        expect_found(index, path, "removal")
        path.write_bytes(data)


def test_every_file_swapped_with_another_index(index: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    for number in range(4, 7):
        commit(other, number, size=200)
    for path in files_of(index):
        data = path.read_bytes()
        for foreign in files_of(other):
            path.write_bytes(foreign.read_bytes())
            expect_found(index, path, f"swap with {foreign.name}")
        path.write_bytes(data)


def test_files_swapped_within_the_index(index: Path) -> None:
    for path in files_of(index):
        data = path.read_bytes()
        for another in files_of(index):
            if another.read_bytes() != data:
                path.write_bytes(another.read_bytes())
                expect_found(index, path, f"swap with {another.name}")
                path.write_bytes(data)


def test_verify_and_repair_without_an_index(tmp_path: Path) -> None:
    (tmp_path / ".gitkeep").touch()
    for action in (verify, repair):
        with pytest.raises(IndexMissing, match="no index"):
            action(tmp_path)
        with pytest.raises(IndexMissing, match="no index"):
            action(tmp_path / "absent")


def test_verify_calls_deep_only_on_what_is_sound(index: Path) -> None:
    seen = []

    def deep(folder: Path, manifest: object) -> list[str]:
        seen.append(manifest)
        return ["a list is out of order"]

    found = verify(index, deep=deep)
    assert [problem.message for problem in found.problems] == ["a list is out of order"] * 2
    assert len(seen) == 2


@pytest.mark.parametrize(
    "pattern", ["CURRENT", "MANIFEST-3.json", "MANIFEST-2.json", "_MAIN_3.toc", "_MAIN_2.toc"]
)
@pytest.mark.parametrize("how", ["flip", "remove"])
def test_repair_mends_and_sets_aside(index: Path, pattern: str, how: str) -> None:
    path = index / pattern
    data = bytearray(path.read_bytes())
    data[5] ^= 1
    path.unlink()
    if how == "flip":
        path.write_bytes(data)
    report = repair(index)
    assert report.outcome == "restored"
    assert report.generation == 4
    assert verify(index).sound
    assert read(index) == (2 if pattern in ("MANIFEST-3.json", "_MAIN_3.toc") else 3)
    assert {path.name for path in index.iterdir() if not path.name.startswith("damaged-")} == needed(index)
    if how == "flip" and pattern != "CURRENT":
        assert report.aside is not None
        assert (index / report.aside / pattern).read_bytes() == data
    assert repair(index).outcome == "sound"


def test_repair_without_a_sound_generation_changes_nothing(index: Path) -> None:
    for path in files_of(index):
        if path.suffix == ".seg":
            path.write_bytes(path.read_bytes()[:-1])
    before = {path.name: path.read_bytes() for path in files_of(index)}
    report = repair(index)
    assert report.outcome == "rebuild"
    assert report.problems
    assert {path.name: path.read_bytes() for path in files_of(index)} == before
