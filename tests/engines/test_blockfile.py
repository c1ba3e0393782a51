from __future__ import annotations

import gc
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from timing import cpu_seconds

from searchkit.engines.whoosh import mapped_column
from searchkit.engines.whoosh.blockfile import (
    BLOCK_BYTES,
    BlockFile,
    BlockFileWriter,
    read_plain,
    write_plain,
)
from searchkit.engines.whoosh.files import Files
from searchkit.engines.whoosh.manifest import FileRecord
from searchkit.errors import EngineUnavailable, IndexCorrupt

KINDS = ["u1", "i1", "<u2", "<i2", "<u4", "<i4", "<u8", "<i8", "<f4", "<f8"]


def write(folder: Path, arrays: dict[str, np.ndarray], name: str = "MAIN_a.seg") -> FileRecord:
    writer = BlockFileWriter(Files(folder), name)
    for array_name, array in arrays.items():
        writer.add(array_name, array)
    return writer.finish()


@settings(max_examples=60)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(KINDS), st.sampled_from([0, 1, 7, 1000, 16384, 70000]), st.integers(0, 9999)
        ),
        max_size=6,
    ),
    st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), min_size=1, max_size=5),
)
def test_arrays_come_back(
    tmp_path_factory: pytest.TempPathFactory,
    shapes: list[tuple[str, int, int]],
    places: list[tuple[float, float]],
) -> None:
    folder = tmp_path_factory.mktemp("blocks")
    arrays = {
        f"array {number}": np.random.default_rng(seed).integers(0, 100, size).astype(kind)
        for number, (kind, size, seed) in enumerate(shapes)
    }
    record = write(folder, arrays)
    assert (folder / record.name).stat().st_size == record.size
    file = BlockFile.open(folder, record)
    assert file.names == tuple(arrays)
    for name, array in arrays.items():
        column = file.column(name)
        assert column.dtype == array.dtype
        assert column.size == len(column) == len(array)
        for first, second in places:
            start, stop = sorted((int(first * len(array)), int(second * len(array))))
            piece = column.slice(start, stop)
            assert np.array_equal(piece, array[start:stop])
            assert not piece.flags.writeable
        if len(array):
            assert column[len(array) - 1] == array[-1]
        assert np.array_equal(column.all(), array)
        assert column.all().ctypes.data % 64 == 0
    assert file.verify() == []


def test_an_array_in_pieces_and_bytes(tmp_path: Path) -> None:
    writer = BlockFileWriter(Files(tmp_path), "MAIN_a.seg")
    writer.begin("pieces", np.uint32)
    for start in range(0, 100_000, 999):
        writer.extend(np.arange(start, min(start + 999, 100_000)))
    writer.end()
    writer.add("bytes", b"abc")
    writer.add("view", memoryview(b"def"))
    writer.add("big-endian", np.arange(5, dtype=">u4"))
    writer.add("strided", np.arange(10, dtype=np.uint8)[::2])
    file = BlockFile.open(tmp_path, writer.finish())
    assert np.array_equal(file.column("pieces").all(), np.arange(100_000))
    assert file.column("bytes").all().tobytes() == b"abc"
    assert file.column("view").all().tobytes() == b"def"
    assert file.column("big-endian").all().tolist() == [0, 1, 2, 3, 4]
    assert file.column("strided").all().tolist() == [0, 2, 4, 6, 8]
    assert file.has("bytes")
    assert not file.has("other")
    with pytest.raises(IndexCorrupt, match="'other' is missing"):
        file.column("other")


def test_wrong_use_is_refused(tmp_path: Path) -> None:
    writer = BlockFileWriter(Files(tmp_path), "MAIN_a.seg")
    for wrong in (np.array(["text"]), np.zeros(3, np.bool_), np.array([object()])):
        with pytest.raises(ValueError, match="can't begin"):
            writer.add("wrong", wrong)
    with pytest.raises(ValueError, match="one dimension"):
        writer.extend(np.zeros(3))
    with pytest.raises(ValueError, match="no array"):
        writer.end()
    writer.begin("open", np.uint8)
    with pytest.raises(ValueError, match="not ended"):
        writer.finish()
    with pytest.raises(ValueError, match="one dimension"):
        writer.extend(np.zeros((2, 2), np.uint8))
    writer.abandon()
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "MAIN_a.seg").touch()
    with pytest.raises(EngineUnavailable, match="File exists"):
        BlockFileWriter(Files(tmp_path), "MAIN_a.seg")
    assert (tmp_path / "MAIN_a.seg").exists()


