"""Arrays mapped from a file, whose blocks are checked when they are first touched."""

from __future__ import annotations

import mmap
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from searchkit.errors import IndexCorrupt

Array = npt.NDArray[Any]

BLOCK_BITS = 16
BLOCK_BYTES = 1 << BLOCK_BITS
REPAIR = "run `searchkit verify`, then `searchkit repair`"
_SLICES_AT_ONCE = 64

_holds_little = False


def hold_little() -> None:
    """Have this process hold little of the files in memory: for those that answer once and end."""
    global _holds_little  # noqa: PLW0603
    _holds_little = True


class Blocks:
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
                    f"wrong checksum in the 64 KiB at byte {number * BLOCK_BYTES}; {REPAIR}", path=self.path
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

    def __init__(self, blocks: Blocks, dtype: np.dtype[Any], offset: int, size: int) -> None:
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
        self._check_all(starts, stops)
        with self._array.view(np.uint8).data as view:
            places = zip((starts * self._itemsize).tolist(), (stops * self._itemsize).tolist())
            return b"".join([view[start:stop] for start, stop in places])

    def heads(self, starts: Array, size: int) -> Array:
        """Return the ``size`` bytes from each of ``starts`` on, in rows; of an array of bytes, 0 behind its end."""
        if len(starts) and (int(starts.min()) < 0 or int(starts.max()) > self.size):
            raise self._outside(int(starts.min()), int(starts.max()))
        self._check_all(starts, np.minimum(starts + size, self.size))
        rows = np.zeros((len(starts), size), np.uint8)
        whole = starts <= self.size - size
        step = _SLICES_AT_ONCE if _holds_little else max(len(starts), 1)
        # Every byte begins a row here: rows are copied whole.
        windows: Array = np.ndarray((max(self.size - size + 1, 0),), f"V{size}", self._array, 0, (1,))
        for at in range(0, len(starts), step) if self.size >= size else ():
            some = whole[at : at + step]
            rows[at : at + step].view(windows.dtype)[some, 0] = windows[starts[at : at + step][some]]
            if _holds_little:
                self._blocks.let_go(self._first, self._stop)
        for row in np.flatnonzero(~whole).tolist():
            rest = self._array[int(starts[row]) :]
            rows[row, : len(rest)] = rest
        return rows

    def _check_all(self, starts: Array, stops: Array) -> None:
        if not self._sound:
            first = (self._offset + starts * self._itemsize) >> BLOCK_BITS
            last = (self._offset + np.maximum(stops * self._itemsize, 1) - 1) >> BLOCK_BITS
            for start, stop in set(zip(first.tolist(), last.tolist())):
                self._blocks.check(start, stop + 1)
            self._sound = self._blocks.unchecked(self._first, self._stop) < 0

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
            f"elements {start} to {stop} of an array of {self.size} were asked for; {REPAIR}",
            path=self._blocks.path,
        )
