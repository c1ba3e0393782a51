from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from crash_states import Disk, RecordingFiles, enumerate_states
from payload import commit, needed, read

from searchkit.engines.whoosh.files import Files
from searchkit.engines.whoosh.repair import repair
from searchkit.engines.whoosh.verify import verify
from searchkit.errors import SearchkitError


def commits(first: int, count: int) -> Callable[[Files], None]:
    def run(files: Files) -> None:
        assert isinstance(files, RecordingFiles)
        for number in range(first, first + count):
            commit(files.folder, number, files=files)
            if number < first + count - 1:
                files.acknowledge()

    return run


def start(tmp_path: Path, count: int) -> Path:
    folder = tmp_path / "start"
    for number in range(1, count + 1):
        commit(folder, number)
    return folder


def survive(tmp_path: Path, existing: int, count: int, stride: int) -> int:
    """Look at every state: readable, never behind what was acknowledged; the next commit tidies up."""
    folder = start(tmp_path, existing)
    states = 0
    run = commits(existing + 1, count)
    for state in enumerate_states(run, folder, tmp_path / "scratch", stride=stride):
        states += 1
        safe = existing + state.acknowledged
        number = read(state.folder)
        assert safe <= number <= min(safe + 1, existing + count), state.label
        if number:
            found = verify(state.folder)
            assert found.sound, (state.label, found.problems)
        if states % 7 == 0:
            before = commit(state.folder, existing + count + 1).previous
            assert read(state.folder) == existing + count + 1, state.label
            # A commit that was whole but for its last step may count, or may not.
            assert before is None or number == 0 or before.generation >= number, state.label
            assert {path.name for path in state.folder.iterdir()} == needed(state.folder), state.label
    return states


@pytest.mark.parametrize(("existing", "count", "stride"), [(0, 1, 1), (1, 1, 1), (3, 2, 2)])
def test_a_power_loss_leaves_the_old_or_the_new_generation(
    tmp_path: Path, existing: int, count: int, stride: int
) -> None:
    assert survive(tmp_path, existing, count, stride) >= 150


@pytest.mark.campaign
@pytest.mark.parametrize("existing", [0, 1, 2, 5])
def test_all_states_of_five_commits(tmp_path: Path, existing: int) -> None:
    assert survive(tmp_path, existing, 5, 1) >= 1250


@pytest.mark.parametrize("forgotten", ["fsync", "sync"])
def test_the_harness_notices_a_writer_that_does_not_sync(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, forgotten: str
) -> None:
    do = Disk.do
    monkeypatch.setattr(Disk, "do", lambda disk, op: None if op.kind == forgotten else do(disk, op))
    with pytest.raises((AssertionError, SearchkitError)):
        survive(tmp_path, 1, 2, 1)


def test_a_power_loss_during_a_repair_leaves_an_index_or_one_that_can_be_repaired(tmp_path: Path) -> None:
    folder = start(tmp_path, 3)
    newest = max(folder.glob("MAIN_*.seg"), key=lambda path: path.stat().st_mtime_ns)
    data = bytearray(newest.read_bytes())
    data[70] ^= 1
    newest.write_bytes(data)
    assert not verify(folder).sound

    def run(files: Files) -> None:
        assert repair(files.folder, files=files).outcome == "restored"

    states = 0
    for state in enumerate_states(run, folder, tmp_path / "scratch", stride=3):
        states += 1
        if not verify(state.folder).sound:
            assert state.acknowledged == 0, state.label
            assert repair(state.folder).outcome == "restored", state.label
        assert read(state.folder) == 2, state.label
        aside = list(state.folder.glob(f"damaged-*/{newest.name}"))
        assert aside or (state.folder / newest.name).exists(), state.label
    assert states > 20
