"""How many documents hold a thing, for things without postings: pairs of neighbours, syllable bigrams.

Keys are numbers. On disk the low 16 bits of each key stand in key order, with the number of keys for each value of the
higher bits; counts take four bits, those that don't fit stand apart.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from searchkit.analysis.ranges import run_sizes, run_starts
from searchkit.engines.whoosh.blockfile import BlockFile, BlockFileWriter

Ints = npt.NDArray[np.int64]

_LOW_BITS = 16
_COUNT_BITS = 28
_SMALL = 15
"""Counts up to this, less one, take four bits."""
_SPARSE = 4
"""With fewer keys than one for so many values of the higher bits, whole keys are smaller."""


@dataclass(frozen=True, slots=True, eq=False)
class Counts:
    """``keys``, ascending and distinct, and for each how many documents hold it, 1 or more."""

    keys: Ints
    counts: Ints

    @classmethod
    def none(cls) -> Counts:
        """Return counts of nothing."""
        return cls(np.zeros(0, np.int64), np.zeros(0, np.int64))

    @classmethod
    def of(cls, keys: Ints, docs: Ints, doc_count: int) -> Counts:
        """Count the distinct ``docs``, numbers below ``doc_count``, that hold each of ``keys`` (below 2³²)."""
        bits = doc_count.bit_length()
        packed = keys << bits
        packed |= docs
        packed.sort()
        packed = packed.take(run_starts(packed))
        packed >>= bits
        starts = run_starts(packed)
        return cls(packed.take(starts), run_sizes(starts, len(packed)))

    @classmethod
    def sum(cls, several: Sequence[Counts]) -> Counts:
        """Add counts up."""
        if len(several) == 1:
            return several[0]
        packed = np.concatenate([np.zeros(0, np.int64), *(each.keys for each in several)])
        packed <<= _COUNT_BITS
        at = 0
        for each in several:
            packed[at : at + len(each.counts)] |= each.counts
            at += len(each.counts)
        packed.sort()
        counts = packed & ((1 << _COUNT_BITS) - 1)
        packed >>= _COUNT_BITS
        starts = run_starts(packed)
        return cls(packed.take(starts), np.add.reduceat(counts, starts) if len(starts) else counts)

    def without(self, other: Counts) -> Counts:
        """Take ``other``, all of whose keys are here, away."""
        counts = self.counts.copy()
        counts[np.searchsorted(self.keys, other.keys)] -= other.counts
        left = counts > 0
        return Counts(self.keys[left], counts[left])

    def get(self, key: int) -> int:
        """Return the count of ``key``, 0 if it isn't here."""
        at = int(np.searchsorted(self.keys, key))
        return int(self.counts[at]) if at < len(self.keys) and self.keys[at] == key else 0


def write_counts(writer: BlockFileWriter, name: str, counts: Counts, bits: int) -> None:
    """Write ``counts``, whose keys have ``bits`` bits, as arrays that begin with ``name``."""
    if len(counts.keys) * _SPARSE < 1 << (bits - _LOW_BITS):
        writer.add(f"{name}.keys", counts.keys.astype(np.uint32))
    else:
        high = np.bincount(counts.keys >> _LOW_BITS, minlength=1 << (bits - _LOW_BITS))
        writer.add(f"{name}.low", (counts.keys & 0xFFFF).astype(np.uint16))
        writer.add(f"{name}.high", high.astype(np.min_scalar_type(int(high.max(initial=0)))))
    small = np.minimum(counts.counts - 1, _SMALL).astype(np.uint8)
    even = np.append(small, np.zeros(len(small) % 2, np.uint8))
    writer.add(f"{name}.counts", even[::2] | even[1::2] << 4)
    large = np.flatnonzero(small == _SMALL)
    writer.add(f"{name}.large_at", large.astype(np.min_scalar_type(len(small))))
    values = counts.counts[large]
    writer.add(f"{name}.large", values.astype(np.min_scalar_type(int(values.max(initial=0)))))


class CountTable:
    """Counts on disk; looking one up touches few blocks."""

    def __init__(self, file: BlockFile, name: str) -> None:
        self._counts = file.column(f"{name}.counts")
        self._large_at = file.column(f"{name}.large_at")
        self._large = file.column(f"{name}.large")
        self._whole = file.has(f"{name}.keys")
        self._keys = file.column(f"{name}.keys" if self._whole else f"{name}.low")
        self._high = None if self._whole else file.column(f"{name}.high")
        self._starts: npt.NDArray[Any] | None = None

    def get(self, key: int) -> int:
        """Return the count of ``key``, 0 if it isn't here."""
        first, keys = self._near(key)
        wanted = key if self._whole else key & 0xFFFF
        at = int(keys.searchsorted(keys.dtype.type(wanted)))
        if at == len(keys) or int(keys[at]) != wanted:
            return 0
        at += first
        small = int(self._counts[at >> 1]) >> (4 * (at & 1)) & _SMALL
        if small < _SMALL:
            return small + 1
        large_at = self._large_at.all()
        return int(self._large[int(large_at.searchsorted(large_at.dtype.type(at)))])

    def _near(self, key: int) -> tuple[int, npt.NDArray[Any]]:
        if self._high is None:
            return 0, self._keys.all()
        if self._starts is None:
            self._starts = _bounds(self._high.all())
        start, stop = self._starts[key >> _LOW_BITS : (key >> _LOW_BITS) + 2].tolist()
        return start, self._keys.slice(start, stop)

    def all(self) -> Counts:
        """Return everything."""
        keys = self._keys.all().astype(np.int64)
        if self._high is not None:
            high = self._high.all()
            keys |= np.repeat(np.arange(len(high), dtype=np.int64) << _LOW_BITS, high)
        packed = self._counts.all()
        counts = np.stack((packed & _SMALL, packed >> 4), axis=1).ravel()[: len(keys)].astype(np.int64) + 1
        counts[self._large_at.all()] = self._large.all()
        return Counts(keys, counts)


def _bounds(sizes: npt.NDArray[Any]) -> Ints:
    bounds = np.zeros(len(sizes) + 1, np.int64)
    np.cumsum(sizes, out=bounds[1:])
    return bounds
