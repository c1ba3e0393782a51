from __future__ import annotations

import hashlib
import io
import json
import random
import tarfile
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from payload import commit, needed, read

from searchkit.engines.whoosh.backup import backup, restore
from searchkit.engines.whoosh.manifest import Manifest
from searchkit.engines.whoosh.store import Store
from searchkit.engines.whoosh.verify import verify
from searchkit.errors import EngineUnavailable, IndexCorrupt, IndexIncompatible, IndexMissing, SearchkitError


@pytest.fixture
def index(tmp_path: Path) -> Path:
    folder = tmp_path / "index"
    for number in range(1, 4):
        commit(folder, number)
    return folder


@pytest.fixture
def archive(index: Path, tmp_path: Path) -> Path:
    path = tmp_path / "backup.tar"
    report = backup(index, path)
    assert report.generation == 3
    assert report.files == 5
    assert report.bytes == path.stat().st_size
    return path


def test_a_backup_comes_back_whole(index: Path, archive: Path, tmp_path: Path) -> None:
    target = tmp_path / "new" / "index"
    manifest = restore(archive, target)
    assert manifest.generation == 3
    assert manifest.previous is None
    assert read(target) == 3
    assert verify(target).sound
    assert {path.name for path in target.iterdir()} == needed(target)
    commit(target, 4)
    assert read(target) == 4
    assert read(index) == 3


def test_the_file_is_a_plain_tar_and_the_same_each_time(index: Path, archive: Path) -> None:
    with tarfile.open(archive) as tar:
        names = tar.getnames()
        assert names[:2] == ["searchkit-backup.json", "MANIFEST-3.json"]
        assert all(member.isreg() and "/" not in member.name for member in tar.getmembers())
        contents = json.load(tar.extractfile("searchkit-backup.json"))  # type: ignore[arg-type]
    assert contents["documents"] == 5
    assert [file["name"] for file in contents["files"]] == names[1:]
    before = archive.read_bytes()
    backup(index, archive)
    assert archive.read_bytes() == before
    assert sorted(path.name for path in archive.parent.iterdir()) == ["backup.tar", "index"]


def test_a_backup_while_someone_writes(index: Path, tmp_path: Path) -> None:
    stop = threading.Event()

    def write() -> None:
        number = 3
        while not stop.is_set():
            number += 1
            commit(index, number, timeout=5)

    thread = threading.Thread(target=write)
    thread.start()
    try:
        for number in range(20):
            backup(index, tmp_path / f"{number}.tar")
    finally:
        stop.set()
        thread.join()
    states = []
    for number in range(20):
        restore(tmp_path / f"{number}.tar", tmp_path / str(number))
        states.append(read(tmp_path / str(number)))
        assert verify(tmp_path / str(number)).sound
    assert states == sorted(states)


def test_only_backups_are_overwritten(index: Path, tmp_path: Path) -> None:
    notes = tmp_path / "notes.md"
    notes.write_text("mine")
    with pytest.raises(SearchkitError, match=r"notes\.md: the file is there and is no searchkit backup"):
        backup(index, notes)
    assert notes.read_text() == "mine"
    with pytest.raises(EngineUnavailable, match="there is no folder"):
        backup(index, tmp_path / "absent" / "b.tar")
    with pytest.raises(IndexMissing):
        backup(tmp_path / "absent", tmp_path / "b.tar")
    assert not (tmp_path / "b.tar").exists()


def test_a_damaged_index_is_not_backed_up(index: Path, tmp_path: Path) -> None:
    segment = index / Store(index).pin().manifest.segments[0].file.name
    data = bytearray(segment.read_bytes())
    data[100] ^= 1
    segment.write_bytes(data)
    with pytest.raises(IndexCorrupt, match=rf"{segment.name}: wrong checksum.*nothing was backed up"):
        backup(index, tmp_path / "b.tar")
    assert not (tmp_path / "b.tar").exists()


