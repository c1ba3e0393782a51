"""Named arrays in one file, mapped and checked block by block.

Layout: a header of 64 bytes; the arrays, each aligned to 64 bytes; a directory in JSON (type, offset and
size of each array); one CRC-32 per 64 KiB of all that stands before the directory; a trailer of 32 bytes.
All numbers are little-endian. The checksum of directory and CRC table stands in the trailer and in the
manifest: it pins the rest.
"""

from __future__ import annotations

import json
import mmap
import os
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from searchkit.engines.whoosh.files import Data, Files, unavailable
from searchkit.engines.whoosh.manifest import FileRecord
from searchkit.errors import IndexCorrupt

Array = npt.NDArray[Any]

BLOCK_BITS = 16
BLOCK_BYTES = 1 << BLOCK_BITS
_SLICES_AT_ONCE = 64
_ALIGNMENT = 64
_HEADER = b"searchkit blocks 1\n".ljust(_ALIGNMENT, b"\0")
_MAGIC = b"skblock1"
_TRAILER = struct.Struct("<QIIII8s")
_DTYPES = {
    code: np.dtype(code) for code in ("|u1", "|i1", "<u2", "<i2", "<u4", "<i4", "<u8", "<i8", "<f4", "<f8")
}
_REPAIR = "run `searchkit verify`, then `searchkit repair`"


def small(values: Array) -> npt.NDArray[np.unsignedinteger]:
    """Return non-negative ``values`` in the narrowest unsigned type that holds them."""
    top = int(values.max(initial=0))
    for dtype in (np.uint8, np.uint16, np.uint32):
        if top <= np.iinfo(dtype).max:
            return values.astype(dtype)
    return values.astype(np.uint64)


