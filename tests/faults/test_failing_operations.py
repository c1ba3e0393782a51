"""A failure at every single operation: the old or the new generation, the lock free, no handle left open."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from payload import FailingFiles, Gone, commit, needed, open_handles, read

from searchkit.engines.whoosh.backup import backup, restore
from searchkit.engines.whoosh.files import Files
from searchkit.engines.whoosh.repair import repair
from searchkit.engines.whoosh.store import Store
from searchkit.engines.whoosh.verify import verify
from searchkit.errors import EngineUnavailable, SearchkitError

Action = Callable[[Path, Files], object]


def count_operations(folder: Path, files_folder: Path, action: Action) -> int:
    files = FailingFiles(files_folder)
    action(folder, files)
    return files.count


def attempt(folder: Path, files: FailingFiles, action: Action) -> BaseException | None:
    """Run the action and return what it raised, its traceback alive; nothing may be left open meanwhile."""
    before = open_handles()
    raised: BaseException | None = None
    try:
        action(folder, files)
    except (SearchkitError, Gone) as error:
        raised = error
    assert open_handles() == before
    if files.how.startswith("gone"):
        assert isinstance(raised, Gone)
    if isinstance(raised, EngineUnavailable):
        assert "\n" not in str(raised)
        assert str(files.folder) in str(raised)
        assert isinstance(raised.__cause__, OSError)
    return raised


def after_commit(folder: Path, files: FailingFiles, old: int, new: int, raised: BaseException | None) -> None:
    number = read(folder)
    assert number in (old, new)
    if raised is None:
        assert number == new
    if number:
        assert verify(folder).sound
    # The lock is free, and the next commit leaves nothing superfluous.
    commit(folder, new + 1, timeout=0.0)
    assert read(folder) == new + 1
    assert {path.name for path in folder.iterdir()} == needed(folder)


@pytest.mark.parametrize("how", FailingFiles.MODES)
@pytest.mark.parametrize("existing", [0, 1, 4])
def test_a_commit_fails_at_every_operation(tmp_path: Path, existing: int, how: str) -> None:
    def action(folder: Path, files: Files) -> object:
        return commit(folder, existing + 1, files=files)

    def start(name: str) -> Path:
        folder = tmp_path / name
        for number in range(1, existing + 1):
            commit(folder, number)
        return folder

    folder = start("counted")
    total = count_operations(folder, folder, action)
    assert total >= 20
    for at in range(total):
        folder = start(str(at))
        files = FailingFiles(folder, at, how)
        raised = attempt(folder, files, action)
        assert files.failed
        after_commit(folder, files, existing, existing + 1, raised)


@pytest.mark.parametrize("how", FailingFiles.MODES)
def test_a_commit_with_leftovers_to_clear_fails_at_every_operation(tmp_path: Path, how: str) -> None:
    """Readers that held old generations, and writers that died, leave much to remove."""

    def action(folder: Path, files: Files) -> object:
        return commit(folder, 6, files=files)

    def start(name: str) -> Path:
        folder = tmp_path / name
        pins = []
        for number in range(1, 6):
            commit(folder, number)
            pins.append(Store(folder).pin())
        for pin in pins:
            pin.release()
        for dead in ("MAIN_dead.seg", "MANIFEST-77.json", "_MAIN_77.toc", "CURRENT.tmp"):
            (folder / dead).write_bytes(b"dead")
        return folder

    folder = start("counted")
    total = count_operations(folder, folder, action)
    assert total >= 35
    for at in range(total):
        folder = start(str(at))
        files = FailingFiles(folder, at, how)
        after_commit(folder, files, 5, 6, attempt(folder, files, action))


def damage(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 3] ^= 16
    path.write_bytes(data)


@pytest.mark.parametrize("how", FailingFiles.MODES)
@pytest.mark.parametrize("damaged", ["MANIFEST-3.json", "CURRENT", "_MAIN_3.toc"])
def test_a_repair_fails_at_every_operation(tmp_path: Path, damaged: str, how: str) -> None:
    def action(folder: Path, files: Files) -> object:
        return repair(folder, files=files, timeout=0.0)

    def start(name: str) -> Path:
        folder = tmp_path / name
        for number in range(1, 4):
            commit(folder, number)
        damage(folder / damaged)
        return folder

    folder = start("counted")
    total = count_operations(folder, folder, action)
    sound = 3 if damaged == "CURRENT" else 2
    for at in range(total):
        folder = start(str(at))
        files = FailingFiles(folder, at, how)
        attempt(folder, files, action)
        outcome = repair(folder, timeout=0.0).outcome
        assert outcome in ("sound", "restored")
        assert read(folder) == sound
        assert verify(folder).sound
        kept = [path for path in folder.rglob(damaged) if path.parent != folder]
        if damaged != "CURRENT":
            assert kept or files.failed, "what was damaged is never removed"
        commit(folder, 9, timeout=0.0)


@pytest.mark.parametrize("how", FailingFiles.MODES)
def test_a_backup_fails_at_every_operation(tmp_path: Path, how: str) -> None:
    index, out = tmp_path / "index", tmp_path / "out"
    commit(index, 1)
    out.mkdir()

    def action(folder: Path, files: Files) -> object:
        return backup(index, folder / "b.tar", files=files)

    total = count_operations(out, out, action)
    commit(index, 2)
    for at in range(total):
        files = FailingFiles(out, at, how)
        attempt(out, files, action)
        target = tmp_path / f"{how}{at}"
        restore(out / "b.tar", target)
        assert read(target) in (1, 2)
        (out / "b.tar").unlink()
        backup(index, out / "b.tar")
    assert read(index) == 2


@pytest.mark.parametrize("how", FailingFiles.MODES)
def test_a_restore_fails_at_every_operation(tmp_path: Path, how: str) -> None:
    index, archive = tmp_path / "index", tmp_path / "b.tar"
    commit(index, 1)
    commit(index, 2)
    backup(index, archive)

    def action(folder: Path, files: Files) -> object:
        return restore(archive, folder, files=files, timeout=0.0)

    total = count_operations(tmp_path / "counted", tmp_path / "counted", action)
    for at in range(total):
        folder = tmp_path / str(at)
        raised = attempt(folder, FailingFiles(folder, at, how), action)
        number = read(folder)
        assert number == 2 or (raised is not None and number == 0)
        commit(folder, 3, timeout=0.0)
        assert {path.name for path in folder.iterdir()} == needed(folder)


def test_errors_say_what_where_and_what_next(tmp_path: Path) -> None:
    with pytest.raises(EngineUnavailable, match=r"x: the disk is full; free some space"):
        FailingFiles(tmp_path, 1, "full").write("x", b"abc")
    with pytest.raises(EngineUnavailable, match=r"x: Input/output error; check the disk"):
        FailingFiles(tmp_path, 0, "error").write("x", b"abc")
