from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import pytest
from payload import commit, needed, open_handles, read

from searchkit.engines.whoosh.blockfile import BlockFile, write_plain
from searchkit.engines.whoosh.files import Files, Operation
from searchkit.engines.whoosh.layout import CURRENT
from searchkit.engines.whoosh.manifest import FileRecord, Manifest, SegmentRecord
from searchkit.engines.whoosh.store import Store
from searchkit.engines.whoosh.verify import verify
from searchkit.errors import EngineUnavailable, IndexCorrupt, IndexIncompatible, IndexMissing, SearchkitError

T = TypeVar("T")


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_generations_follow_each_other_and_the_previous_is_kept(tmp_path: Path) -> None:
    folder = tmp_path / "deep" / "index"
    store = Store(folder)
    assert not store.exists()
    assert store.current() is None
    for number in range(1, 6):
        manifest = commit(folder, number)
        assert manifest.generation == number
        assert store.exists()
        current = store.current()
        assert current is not None
        assert current.generation == number
        assert read(folder) == number
        assert names(folder) == needed(folder)
    pin = store.pin(previous=True)
    assert pin.generation == 4
    assert pin.manifest.extra["number"] == 4
    pin.release()
    pin.release()


def test_there_is_no_previous_generation_after_one_commit(tmp_path: Path) -> None:
    commit(tmp_path, 1)
    with pytest.raises(IndexMissing, match="no previous generation"):
        Store(tmp_path).pin(previous=True)


@pytest.mark.parametrize("made", [False, True])
def test_no_index(tmp_path: Path, made: bool) -> None:
    folder = tmp_path / "index"
    if made:
        folder.mkdir()
        (folder / ".gitkeep").touch()
    with pytest.raises(IndexMissing, match="there is no index here; build one with `searchkit index`"):
        Store(folder).pin()
    assert folder.exists() == made


def test_a_pinned_generation_stays_until_it_is_released(tmp_path: Path) -> None:
    commit(tmp_path, 1)
    pin = Store(tmp_path).pin()
    other = Store(tmp_path).pin()
    for number in range(2, 6):
        commit(tmp_path, number)
    assert pin.manifest.segments
    for record in pin.manifest.files():
        assert (tmp_path / record.name).exists()
    assert BlockFile.open(tmp_path, pin.manifest.segments[0].file).column("seed")[0] == 1
    pin.release()
    commit(tmp_path, 6)
    assert (tmp_path / "MANIFEST-1.json").exists()
    other.release()
    commit(tmp_path, 7)
    assert names(tmp_path) == needed(tmp_path)


def write_twice(folder: Path) -> None:
    with Store(folder).begin() as transaction:
        for _ in range(2):
            transaction.record(write_plain(transaction.files, "MAIN_a.txt", b"x"))


def test_a_failed_check_or_body_leaves_everything_as_it_was(tmp_path: Path) -> None:
    def check(manifest: Manifest) -> None:
        assert (tmp_path / "MANIFEST-2.json").exists()
        assert read(tmp_path) == 1
        raise IndexCorrupt("not as it should be")

    commit(tmp_path, 1)
    before = names(tmp_path)
    with pytest.raises(IndexCorrupt, match="not as it should be"), Store(tmp_path).begin() as transaction:
        transaction.commit(Manifest(generation=0), b"", check)
    assert names(tmp_path) == before
    with pytest.raises(EngineUnavailable, match="File exists"):
        write_twice(tmp_path)
    assert names(tmp_path) == before
    with Store(tmp_path).begin() as transaction:
        transaction.files.create("MAIN_a.seg").write(b"x")
    assert names(tmp_path) == before
    assert read(tmp_path) == 1


def test_a_transaction_commits_once(tmp_path: Path) -> None:
    with Store(tmp_path).begin() as transaction:
        transaction.commit(Manifest(generation=0), b"")
        with pytest.raises(RuntimeError, match="has ended"):
            transaction.commit(Manifest(generation=0), b"")
    with pytest.raises(RuntimeError, match="has ended"):
        transaction.commit(Manifest(generation=0), b"")
    assert verify(tmp_path).sound


def commit_wrongly(folder: Path, wrong: Manifest) -> None:
    with Store(folder).begin() as transaction:
        write_plain(transaction.files, "MAIN_a.txt", b"abc")
        transaction.commit(wrong, b"")