def test_restore_wants_an_empty_folder(index: Path, archive: Path, tmp_path: Path) -> None:
    for occupied in (index, tmp_path):
        with pytest.raises(SearchkitError, match="not empty; restore into an empty or new one"):
            restore(archive, occupied)
    (tmp_path / "target").mkdir()
    (tmp_path / "target" / ".gitkeep").touch()
    restore(archive, tmp_path / "target")
    assert read(tmp_path / "target") == 3
    with pytest.raises(EngineUnavailable, match=r"absent\.tar: there is no such file"):
        restore(tmp_path / "absent.tar", tmp_path / "other")
    assert not (tmp_path / "other").exists()


def test_a_failed_check_leaves_nothing(archive: Path, tmp_path: Path) -> None:
    def check(manifest: Manifest) -> None:
        raise IndexCorrupt("not as it should be")

    with pytest.raises(IndexCorrupt, match="not as it should be"):
        restore(archive, tmp_path / "target", check=check)
    with pytest.raises(IndexMissing):
        Store(tmp_path / "target").pin()
    restore(archive, tmp_path / "target")
    assert read(tmp_path / "target") == 3


def refuse(data: bytes, tmp_path: Path) -> str:
    """Restore what must not be restored: nothing may be made outside the target, and no index inside."""
    path = tmp_path / "crafted.tar"
    path.write_bytes(data)
    around = {p: p.lstat().st_mtime_ns for p in tmp_path.rglob("*") if "target" not in p.parts}
    target = tmp_path / "target"
    with pytest.raises(SearchkitError) as caught:
        restore(path, target)
    assert {p: p.lstat().st_mtime_ns for p in tmp_path.rglob("*") if "target" not in p.parts} == around
    left = [p.name for p in target.iterdir() if p.name != "MAIN_WRITELOCK"] if target.exists() else []
    assert left == []
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_flips_and_truncations(archive: Path, tmp_path: Path) -> None:
    data = archive.read_bytes()
    chance = random.Random(5)
    for _ in range(200):
        changed = bytearray(data)
        changed[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
        path = tmp_path / "flipped.tar"
        path.write_bytes(changed)
        target = tmp_path / f"t{_}"
        try:
            restore(path, target)
        except SearchkitError:
            assert not (target / "CURRENT").exists()
        else:
            # Only the padding of a tar header's own checksum may be changed without effect.
            assert read(target) == 3
            assert verify(target).sound
    for _ in range(50):
        refuse(data[: chance.randrange(len(data))], tmp_path)


def rewritten(archive: Path, change: Callable[[tarfile.TarFile, tarfile.TarInfo, bytes], None]) -> bytes:
    """Copy an archive, letting ``change`` write each member."""
    out = io.BytesIO()
    with tarfile.open(archive) as old, tarfile.open(fileobj=out, mode="w", format=tarfile.GNU_FORMAT) as new:
        for member in old.getmembers():
            file = old.extractfile(member)
            change(new, member, b"" if file is None else file.read())
    return out.getvalue()


def put(tar: tarfile.TarFile, info: tarfile.TarInfo, data: bytes) -> None:
    info.size = len(data)
    tar.addfile(info, io.BytesIO(data))


def renamed(
    archive: Path, name: str, kind: bytes = tarfile.REGTYPE, link: str = "", extra: bool = False
) -> bytes:
    """Return the archive with its user file under another name, announced as such."""

    def change(tar: tarfile.TarFile, info: tarfile.TarInfo, data: bytes) -> None:
        if info.name == "searchkit-backup.json":
            contents = json.loads(data)
            for file in contents["files"]:
                if file["name"].endswith(".txt"):
                    file["name"] = name
            data = json.dumps(contents).encode()
        elif info.name.endswith(".txt"):
            if extra:
                put(tar, tarfile.TarInfo(info.name), data)
            info = tarfile.TarInfo(name)
            info.type, info.linkname = kind, link
        put(tar, info, data)

    return rewritten(archive, change)


@pytest.mark.parametrize(
    "name", ["../evil", "/tmp/evil", "a/b", "CURRENT", "LOCK", "..", "MAIN_a.seg/../../x", ".x"]
)
def test_names_that_lead_elsewhere(archive: Path, tmp_path: Path, name: str) -> None:
    assert "list of files can't be read" in refuse(renamed(archive, name), tmp_path)


@pytest.mark.parametrize(
    "kind",
    [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE, tarfile.DIRTYPE, b"S", b"x", b"L"],
)
def test_members_that_are_no_regular_files(archive: Path, tmp_path: Path, kind: bytes) -> None:
    with tarfile.open(archive) as tar:
        name = next(name for name in tar.getnames() if name.endswith(".txt"))
    assert "is missing" in refuse(renamed(archive, name, kind, "/etc/passwd"), tmp_path)


def contents_changed(archive: Path, **changes: Any) -> bytes:
    def change(tar: tarfile.TarFile, info: tarfile.TarInfo, data: bytes) -> None:
        if info.name == "searchkit-backup.json":
            data = json.dumps({**json.loads(data), **changes}).encode()
        put(tar, info, data)

    return rewritten(archive, change)


@pytest.mark.parametrize(
    "changes",
    [
        {"files": []},
        {"files": None},
        {"files": ["x"]},
        {"generation": -1},
        {"generation": 4},
        {"generation": "3"},
        {"files": [{"name": "MAIN_a.seg", "size": 1 << 70, "sha256": "0" * 64}]},
        {"files": [{"name": "MAIN_a.seg", "size": 1, "sha256": "0"}]},
        {"files": [{"name": "MAIN_a.seg", "size": 1, "sha256": "0" * 64}] * 2},
    ],
)
def test_a_list_of_files_that_is_not_right(archive: Path, tmp_path: Path, changes: dict[str, Any]) -> None:
    assert "no sound searchkit backup" in refuse(contents_changed(archive, **changes), tmp_path)


def test_another_format_is_refused(archive: Path, tmp_path: Path) -> None:
    path = tmp_path / "newer.tar"
    path.write_bytes(contents_changed(archive, format_version=2))
    with pytest.raises(IndexIncompatible, match="format 2"):
        restore(path, tmp_path / "target")


def test_members_too_many_too_large_or_twice(archive: Path, tmp_path: Path) -> None:
    def twice(tar: tarfile.TarFile, info: tarfile.TarInfo, data: bytes) -> None:
        put(tar, info, data)
        if info.name.endswith(".txt"):
            put(tar, info, data)

    refuse(rewritten(archive, twice), tmp_path)

    def more(tar: tarfile.TarFile, info: tarfile.TarInfo, data: bytes) -> None:
        put(tar, info, data)
        if info.name.endswith(".txt"):
            put(tar, tarfile.TarInfo("../evil"), b"evil")

    assert "follows its last file" in refuse(rewritten(archive, more), tmp_path)
    data = bytearray(archive.read_bytes())
    info = tarfile.TarInfo("searchkit-backup.json")
    info.size = 1 << 50
    data[:512] = info.tobuf(tarfile.GNU_FORMAT)
    assert "is cut off" in refuse(bytes(data), tmp_path)
    info.size = -5
    data[:512] = info.tobuf(tarfile.GNU_FORMAT)
    refuse(bytes(data), tmp_path)


def test_a_manifest_that_does_not_fit_the_files(archive: Path, tmp_path: Path) -> None:
    """The SHA-256 are right, but the manifest pins other contents."""

    def change(tar: tarfile.TarFile, info: tarfile.TarInfo, data: bytes) -> None:
        if info.name == "searchkit-backup.json":
            contents = json.loads(data)
            for file in contents["files"]:
                if file["name"].endswith(".txt"):
                    file["sha256"] = hashlib.sha256(b"9\n").hexdigest()
            data = json.dumps(contents).encode()
        elif info.name.endswith(".txt"):
            data = b"9\n"
        put(tar, info, data)

    assert "the file is damaged" in refuse(rewritten(archive, change), tmp_path)


@pytest.mark.parametrize("data", [b"", b"x" * 10_000, b"\0" * 10_240, b"PK\x03\x04" + b"\0" * 600])
def test_something_else(tmp_path: Path, data: bytes) -> None:
    assert "no sound searchkit backup" in refuse(data, tmp_path)
