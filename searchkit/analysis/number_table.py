"""Numbers for pieces of text, many pieces at a time: a hash table made of arrays.

Pieces stand in an array of UTF-16 units and are known by 64 bits. Four units fit into these as they are; longer pieces
are mixed, by numbers that are drawn anew for every table, so that nobody can prepare text whose pieces get
the same bits: with a million pieces the odds against are ten million to one.
"""

from __future__ import annotations

import os
from hashlib import blake2b

import numpy as np
import numpy.typing as npt

Units = npt.NDArray[np.uint16]
Hashes = npt.NDArray[np.uint64]
Numbers = npt.NDArray[np.int32]
Ints = npt.NDArray[np.int64]

PADDING = 4
"""So many units stand behind the last piece at least."""
_QUAD = 4
_MAX_QUADS = 16
"""Longer pieces are hashed one by one: there are few."""
_MASKS = np.array([(1 << 16 * size) - 1 for size in range(_QUAD + 1)], np.uint64)
_FILLING = ~_MASKS & np.uint64(0xDC00_DC00_DC00_DC00)
"""The second half of a surrogate pair, where no first half stands before, is in no text."""
_HALF, _LESS = np.uint64(32), np.uint64(29)
_FIRST_BITS = 12


class PieceHasher:
    """Gives pieces of text 64 bits each."""

    def __init__(self) -> None:
        seeds = np.frombuffer(os.urandom(24), np.uint64)
        self._key = os.urandom(16)
        self._seed = seeds[0]
        self._factors = seeds[1] | np.uint64(1), seeds[2] | np.uint64(1)

    def hash(self, units: Units, starts: Ints, sizes: Ints) -> Hashes:
        """Return the bits of ``units[start:start + size]``; `PADDING` units follow the last of them."""
        # Every four neighbouring units as one number.
        quads = np.array(np.ndarray(len(units) - _QUAD + 1, np.uint64, units.data, 0, (units.itemsize,)))
        hashes = self._mix(_cut(quads.take(starts), sizes))
        rows = (sizes > _QUAD).nonzero()[0]
        places, left, mixed = starts.take(rows), sizes.take(rows), hashes.take(rows)
        for _ in range(_MAX_QUADS):
            if not len(rows):
                return hashes
            places += _QUAD
            left -= _QUAD
            mixed = self._mix(mixed ^ _cut(quads.take(places), left))
            hashes[rows] = mixed
            more = (left > _QUAD).nonzero()[0]
            rows, places, left, mixed = rows.take(more), places.take(more), left.take(more), mixed.take(more)
        for row in rows.tolist():
            piece = units[starts[row] : starts[row] + sizes[row]].tobytes()
            hashes[row] = int.from_bytes(blake2b(piece, digest_size=8, key=self._key).digest(), "little")
        return hashes

    def _mix(self, hashes: Hashes) -> Hashes:
        hashes ^= self._seed
        for factor, shift in zip(self._factors, (_HALF, _LESS)):
            hashes *= factor
            hashes ^= hashes >> shift
        return hashes


def _cut(quads: Hashes, sizes: Ints) -> Hashes:
    """Take what stands behind the end of a piece out of its last four units."""
    quads &= _MASKS.take(sizes, mode="clip")
    quads |= _FILLING.take(sizes, mode="clip")
    return quads


class NumberTable:
    """Numbers hashes by first appearance, from 0 on."""

    def __init__(self) -> None:
        self._count = 0
        self._make(_FIRST_BITS)

    def __len__(self) -> int:
        return self._count

    def _make(self, bits: int) -> None:
        self._shift = np.uint64(64 - bits)
        self._mask = (1 << bits) - 1
        self._hashes = np.zeros(1 << bits, np.uint64)
        # One more than the number; 0 is an empty slot.
        self._values = np.zeros(1 << bits, np.int32)

    def number(self, hashes: Hashes) -> tuple[Numbers, Ints]:
        """Return the numbers of ``hashes``, and where those that were new first appear."""
        values = self._find(hashes)
        missing = (values == 0).nonzero()[0]
        firsts = missing
        if len(missing):
            distinct, first, which = np.unique(hashes.take(missing), return_index=True, return_inverse=True)
            order = first.argsort()
            new = np.empty(len(distinct), np.int32)
            new[order] = np.arange(self._count + 1, self._count + 1 + len(distinct), dtype=np.int32)
            self._add(distinct, new)
            values[missing] = new.take(which)
            firsts = missing.take(first.take(order))
        values -= 1
        return values, firsts

    def _find(self, hashes: Hashes) -> Numbers:
        slots = (hashes >> self._shift).astype(np.int64)
        values = self._values.take(slots)
        rows = (self._hashes.take(slots) != hashes).nonzero()[0]
        taken = values.take(rows).nonzero()[0]
        values[rows] = 0
        rows = rows.take(taken)
        slots, wanted = slots.take(rows), hashes.take(rows)
        while len(rows):
            slots += 1
            slots &= self._mask
            found = self._values.take(slots)
            same = self._hashes.take(slots) == wanted
            hits = same.nonzero()[0]
            values[rows.take(hits)] = found.take(hits)
            same |= found == 0
            more = (~same).nonzero()[0]
            rows, slots, wanted = rows.take(more), slots.take(more), wanted.take(more)
        return values

    def _add(self, hashes: Hashes, values: Numbers) -> None:
        self._count += len(hashes)
        if self._count * 2 > len(self._values):
            there = self._values.nonzero()[0]
            before = self._hashes.take(there), self._values.take(there)
            self._make((self._count * 4 - 1).bit_length())
            self._put(*before)
        self._put(hashes, values)

    def _put(self, hashes: Hashes, values: Numbers) -> None:
        """Give each of ``hashes``, none of which is there, the first empty slot from its own on."""
        slots = (hashes >> self._shift).astype(np.int64)
        while len(hashes):
            empty = (self._values.take(slots) == 0).nonzero()[0]
            self._values[slots.take(empty)] = values.take(empty)
            # Of several that want one slot the last has it.
            lost = self._values.take(slots) != values
            won = (~lost).nonzero()[0]
            self._hashes[slots.take(won)] = hashes.take(won)
            more = lost.nonzero()[0]
            hashes, values, slots = hashes.take(more), values.take(more), slots.take(more)
            slots += 1
            slots &= self._mask