def test_a_manifest_must_be_right(tmp_path: Path) -> None:
    commit(tmp_path, 1)
    before = names(tmp_path)
    checksum = zlib.crc32(b"abc")
    for record in (FileRecord("MAIN_b.txt", 3, checksum), FileRecord("MAIN_a.txt", 4, checksum)):
        with pytest.raises(IndexCorrupt, match=record.name):
            commit_wrongly(tmp_path, Manifest(generation=0, user_files=(record,)))
    segment = SegmentRecord("a", FileRecord("MAIN_a.txt", 3, checksum), 5)
    with pytest.raises(IndexCorrupt, match="another number of documents"):
        commit_wrongly(tmp_path, Manifest(generation=0, segments=(segment,), documents=4))
    assert names(tmp_path) == before


def test_leftovers_of_dead_writers_are_removed_and_nothing_else(tmp_path: Path) -> None:
    commit(tmp_path, 1)
    ours = ["MAIN_0.seg", "MAIN_0.del-3", "_MAIN_9.toc", "MANIFEST-9.json", "CURRENT.tmp"]
    foreign = ["MAIN_A.seg", "notes.txt", ".gitkeep", "MANIFEST.json", "_MAIN_9.toc.123", "x.tmp"]
    for name in ours + foreign:
        (tmp_path / name).write_bytes(b"left")
    (tmp_path / "damaged-20240101T000000Z").mkdir()
    manifest = commit(tmp_path, 2)
    assert manifest.generation == 10
    assert names(tmp_path) - needed(tmp_path) == {*foreign, "damaged-20240101T000000Z"}
    assert read(tmp_path) == 2


def cut_short(folder: Path, number: int) -> None:
    """Commit, but die just before the rename that makes it count."""

    class Dying(Files):
        def perform(self, operation: Operation, action: Callable[[], T]) -> T:
            if operation.kind == "replace":
                os._exit(9)
            return action()

    pid = os.fork()
    if pid == 0:
        commit(folder, number, files=Dying(folder))
        os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 9


def test_a_commit_cut_short_before_its_last_step(tmp_path: Path) -> None:
    folder = tmp_path / "index"
    cut_short(folder, 1)
    with pytest.raises(IndexMissing):
        Store(folder).pin()
    commit(folder, 2)
    assert read(folder) == 2
    assert Store(folder).pin(previous=True).manifest.extra["number"] == 1
    cut_short(folder, 3)
    assert read(folder) == 2
    commit(folder, 4)
    assert read(folder) == 4
    assert names(folder) == needed(folder)


def test_an_index_without_current_is_not_taken_for_none(tmp_path: Path) -> None:
    for number in (1, 2):
        commit(tmp_path, number)
    (tmp_path / CURRENT).unlink()
    with pytest.raises(IndexCorrupt, match=r"CURRENT: the file is missing; run `searchkit repair`"):
        Store(tmp_path).pin()
    commit(tmp_path, 3)
    assert Store(tmp_path).pin(previous=True).manifest.extra["number"] == 2


@pytest.mark.parametrize(
    ("damage", "content"),
    [
        ("CURRENT", b""),
        ("CURRENT", b"damaged"),
        ("MANIFEST-2.json", b""),
        ("MANIFEST-2.json", b"damaged"),
        ("MANIFEST-2.json", None),
    ],
)
def test_nothing_is_built_on_a_damaged_index(tmp_path: Path, damage: str, content: bytes | None) -> None:
    for number in (1, 2):
        commit(tmp_path, number)
    (tmp_path / damage).unlink()
    if content is not None:
        (tmp_path / damage).write_bytes(content)
    with pytest.raises(IndexCorrupt, match="searchkit repair"):
        Store(tmp_path).pin()
    before = names(tmp_path)
    with pytest.raises(IndexCorrupt, match="searchkit repair"):
        Store(tmp_path).begin()
    assert names(tmp_path) == before
    with Store(tmp_path).begin(rebuild=True) as transaction:
        assert transaction.base is None
        transaction.commit(Manifest(generation=0), b"")
    assert verify(tmp_path).sound
    (aside,) = tmp_path.glob("damaged-*")
    assert transaction.aside == aside.name
    if content is not None and damage != "CURRENT":
        assert (aside / damage).read_bytes() == content


def other_format(folder: Path) -> None:
    path = folder / "MANIFEST-2.json"
    data = path.read_bytes().replace(b'"format_version": 3', b'"format_version": 9')
    data = data[:14] + b"00000000" + data[22:]
    data = data[:14] + b"%08x" % zlib.crc32(data) + data[22:]
    path.write_bytes(data)
    (folder / CURRENT).write_bytes(b"searchkit 2 %08x\n" % zlib.crc32(data))