def test_only_touched_blocks_are_checked_and_only_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    array = np.arange(BLOCK_BYTES, dtype=np.uint32)
    record = write(tmp_path, {"a": array, "b": np.ones(10, np.uint8)})
    path = tmp_path / record.name
    data = bytearray(path.read_bytes())
    data[2 * BLOCK_BYTES + 5] ^= 1
    path.write_bytes(data)
    file = BlockFile.open(tmp_path, record)
    column = file.column("a")
    checked: list[int] = []
    is_sound = mapped_column.Blocks.is_sound
    monkeypatch.setattr(
        mapped_column.Blocks,
        "is_sound",
        lambda self, number: checked.append(number) or is_sound(self, number),
    )
    assert column.slice(10, 20).tolist() == list(range(10, 20))
    assert column[15] == 15
    assert column.slice(15, 16384).tolist() == list(range(15, 16384))
    assert checked == [0, 1]
    for touch in (lambda: column[32768], lambda: column.slice(0, 65536), column.all):
        with pytest.raises(
            IndexCorrupt, match=rf"{record.name}: wrong checksum in the 64 KiB at byte 131072; run"
        ):
            touch()
    assert column.slice(50_000, 50_010).tolist() == list(range(50_000, 50_010))
    assert file.column("b").all().tolist() == [1] * 10
    assert file.verify() == ["wrong checksum in the 64 KiB at byte 131072"]


def test_what_lies_outside_is_refused(tmp_path: Path) -> None:
    column = BlockFile.open(tmp_path, write(tmp_path, {"a": np.arange(10)})).column("a")
    for start, stop in ((-1, 3), (3, 11), (5, 4), (11, 12)):
        with pytest.raises(IndexCorrupt, match="of an array of 10"):
            column.slice(start, stop)
    for index in (-1, 10):
        with pytest.raises(IndexCorrupt, match="of an array of 10"):
            column[index]
    assert list(column) == list(range(10))


def test_a_closed_file_stays_readable_through_its_arrays_and_is_let_go_with_them(tmp_path: Path) -> None:
    record = write(tmp_path, {"a": np.arange(10)})
    gc.disable()
    try:
        file = BlockFile.open(tmp_path, record)
        array = file.column("a").slice(2, 5)
        file.close()
        del file
        (tmp_path / record.name).unlink()
        assert array.tolist() == [2, 3, 4]
        maps = Path("/proc/self/maps")
        if maps.exists():
            assert str(tmp_path) in maps.read_text()
            del array
            assert str(tmp_path) not in maps.read_text()
    finally:
        gc.enable()


def test_a_file_that_is_not_the_one_recorded(tmp_path: Path) -> None:
    record = write(tmp_path, {"a": np.arange(10)})
    other = write(tmp_path, {"a": np.arange(1, 11)}, "MAIN_b.seg")
    with pytest.raises(IndexCorrupt, match=r"MAIN_b.seg: the file is not the one that the manifest names"):
        BlockFile.open(tmp_path, FileRecord("MAIN_b.seg", record.size, record.checksum))
    with pytest.raises(IndexCorrupt, match="bytes instead of"):
        BlockFile.open(tmp_path, FileRecord("MAIN_b.seg", other.size + 1, other.checksum))
    with pytest.raises(IndexCorrupt, match="is missing"):
        BlockFile.open(tmp_path, FileRecord("MAIN_c.seg", 1, 1))
    (tmp_path / "MAIN_d.seg").touch()
    with pytest.raises(IndexCorrupt, match="too short"):
        BlockFile.open(tmp_path, FileRecord("MAIN_d.seg", 0, 0))


def test_a_crafted_directory_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    crafted = (
        ["|O", 64, 1],
        ["<u4", 64, 1 << 40],
        ["<u4", -64, 1],
        ["<u4", 65, 1],
        ["<u4", 64, -1],
        ["<u4", 64],
        7,
    )
    for number, place in enumerate(crafted):
        writer = BlockFileWriter(Files(tmp_path), f"MAIN_{number}.seg")
        writer.add("a", np.arange(10))
        writer._directory["b"] = place  # type: ignore[assignment]
        with pytest.raises(IndexCorrupt, match="directory is not valid"):
            BlockFile.open(tmp_path, writer.finish())