class BlockFileWriter:
    """Writes a block file, one array after the other; any failure leaves no open file behind."""

    def __init__(self, files: Files, name: str) -> None:
        self.name = name
        self._directory: dict[str, list[Any]] = {}
        self._crcs: list[int] = []
        self._crc = 0
        self._position = 0
        self._open: tuple[str, np.dtype[Any], int] | None = None
        self._file = files.create(name)
        self._write(_HEADER)

    def add(self, array_name: str, array: Array | Data) -> None:
        """Write a whole array of one dimension; bytes become uint8."""
        values = array if isinstance(array, np.ndarray) else np.frombuffer(array, np.uint8)
        self.begin(array_name, values.dtype)
        self.extend(values)
        self.end()

    def begin(self, array_name: str, dtype: npt.DTypeLike) -> None:
        """Begin an array that comes in pieces."""
        kind = np.dtype(dtype).newbyteorder("<")
        if self._open is not None or array_name in self._directory or kind.str not in _DTYPES:
            raise ValueError(f"{self.name}: can't begin {array_name!r} of type {kind}")
        self._write(bytes(-self._position % _ALIGNMENT))
        self._open = array_name, kind, self._position

    def extend(self, array: Array) -> None:
        """Append a piece to the array begun."""
        if self._open is None or array.ndim != 1:
            raise ValueError(f"{self.name}: a piece must be of one dimension and belong to an array")
        self._write(np.ascontiguousarray(array, self._open[1]).data)

    def end(self) -> None:
        """End the array begun."""
        if self._open is None:
            raise ValueError(f"{self.name}: no array was begun")
        array_name, kind, start = self._open
        self._directory[array_name] = [kind.str, start, (self._position - start) // kind.itemsize]
        self._open = None

    def finish(self) -> FileRecord:
        """Write directory, checksums and trailer, sync the file, and return its record."""
        if self._open is not None:
            raise ValueError(f"{self.name}: {self._open[0]!r} was not ended")
        end = self._position
        if end % BLOCK_BYTES:
            self._crcs.append(self._crc)
        directory = json.dumps(self._directory, separators=(",", ":")).encode()
        directory += b" " * (-len(directory) % 4)
        table = np.array(self._crcs, "<u4").tobytes()
        checksum = zlib.crc32(table, zlib.crc32(directory))
        trailer = _TRAILER.pack(end, len(directory), len(self._crcs), checksum, 0, _MAGIC)
        trailer = _TRAILER.pack(end, len(directory), len(self._crcs), checksum, zlib.crc32(trailer), _MAGIC)
        self._file.write(directory + table + trailer)
        self._file.close()
        return FileRecord(self.name, end + len(directory) + len(table) + len(trailer), checksum)

    def abandon(self) -> None:
        """Close and remove the file."""
        self._file.abandon()

    def _write(self, data: Data) -> None:
        view = memoryview(data)
        if view.nbytes == 0:
            return
        view = view.cast("B")
        self._file.write(view)
        done = 0
        while done < len(view):
            room = BLOCK_BYTES - self._position % BLOCK_BYTES
            piece = view[done : done + room]
            self._crc = zlib.crc32(piece, self._crc)
            self._position += len(piece)
            done += len(piece)
            if len(piece) == room:
                self._crcs.append(self._crc)
                self._crc = 0


_holds_little = False


def hold_little() -> None:
    """Have this process hold little of the files in memory: for those that answer once and end."""
    global _holds_little  # noqa: PLW0603
    _holds_little = True


class _Blocks:
    """The mapped content of a file in blocks, and which of them were found sound."""

    def __init__(self, path: Path, mapped: mmap.mmap, end: int, crcs: list[int]) -> None:
        self.path = path
        self.map = mapped
        self.count = len(crcs)
        self._end = end
        self._crcs = crcs
        self._checked = bytearray(len(crcs))

    def let_go(self, first: int, stop: int) -> None:
        """Have the memory of a range of blocks freed; what is touched again comes back."""
        if hasattr(self.map, "madvise"):
            start = first << BLOCK_BITS
            self.map.madvise(mmap.MADV_DONTNEED, start, min(stop << BLOCK_BITS, len(self.map)) - start)

    def unchecked(self, first: int, stop: int) -> int:
        """Return the first block of a range that was not checked yet, -1 if all were."""
        return self._checked.find(0, first, stop)

    def check(self, first: int, stop: int) -> bool:
        """Check those blocks of a range that were not checked yet; return whether there were any."""
        number = self._checked.find(0, first, stop)
        if number < 0:
            return False
        while number >= 0:
            if not self.is_sound(number):
                raise IndexCorrupt(
                    f"wrong checksum in the 64 KiB at byte {number * BLOCK_BYTES}; {_REPAIR}", path=self.path
                )
            self._checked[number] = 1
            number = self._checked.find(0, number + 1, stop)
        return True

    def is_sound(self, number: int) -> bool:
        """Check a block, even if it was checked before."""
        start = number << BLOCK_BITS
        with memoryview(self.map) as view, view[start : min(start + BLOCK_BYTES, self._end)] as block:
            return zlib.crc32(block) == self._crcs[number]


class Column:
    """A mapped array; its blocks are checked when first touched.

    Raises:
        IndexCorrupt: a block's checksum is wrong, or what is asked for lies outside the array.
    """

    __slots__ = ("_array", "_blocks", "_first", "_itemsize", "_offset", "_sound", "_stop", "dtype", "size")

    def __init__(self, blocks: _Blocks, dtype: np.dtype[Any], offset: int, size: int) -> None:
        self.dtype = dtype
        self.size = size
        self._blocks = blocks
        self._offset = offset
        self._itemsize = dtype.itemsize
        self._array: Array = np.frombuffer(blocks.map, dtype, size, offset)
        self._first = offset >> BLOCK_BITS
        self._stop = ((offset + size * dtype.itemsize - 1) >> BLOCK_BITS) + 1 if size else self._first
        self._sound = size == 0

    def slice(self, start: int, stop: int) -> Array:
        """Return elements from ``start`` up to ``stop`` as a read-only view."""
        if not 0 <= start <= stop <= self.size:
            raise self._outside(start, stop)
        if not self._sound and start < stop:
            self._check(start, stop)
        return self._array[start:stop]

    def joined(self, starts: Array, stops: Array) -> bytes:
        """Return the bytes of several slices, one after the other."""
        if len(starts) and (int(starts.min()) < 0 or int(stops.max()) > self.size):
            raise self._outside(int(starts.min()), int(stops.max()))
        if _holds_little and len(starts) > _SLICES_AT_ONCE:
            return self._joined_by_and_by(starts, stops)
        if not self._sound:
            first = (self._offset + starts * self._itemsize) >> BLOCK_BITS
            last = (self._offset + np.maximum(stops * self._itemsize, 1) - 1) >> BLOCK_BITS
            for start, stop in set(zip(first.tolist(), last.tolist())):
                self._blocks.check(start, stop + 1)
            self._sound = self._blocks.unchecked(self._first, self._stop) < 0
        with self._array.view(np.uint8).data as view:
            places = zip((starts * self._itemsize).tolist(), (stops * self._itemsize).tolist())
            return b"".join([view[start:stop] for start, stop in places])

    def _joined_by_and_by(self, starts: Array, stops: Array) -> bytes:
        """Do what `joined` does in little memory: the system maps 64 KiB around each of many small slices."""
        pieces = []
        for at in range(0, len(starts), _SLICES_AT_ONCE):
            pieces.append(self.joined(starts[at : at + _SLICES_AT_ONCE], stops[at : at + _SLICES_AT_ONCE]))
            self._blocks.let_go(self._first, self._stop)
        return b"".join(pieces)

    def all(self) -> Array:
        """Return the whole array as a read-only view."""
        if not self._sound:
            self._check(0, self.size)
        return self._array

    def __getitem__(self, index: int) -> Any:
        if not 0 <= index < self.size:
            raise self._outside(index, index + 1)
        if not self._sound:
            self._check(index, index + 1)
        return self._array[index]

    def __len__(self) -> int:
        return self.size

    def __iter__(self) -> Iterator[Any]:
        return iter(self.all())

    def _check(self, start: int, stop: int) -> None:
        first = (self._offset + start * self._itemsize) >> BLOCK_BITS
        end = ((self._offset + stop * self._itemsize - 1) >> BLOCK_BITS) + 1
        if self._blocks.check(first, end):
            self._sound = self._blocks.unchecked(self._first, self._stop) < 0

    def _outside(self, start: int, stop: int) -> IndexCorrupt:
        return IndexCorrupt(
            f"elements {start} to {stop} of an array of {self.size} were asked for; {_REPAIR}",
            path=self._blocks.path,
        )


class BlockFile:
    """A block file, mapped as long as it or an array taken from it lives. Thread-safe: it only reads."""

    def __init__(self, path: Path, handle: int, record: FileRecord) -> None:
        self.path = path
        self.record = record
        size = os.fstat(handle).st_size
        if size != record.size:
            raise IndexCorrupt(f"the file has {size} bytes instead of {record.size}; {_REPAIR}", path=path)
        if size < len(_HEADER) + _TRAILER.size:
            raise IndexCorrupt(f"the file is too short; {_REPAIR}", path=path)
        mapped = mmap.mmap(handle, size, access=mmap.ACCESS_READ)
        self._blocks, self._directory = _read_directory(path, mapped, record)
        self._columns: dict[str, Column] = {}
        self.names = tuple(self._directory)

    @classmethod
    def open(cls, folder: Path, record: FileRecord) -> BlockFile:
        """Map a file and check its size, trailer and directory; no block is read yet.

        Raises:
            IndexCorrupt: the file is missing or not what the record says.
            EngineUnavailable: it can't be read.
        """
        path = folder / record.name
        try:
            handle = os.open(path, os.O_RDONLY | getattr(os, "O_CLOEXEC", 0))
        except FileNotFoundError as error:
            raise IndexCorrupt(f"the file is missing; {_REPAIR}", path=path) from error
        except OSError as error:
            raise unavailable(error, path) from error
        try:
            return cls(path, handle, record)
        except OSError as error:
            raise unavailable(error, path) from error
        finally:
            os.close(handle)

    def has(self, name: str) -> bool:
        """Return whether there is such an array."""
        return name in self._directory

    def column(self, name: str) -> Column:
        """Return an array by name.

        Raises:
            IndexCorrupt: there is none.
        """
        column = self._columns.get(name)
        if column is None:
            place = self._directory.get(name)
            if place is None:
                raise IndexCorrupt(f"the array {name!r} is missing; {_REPAIR}", path=self.path)
            column = self._columns[name] = Column(self._blocks, *place)
        return column

    def verify(self) -> list[str]:
        """Check every block, also those checked before, and return what is wrong in plain words."""
        wrong = [number for number in range(self._blocks.count) if not self._blocks.is_sound(number)]
        if not wrong:
            return []
        places = ", ".join(str(number * BLOCK_BYTES) for number in wrong[:5])
        more = f" and {len(wrong) - 5} more" if len(wrong) > 5 else ""
        return [f"wrong checksum in the 64 KiB at byte {places}{more}"]

    def close(self) -> None:
        """Forget the arrays handed out so far; it is unmapped when nobody else has one."""
        self._columns.clear()


def _read_directory(
    path: Path, mapped: mmap.mmap, record: FileRecord
) -> tuple[_Blocks, dict[str, tuple[np.dtype[Any], int, int]]]:
    trailer = mapped[record.size - _TRAILER.size :]
    end, length, blocks, checksum, own, magic = _TRAILER.unpack(trailer)
    table = record.size - _TRAILER.size - 4 * blocks
    if (
        magic != _MAGIC
        or own != zlib.crc32(_TRAILER.pack(end, length, blocks, checksum, 0, magic))
        or blocks != -(-end // BLOCK_BYTES)
        or end + length != table
    ):
        raise IndexCorrupt(f"the end of the file is damaged; {_REPAIR}", path=path)
    content = mapped[end : record.size - _TRAILER.size]
    if checksum != record.checksum or checksum != zlib.crc32(content):
        raise IndexCorrupt(f"the file is not the one that the manifest names; {_REPAIR}", path=path)
    crcs: list[int] = np.frombuffer(content, "<u4", blocks, length).tolist()
    try:
        places = dict(_places(json.loads(content[:length]), end))
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise IndexCorrupt(f"the file's directory is not valid; {_REPAIR}", path=path) from error
    return _Blocks(path, mapped, end, crcs), places


def _places(directory: dict[str, Any], end: int) -> list[tuple[str, tuple[np.dtype[Any], int, int]]]:
    places = []
    for name, (code, offset, size) in directory.items():
        dtype = _DTYPES[code]
        if type(offset) is not int or type(size) is not int or offset % _ALIGNMENT:
            raise ValueError(name)
        if not (0 < offset <= end and size >= 0 and offset + size * dtype.itemsize <= end):
            raise ValueError(name)
        places.append((name, (dtype, offset, size)))
    return places


PLAIN = (".toc", ".txt", ".json")
"""Files with these endings hold just their content and are checked as a whole; all others are block files."""


def write_plain(files: Files, name: str, data: bytes) -> FileRecord:
    """Write a file that is not made of arrays; its name has one of the endings in `PLAIN`."""
    files.write(name, data)
    return FileRecord(name, len(data), zlib.crc32(data))


def read_plain(folder: Path, record: FileRecord) -> bytes:
    """Return the content of a file written by `write_plain`.

    Raises:
        IndexCorrupt: the file is missing or damaged.
        EngineUnavailable: it can't be read.
    """
    path = folder / record.name
    try:
        with path.open("rb") as file:
            data = file.read(record.size + 1)
    except FileNotFoundError as error:
        raise IndexCorrupt(f"the file is missing; {_REPAIR}", path=path) from error
    except OSError as error:
        raise unavailable(error, path) from error
    if len(data) != record.size or zlib.crc32(data) != record.checksum:
        raise IndexCorrupt(f"the file is damaged (wrong size or checksum); {_REPAIR}", path=path)
    return data