def test_another_format_is_refused_until_rebuilt(tmp_path: Path) -> None:
    for number in (1, 2):
        commit(tmp_path, number)
    other_format(tmp_path)
    for refused in (Store(tmp_path).pin, Store(tmp_path).begin, lambda: verify(tmp_path)):
        with pytest.raises(IndexIncompatible, match=r"format 9.*searchkit index --rebuild"):
            refused()
    with Store(tmp_path).begin(rebuild=True) as transaction:
        transaction.commit(Manifest(generation=0), b"")
    assert verify(tmp_path).sound
    assert not list(tmp_path.glob("damaged-*"))
    assert len(list(tmp_path.glob("MANIFEST-*"))) == 1


def test_a_rebuild_after_damage_sets_everything_aside(tmp_path: Path) -> None:
    for number in (1, 2):
        commit(tmp_path, number)
    before = {name: (tmp_path / name).read_bytes() for name in names(tmp_path) if (tmp_path / name).is_file()}
    with Store(tmp_path).begin(set_aside=True) as transaction:
        assert transaction.base is None
        transaction.commit(Manifest(generation=0), b"")
    assert transaction.aside is not None
    aside = tmp_path / transaction.aside
    assert {name: (aside / name).read_bytes() for name in names(aside)} == {
        name: data for name, data in before.items() if name != CURRENT
    }


@pytest.mark.parametrize(
    "content",
    [
        {"notes.txt": b""},
        {"CURRENT": b"MANIFEST-000005\n", "LOCK": b"", "MANIFEST-000005": b"", "000003.log": b""},
        {"MAIN_abc.seg": b"", "_MAIN_1.toc": b"", "MAIN_WRITELOCK": b"", "notes": b""},
        {"CURRENT": b"", "MANIFEST-1.json": b"{}", "x": b""},
    ],
)
def test_folders_of_others_are_left_alone(tmp_path: Path, content: dict[str, bytes]) -> None:
    for name, data in content.items():
        (tmp_path / name).write_bytes(data)
    with pytest.raises(
        SearchkitError, match="holds other files and no searchkit index; choose an empty or new one"
    ):
        Store(tmp_path).begin()
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == content


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(SearchkitError, match="not a folder"):
        Store(tmp_path / "file").begin()
    with pytest.raises(IndexMissing):
        Store(tmp_path / "file").pin()
    with pytest.raises(SearchkitError):
        Store(tmp_path / "file" / "index").begin()


def test_dotfiles_and_strangers_in_an_index_do_no_harm(tmp_path: Path) -> None:
    (tmp_path / ".gitkeep").touch()
    commit(tmp_path, 1)
    (tmp_path / "README").touch()
    commit(tmp_path, 2)
    assert (tmp_path / ".gitkeep").exists()
    assert (tmp_path / "README").exists()
    assert verify(tmp_path).sound


def test_stock_writers_are_kept_out_by_a_folder(tmp_path: Path) -> None:
    commit(tmp_path, 1)
    assert (tmp_path / "MAIN_WRITELOCK").is_dir()
    (tmp_path / "MAIN_WRITELOCK").rmdir()
    (tmp_path / "MAIN_WRITELOCK").touch()
    commit(tmp_path, 2)
    assert (tmp_path / "MAIN_WRITELOCK").is_dir()


READ_ONLY = """
import os, sys
sys.path[:0] = [sys.argv[2]]
from pathlib import Path
import fcntl
from payload import commit, read
from searchkit.engines.whoosh.verify import verify
from searchkit.errors import EngineUnavailable
if os.geteuid() == 0:
    os.setgid(65534)
    os.setuid(65534)
path = Path(sys.argv[1])
assert read(path) == 2
assert verify(path).sound
try:
    commit(path, 3)
except EngineUnavailable as error:
    assert "permission denied" in str(error), error
    print("refused")
"""


def test_reading_needs_no_right_to_write() -> None:
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary) / "index"
        for number in (1, 2):
            commit(folder, number)
        Path(temporary).chmod(0o755)
        folder.chmod(0o555)
        before = names(folder)
        faults = str(Path(__file__).parents[1] / "faults")
        result = subprocess.run(
            [sys.executable, "-c", READ_ONLY, str(folder), faults], capture_output=True, text=True
        )
        folder.chmod(0o755)
        assert result.stdout == "refused\n", result.stderr
        assert names(folder) == before


def test_nothing_stays_open(tmp_path: Path) -> None:
    before = open_handles()
    for number in range(1, 4):
        commit(tmp_path, number)
        read(tmp_path)
        verify(tmp_path)
    assert open_handles() == before


def test_errors_of_the_disk_name_the_file(tmp_path: Path) -> None:
    (tmp_path / CURRENT).mkdir()
    with pytest.raises(EngineUnavailable, match="CURRENT: this is a folder and no file"):
        Store(tmp_path).pin()