def test_plain_files(tmp_path: Path) -> None:
    record = write_plain(Files(tmp_path), "MAIN_a.txt", b"content")
    assert read_plain(tmp_path, record) == b"content"
    (tmp_path / record.name).write_bytes(b"contents")
    with pytest.raises(IndexCorrupt, match=r"MAIN_a.txt: the file is damaged"):
        read_plain(tmp_path, record)
    (tmp_path / record.name).unlink()
    with pytest.raises(IndexCorrupt, match=r"MAIN_a.txt: the file is missing"):
        read_plain(tmp_path, record)


def test_reading_is_quick(tmp_path: Path) -> None:
    arrays = {f"array {number}": np.arange(20_000, dtype=np.uint32) for number in range(40)}
    record = write(tmp_path, arrays)
    opened = cpu_seconds(lambda: BlockFile.open(tmp_path, record), tries=20)
    column = BlockFile.open(tmp_path, record).column("array 7")
    column.all()
    sliced = cpu_seconds(lambda: [column.slice(5, 50) for _ in range(1000)], tries=20) / 1000
    # Ten times the goals: the machine may be busy.
    assert opened < 3e-3
    assert sliced < 1e-5


def resident_bytes(path: Path) -> int:
    """Return how much of a mapped file this process holds in memory."""
    total, inside = 0, False
    for line in Path("/proc/self/smaps").read_text(encoding="utf-8", errors="replace").splitlines():
        if "-" in line.split(maxsplit=1)[0]:
            inside = line.endswith(str(path))
        elif inside and line.startswith("Rss:"):
            total += int(line.split()[1]) << 10
    return total


@pytest.mark.skipif(not Path("/proc/self/smaps").exists(), reason="only Linux tells what is in memory")
@pytest.mark.parametrize("little", [False, True])
def test_little_is_held_of_many_small_slices(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, little: bool
) -> None:
    monkeypatch.setattr(mapped_column, "_holds_little", False)
    if little:
        mapped_column.hold_little()
    blocks = 200
    array = np.random.default_rng(1).integers(0, 256, blocks * BLOCK_BYTES, dtype=np.uint8)
    record = write(tmp_path, {"before": np.arange(9), "slices": array})
    file = BlockFile.open(tmp_path, record)
    starts = np.arange(blocks, dtype=np.int64) * BLOCK_BYTES + 77
    found = file.column("slices").joined(starts, starts + 33)
    assert found == b"".join(array[start : start + 33].tobytes() for start in starts)
    held = resident_bytes(tmp_path / record.name)
    assert held < 20 * BLOCK_BYTES if little else held > 150 * BLOCK_BYTES
    assert np.array_equal(file.column("slices").all(), array)


@pytest.mark.parametrize("little", [False, True])
def test_heads_are_rows_with_zeros_behind_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, little: bool
) -> None:
    monkeypatch.setattr(mapped_column, "_holds_little", little)
    array = np.random.default_rng(2).integers(1, 256, 3 * BLOCK_BYTES, dtype=np.uint8)
    record = write(tmp_path, {"long": array, "short": array[:5]})
    file = BlockFile.open(tmp_path, record)
    starts = np.append(np.arange(0, len(array), 701), [len(array) - 2, len(array)])
    rows = file.column("long").heads(starts, 9)
    wide = np.append(array, np.zeros(9, np.uint8))
    assert (rows == wide[starts[:, None] + np.arange(9)]).all()
    assert file.column("short").heads(np.array([3]), 9).tolist() == [
        [*array[3:5].tolist(), 0, 0, 0, 0, 0, 0, 0]
    ]
    assert file.column("long").heads(np.zeros(0, np.int64), 9).shape == (0, 9)
    with pytest.raises(IndexCorrupt):
        file.column("long").heads(np.array([len(array) + 1]), 9)
    data = bytearray((tmp_path / record.name).read_bytes())
    data[BLOCK_BYTES + 100] ^= 1
    (tmp_path / record.name).write_bytes(data)
    with pytest.raises(IndexCorrupt):
        BlockFile.open(tmp_path, record).column("long").heads(np.array([BLOCK_BYTES - 70]), 9)
