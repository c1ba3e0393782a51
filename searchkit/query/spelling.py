"""Which of many words are spelt nearly like a given one? Edits are counted in keys: 모댈 is one away from 모델.

Source: the distance of Damerau and Levenshtein, in its restricted form (optimal string alignment), for all
candidates at once.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from searchkit.query.jamo import FIRST_SYLLABLE, OTHER, SYLLABLES, key_bytes

WIDTH = 24
"""Keys of a word that are compared; words with more keys are never similar."""
_FAR = 9
_SHORT, _MIDDLE = 4, 9
"""Words of fewer keys than `_SHORT` have no similar ones, of fewer than `_MIDDLE` those one edit away."""

Bytes = npt.NDArray[np.uint8]
Ints = npt.NDArray[np.int64]


def allowed_edits(keys: bytes) -> int:
    """Return how many edits away a word may be to count as the one that was meant."""
    return 0 if len(keys) < _SHORT else 1 if len(keys) < _MIDDLE else 2


def key_matrix(points: npt.NDArray[np.uint32], owners: Ints, count: int) -> tuple[Bytes, Ints, Bytes]:
    """Return the keys of ``count`` words as a matrix, how many each has, and a signature of each (64 bits, 8 bytes).

    ``points`` are the characters of all words, one after the other, and ``owners`` the word of each.
    """
    codes = np.zeros((len(points), 5), np.uint8)
    syllables = points.astype(np.int64) - FIRST_SYLLABLE
    hangul = (syllables >= 0) & (syllables < SYLLABLES)
    distinct, which = np.unique(points[~hangul], return_inverse=True)
    table = np.zeros((len(distinct), 5), np.uint8)
    for row, point in enumerate(distinct.tolist()):
        keys = key_bytes(chr(point)) or bytes([OTHER])
        table[row, : len(keys)] = list(keys)
    codes[~hangul] = table[which.ravel()]
    codes[hangul] = _syllable_table()[syllables[hangul]]
    used = codes != 0
    sizes = used.sum(1)
    flat, of = codes[used], np.repeat(owners, sizes)
    lengths = np.bincount(of, minlength=count).astype(np.int64)
    starts = np.cumsum(lengths) - lengths
    column = np.arange(len(flat)) - starts[of]
    matrix = np.zeros((count, WIDTH), np.uint8)
    inside = column < WIDTH
    matrix[of[inside], column[inside]] = flat[inside]
    bits = np.left_shift(np.uint64(1), (flat & 63).astype(np.uint64))
    signatures = np.zeros(count, np.uint64)
    filled = lengths > 0
    if len(flat):
        signatures[filled] = np.bitwise_or.reduceat(bits, starts[filled])
    return matrix, lengths, signatures.view(np.uint8).reshape(count, 8)


def similar(keys: bytes, matrix: Bytes, lengths: Ints, signatures: Bytes, edits: int) -> tuple[Ints, Ints]:
    """Return the rows of ``matrix`` at most ``edits`` away from ``keys``, and how far each is."""
    if not keys or len(keys) > WIDTH:
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    near = np.flatnonzero(np.abs(lengths - len(keys)) <= edits)
    near = near[lengths[near] <= WIDTH]
    wanted = np.zeros(1, np.uint64)
    for key in keys:
        wanted |= np.uint64(1 << (key & 63))
    # One edit takes at most one key out of the set of keys, and puts one in.
    different = np.bitwise_xor(signatures[near].view(np.uint64).ravel(), wanted)
    near = near[_bit_count(different) <= 2 * edits]
    found = _distances(keys, matrix[near], lengths[near], edits)
    close = found <= edits
    return near[close], found[close].astype(np.int64)


def _distances(keys: bytes, rows: Bytes, lengths: Ints, edits: int) -> Bytes:
    """Return the distance of ``keys`` to each of ``rows``; what is beyond ``edits`` is only known to be so."""
    size = len(keys)
    columns = np.ascontiguousarray(rows.T)
    table = np.full((size + 1, WIDTH + 1, len(rows)), _FAR, np.uint8)
    for at in range(edits + 1):
        if at <= size:
            table[at, 0] = at
        table[0, at] = at
    for i in range(1, size + 1):
        for j in range(max(1, i - edits), min(WIDTH, i + edits) + 1):
            cell = table[i - 1, j - 1] + (columns[j - 1] != keys[i - 1])
            np.minimum(cell, table[i - 1, j] + 1, out=cell)
            np.minimum(cell, table[i, j - 1] + 1, out=cell)
            if i > 1 and j > 1:
                swapped = (columns[j - 1] == keys[i - 2]) & (columns[j - 2] == keys[i - 1])
                np.minimum(cell, np.where(swapped, table[i - 2, j - 2] + 1, _FAR), out=cell)
            table[i, j] = cell
    result: Bytes = table[size, lengths, np.arange(len(rows))]
    return result


def _bit_count(values: npt.NDArray[np.uint64]) -> npt.NDArray[Any]:
    eights = values.view(np.uint8).reshape(len(values), 8)
    counts: npt.NDArray[Any] = _BITS[eights].sum(1)
    return counts


_BITS = np.array([bin(value).count("1") for value in range(256)], np.uint8)
_tables: dict[str, Bytes] = {}


def _syllable_table() -> Bytes:
    """Return the keys of every Hangul syllable, padded with zeros."""
    table = _tables.get("syllables")
    if table is None:
        table = np.zeros((SYLLABLES, 5), np.uint8)
        for number in range(SYLLABLES):
            keys = key_bytes(chr(FIRST_SYLLABLE + number))
            table[number, : len(keys)] = list(keys)
        _tables["syllables"] = table
    return table
