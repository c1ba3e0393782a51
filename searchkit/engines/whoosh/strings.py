"""A sorted table of strings on disk, found by binary search in a mapped blob.

A table holds the strings of a contiguous range of ids. Built at once, the ids follow the order of the
strings; merged from several tables, a permutation says which is which. Nothing is read but the few blocks
that a look-up touches. Sixteen strings make a group: each but the first says how many bytes it shares with
the one before.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from searchkit.analysis.ranges import ranges
from searchkit.engines.whoosh.blockfile import BlockFile, BlockFileWriter
from searchkit.engines.whoosh.mapped_column import Column

Ints = npt.NDArray[np.int64]

_SAMPLE = 16
_MAX_HEADS = 1 << 15
_LONG = 255
"""A length byte that says: the length follows in two bytes."""


class StringTable:
    """The read side. ``first`` is the lowest id; ids run to ``first + len(table)``."""

    def __init__(self, file: BlockFile, first: int) -> None:
        self.first = first
        self._blob = file.column("strings.blob")
        self._samples = file.column("strings.samples")
        self._ids: Column | None = file.column("strings.ids") if file.has("strings.ids") else None
        self._ranks: Column | None = file.column("strings.ranks") if file.has("strings.ranks") else None
        self._count = int(file.column("strings.count")[0])
        self._heads: dict[int, bytes] = {}
        self._last: tuple[int, list[bytes]] = -1, []

    def __len__(self) -> int:
        return self._count

    def _group(self, group: int, key: bytes | None = None) -> list[bytes]:
        """Return the strings of ranks ``group * 16`` and on, at most 16, none behind one that isn't below ``key``."""
        count = min(_SAMPLE, self._count - group * _SAMPLE)
        data = self._blob.slice(*self._samples.slice(group, group + 2).tolist()).tobytes()
        strings: list[bytes] = []
        at, last = 0, b""
        for _ in range(count):
            shared = data[at]
            length = data[at + 1]
            at += 2
            if length == _LONG:
                length = data[at] | data[at + 1] << 8
                at += 2
            last = last[:shared] + data[at : at + length]
            at += length
            strings.append(last)
            if key is not None and last >= key:
                break
        return strings

    def _head(self, group: int) -> bytes:
        start = int(self._samples[group])
        head = self._blob.slice(start, min(start + 2 + _LONG, self._blob.size)).tobytes()
        if head[1] < _LONG:
            return head[2 : 2 + head[1]]
        length = head[2] | head[3] << 8
        return self._blob.slice(start + 4, start + 4 + length).tobytes()

    def rank(self, key: bytes) -> tuple[int, bool]:
        """Return the rank of the first string that is not below ``key``, and whether it is ``key``."""
        if not self._count:
            return 0, False
        low, high = 0, (self._count + _SAMPLE - 1) // _SAMPLE
        while low < high:
            middle = (low + high) // 2
            head = self._heads.get(middle)
            if head is None:
                head = self._head(middle)
                if len(self._heads) < _MAX_HEADS:
                    self._heads[middle] = head
            if head <= key:
                low = middle + 1
            else:
                high = middle
        if low == 0:
            return 0, False
        start = (low - 1) * _SAMPLE
        strings = self._group(low - 1, key)
        last = len(strings) - 1
        return (start + last, strings[last] == key) if strings[last] >= key else (start + last + 1, False)

    def id_at(self, rank: int) -> int:
        """Return the id of the string at ``rank`` in byte order."""
        return self.first + (rank if self._ids is None else int(self._ids[rank]))

    def find(self, text: str) -> int:
        """Return the id of ``text``, -1 if the table lacks it."""
        rank, found = self.rank(text.encode("utf-8", "surrogatepass"))
        return self.id_at(rank) if found else -1

    def beginning_with(self, key: bytes) -> Ints:
        """Return the ids of the strings that begin with ``key``."""
        # No byte of UTF-8 is 0xFF.
        low, high = self.rank(key)[0], self.rank(key + b"\xff")[0]
        if self._ids is None:
            return np.arange(self.first + low, self.first + high, dtype=np.int64)
        return self._ids.slice(low, high).astype(np.int64) + self.first

    def string(self, string_id: int) -> str:
        """Return the string whose id is ``string_id``, which must be in the table's range."""
        local = string_id - self.first
        rank = local if self._ranks is None else int(self._ranks[local])
        number = rank // _SAMPLE
        group, strings = self._last
        if group != number:
            strings = self._group(number)
            # Who asks for many strings asks for neighbours.
            self._last = number, strings
        return strings[rank % _SAMPLE].decode("utf-8", "surrogatepass")

    def iterate(self, start: int = 0) -> Iterator[tuple[bytes, int]]:
        """Yield (UTF-8, id) in byte order from rank ``start``."""
        for group in range(start // _SAMPLE, (self._count + _SAMPLE - 1) // _SAMPLE):
            for index, string in enumerate(self._group(group)):
                rank = group * _SAMPLE + index
                if rank >= start:
                    yield string, self.id_at(rank)

    def in_id_order(self) -> list[bytes]:
        """Return all strings as UTF-8, by id."""
        strings: list[bytes] = [b""] * self._count
        for string, string_id in self.iterate():
            strings[string_id - self.first] = string
        return strings


def write_strings(
    writer: BlockFileWriter, strings: Sequence[bytes], local_ids: npt.NDArray[np.int64] | None = None
) -> None:
    """Write ``strings``, sorted and distinct UTF-8, to ``writer``.

    ``local_ids`` are the ids of the strings less the table's first; None means that they count up.
    """
    data = np.frombuffer(b"".join(strings), np.uint8)
    sizes = np.fromiter(map(len, strings), np.int64, len(strings))
    starts = np.cumsum(sizes) - sizes
    shared = _shared(data, starts, sizes)
    rest = sizes - shared
    # Two bytes before each string say how much is shared and how much follows; two more, how much if it is long.
    long = rest >= _LONG
    heads = np.where(long, 4, 2)
    ends = np.cumsum(heads + rest)
    at = ends - rest - heads
    blob = np.empty(int(ends[-1]) if len(ends) else 0, np.uint8)
    blob[at] = shared
    blob[at + 1] = np.minimum(rest, _LONG)
    blob[at[long] + 2] = rest[long] & 0xFF
    blob[at[long] + 3] = rest[long] >> 8
    blob[ranges(at + heads, rest)] = data[ranges(starts + shared, rest)]
    writer.add("strings.count", np.array([len(strings)], np.int64))
    writer.add("strings.blob", blob)
    writer.add("strings.samples", np.append(at[::_SAMPLE], len(blob)).astype(np.uint32))
    if local_ids is not None:
        ranks = np.empty(len(strings), np.uint32)
        ranks[local_ids] = np.arange(len(strings), dtype=np.uint32)
        writer.add("strings.ids", local_ids.astype(np.uint32))
        writer.add("strings.ranks", ranks)


def _shared(data: npt.NDArray[np.uint8], starts: Ints, sizes: Ints) -> Ints:
    """Return how many bytes each string shares with the one before it; the first of each group shares none."""
    shared = np.zeros(len(sizes), np.int64)
    limits = np.minimum(sizes[1:], sizes[:-1])
    limits[_SAMPLE - 1 :: _SAMPLE] = 0
    np.minimum(limits, _LONG, out=limits)
    same = np.flatnonzero(limits)
    size = 0
    while len(same):
        same = same[data[starts[same] + size] == data[starts[same + 1] + size]]
        size += 1
        shared[same + 1] = size
        same = same[limits[same] > size]
    return shared
