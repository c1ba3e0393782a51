"""A sorted table of strings on disk, found by binary search in a mapped blob.

A table holds the strings of a contiguous range of ids. Built at once, the ids follow the order of the strings; merged from
several tables, a permutation says which is which. Nothing is read but the few blocks that a look-up touches.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from searchkit.engines.whoosh.blockfile import BlockFile, BlockFileWriter, Column

_SAMPLE = 16


class StringTable:
    """The read side. ``first`` is the lowest id; ids run to ``first + len(table)``."""

    def __init__(self, file: BlockFile, first: int) -> None:
        self.first = first
        self._blob = file.column("strings.blob")
        self._lengths = file.column("strings.lengths")
        self._samples = file.column("strings.samples")
        self._ids: Column | None = file.column("strings.ids") if file.has("strings.ids") else None
        self._ranks: Column | None = file.column("strings.ranks") if file.has("strings.ranks") else None
        self._count = self._lengths.size

    def __len__(self) -> int:
        return self._count

    def _group(self, group: int) -> list[bytes]:
        """Return the strings of ranks ``group * 16`` and on, at most 16."""
        start = group * _SAMPLE
        lengths = self._lengths.slice(start, min(start + _SAMPLE, self._count)).tolist()
        at = int(self._samples[group])
        data = self._blob.slice(at, at + sum(lengths)).tobytes()
        strings = []
        at = 0
        for length in lengths:
            strings.append(data[at : at + length])
            at += length
        return strings

    def _head(self, group: int) -> bytes:
        start = group * _SAMPLE
        at = int(self._samples[group])
        return self._blob.slice(at, at + int(self._lengths[start])).tobytes()

    def rank(self, key: bytes) -> tuple[int, bool]:
        """Return the rank of the first string that is not below ``key``, and whether it is ``key``."""
        if not self._count:
            return 0, False
        low, high = 0, (self._count + _SAMPLE - 1) // _SAMPLE
        while low < high:
            middle = (low + high) // 2
            if self._head(middle) <= key:
                low = middle + 1
            else:
                high = middle
        if low == 0:
            return 0, False
        start = (low - 1) * _SAMPLE
        strings = self._group(low - 1)
        for index, string in enumerate(strings):
            if string >= key:
                return start + index, string == key
        return start + len(strings), False

    def id_at(self, rank: int) -> int:
        """Return the id of the string at ``rank`` in byte order."""
        return self.first + (rank if self._ids is None else int(self._ids[rank]))

    def find(self, text: str) -> int:
        """Return the id of ``text``, -1 if the table lacks it."""
        rank, found = self.rank(text.encode("utf-8", "surrogatepass"))
        return self.id_at(rank) if found else -1

    def string(self, string_id: int) -> str:
        """Return the string whose id is ``string_id``, which must be in the table's range."""
        local = string_id - self.first
        rank = local if self._ranks is None else int(self._ranks[local])
        return self._group(rank // _SAMPLE)[rank % _SAMPLE].decode("utf-8", "surrogatepass")

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
    lengths = np.fromiter(map(len, strings), np.int64, len(strings))
    starts = np.zeros(len(strings), np.int64)
    if len(strings):
        np.cumsum(lengths[:-1], out=starts[1:])
    writer.add("strings.blob", b"".join(strings))
    writer.add("strings.lengths", lengths.astype(np.uint16))
    writer.add("strings.samples", starts[::_SAMPLE].astype(np.uint32))
    if local_ids is not None:
        ranks = np.empty(len(strings), np.uint32)
        ranks[local_ids] = np.arange(len(strings), dtype=np.uint32)
        writer.add("strings.ids", local_ids.astype(np.uint32))
        writer.add("strings.ranks", ranks)
