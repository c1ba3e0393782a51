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
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from searchkit.engines.whoosh.files import Data, Files, unavailable
from searchkit.engines.whoosh.manifest import FileRecord
from searchkit.engines.whoosh.mapped_column import BLOCK_BYTES, REPAIR, Blocks, Column
from searchkit.errors import IndexCorrupt

Array = npt.NDArray[Any]

_ALIGNMENT = 64
_HEADER = b"searchkit blocks 1\n".ljust(_ALIGNMENT, b"\0")
_MAGIC = b"skblock1"
_TRAILER = struct.Struct("<QIIII8s")
_DTYPES = {
    code: np.dtype(code) for code in ("|u1", "|i1", "<u2", "<i2", "<u4", "<i4", "<u8", "<i8", "<f4", "<f8")
}


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


class BlockFile:
    """A block file, mapped as long as it or an array taken from it lives. Thread-safe: it only reads."""

    def __init__(self, path: Path, handle: int, record: FileRecord) -> None:
        self.path = path
        self.record = record
        size = os.fstat(handle).st_size
        if size != record.size:
            raise IndexCorrupt(f"the file has {size} bytes instead of {record.size}; {REPAIR}", path=path)
        if size < len(_HEADER) + _TRAILER.size:
            raise IndexCorrupt(f"the file is too short; {REPAIR}", path=path)
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
            raise IndexCorrupt(f"the file is missing; {REPAIR}", path=path) from error
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
                raise IndexCorrupt(f"the array {name!r} is missing; {REPAIR}", path=self.path)
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
) -> tuple[Blocks, dict[str, tuple[np.dtype[Any], int, int]]]:
    trailer = mapped[record.size - _TRAILER.size :]
    end, length, blocks, checksum, own, magic = _TRAILER.unpack(trailer)
    table = record.size - _TRAILER.size - 4 * blocks
    if (
        magic != _MAGIC
        or own != zlib.crc32(_TRAILER.pack(end, length, blocks, checksum, 0, magic))
        or blocks != -(-end // BLOCK_BYTES)
        or end + length != table
    ):
        raise IndexCorrupt(f"the end of the file is damaged; {REPAIR}", path=path)
    content = mapped[end : record.size - _TRAILER.size]
    if checksum != record.checksum or checksum != zlib.crc32(content):
        raise IndexCorrupt(f"the file is not the one that the manifest names; {REPAIR}", path=path)
    crcs: list[int] = np.frombuffer(content, "<u4", blocks, length).tolist()
    try:
        places = dict(_places(json.loads(content[:length]), end))
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise IndexCorrupt(f"the file's directory is not valid; {REPAIR}", path=path) from error
    return Blocks(path, mapped, end, crcs), places


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
        raise IndexCorrupt(f"the file is missing; {REPAIR}", path=path) from error
    except OSError as error:
        raise unavailable(error, path) from error
    if len(data) != record.size or zlib.crc32(data) != record.checksum:
        raise IndexCorrupt(f"the file is damaged (wrong size or checksum); {REPAIR}", path=path)
    return data
