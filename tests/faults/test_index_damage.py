"""A small real index, damaged: verification finds everything, and no search gives a wrong answer."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from real_index import KOREAN, WORDS, Answers, answers, ask, chance, document

from searchkit import Document, IndexMissing, SearchIndex, SearchkitError
from searchkit.engines.whoosh.files import Files
from searchkit.index.maintenance import verify


def make(folder: Path, name: str) -> None:
    """Three commits with several segments, deletions, levels of the lexicon, and Korean words."""
    random_ = chance(name)
    index = SearchIndex(folder)
    index.add([document(f"{name}{number}", random_, words=WORDS[:12]) for number in range(4)])
    index.add([document(f"{name}k{number}", random_, words=[*KOREAN, *WORDS[:12]]) for number in range(2)])
    index.delete(f"{name}1")
    index.close()


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sound") / "index"
    make(folder, "d")
    return folder


@pytest.fixture(scope="module")
def right(sound: Path) -> Answers:
    return answers(sound)


@pytest.fixture
def index(sound: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(sound, tmp_path / "index"))


class Damage:
    """Damages one file after the other and looks what comes of it."""

    def __init__(self, index: Path, right: Answers) -> None:
        self._index = index
        self._right = right
        self.files = {path: path.read_bytes() for path in sorted(index.iterdir()) if path.is_file()}
        self.refused = self.answered = 0

    def try_(self, path: Path, data: bytes | None, what: str) -> None:
        """Look at the index with ``data`` in a file (None: without the file), then mend it."""
        path.unlink()
        if data is not None:
            path.write_bytes(data)
        label = f"{path.name}: {what}"
        try:
            found = [problem.file for problem in verify(self._index).problems]
        except IndexMissing:
            pytest.fail(f"{label}: taken for a folder without an index")
        assert found, f"{label}: went unnoticed"
        assert path.name in found or path.name == "CURRENT", label
        try:
            seen = answers(self._index)
        except SearchkitError:
            self.refused += 1
        else:
            assert seen == self._right, f"{label}: another answer"
            self.answered += 1
        path.unlink(missing_ok=True)
        path.write_bytes(self.files[path])

    def flip(self, path: Path, position: int, mask: int) -> None:
        data = bytearray(self.files[path])
        data[position] ^= mask
        self.try_(path, bytes(data), f"byte {position} flipped by {mask:#x}")

    def truncate(self, path: Path, length: int) -> None:
        self.try_(path, self.files[path][:length], f"cut to {length}")

    def finish(self) -> None:
        assert self.refused
        assert self.answered
        assert verify(self._index, deep=True).sound
        assert answers(self._index) == self._right


@pytest.fixture
def damage(index: Path, right: Answers) -> Damage:
    return Damage(index, right)


def test_flips_spread_over_every_file(damage: Damage) -> None:
    random_ = chance("flips")
    files = list(damage.files.items())
    for number in range(1000):
        path, data = files[number % len(files)]
        damage.flip(path, random_.randrange(len(data)), random_.randrange(1, 256))
    damage.finish()


def test_truncations_spread_over_every_file(damage: Damage) -> None:
    random_ = chance("truncations")
    files = list(damage.files.items())
    for number in range(300):
        path, data = files[number % len(files)]
        damage.truncate(path, random_.randrange(len(data)))
    for path, data in files:
        damage.try_(path, data + b"\0", "a byte more")
    damage.finish()


def test_every_file_removed(damage: Damage) -> None:
    for path in damage.files:
        damage.try_(path, None, "removed")
    damage.finish()


def test_files_swapped(damage: Damage, tmp_path: Path) -> None:
    """With any other file of the index, and with the files of the same kind of another index."""
    other = tmp_path / "other"
    make(other, "e")
    for path, data in damage.files.items():
        for another, content in damage.files.items():
            if content != data:
                damage.try_(path, content, f"swapped with {another.name}")
        for foreign in other.iterdir():
            if foreign.suffix == path.suffix and foreign.is_file() and foreign.read_bytes() != data:
                damage.try_(path, foreign.read_bytes(), f"swapped with {foreign.name} of another index")
    damage.finish()


@pytest.mark.campaign
@pytest.mark.parametrize("part", range(4))
def test_every_byte_flipped(damage: Damage, part: int) -> None:
    random_ = chance(f"every byte {part}")
    for path, data in damage.files.items():
        for position in range(part, len(data), 4):
            damage.flip(path, position, 1 << random_.randrange(8))
    damage.finish()


@pytest.mark.campaign
def test_every_truncation(damage: Damage) -> None:
    for path, data in damage.files.items():
        for length in range(len(data)):
            damage.truncate(path, length)
    damage.finish()


def test_a_search_notices_what_is_damaged_while_the_index_is_open(index: Path, right: Answers) -> None:
    """What was mapped but not looked at is checked at the first touch, whenever that is."""
    with SearchIndex.open(index) as reader:
        for path in index.glob("MAIN_*.seg"):
            data = bytearray(path.read_bytes())
            for position in range(64, len(data) - 1500, 7):
                data[position] ^= 1
            with path.open("r+b") as file:
                file.write(data)
        try:
            assert ask(reader) == right
        except SearchkitError:
            return
    pytest.fail("damage all over went unnoticed")


def test_a_damaged_index_is_never_taken_for_an_empty_one(index: Path) -> None:
    for path in index.glob("MANIFEST-*.json"):
        path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(SearchkitError, match="searchkit repair"):
        SearchIndex(index).add(Document(id="a"))
    names = Files(index).list()
    with pytest.raises(SearchkitError):
        SearchIndex.open(index)
    assert Files(index).list() == names
