"""The forward stream: the words of each document in text order, as variable-length bytes.

A code is 0 at the end of an item (the title, a bullet, a label), 1 at the end of a sentence, else a word id +
2. Frequent words have low ids, so that most codes take one or two bytes: seven bits a byte, low bits first,
the high bit set on every byte but the last.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from searchkit.engines.whoosh.blocks_of_documents import BLOCK, map_blocks

_MAX_BYTES = 5


def encode(codes: npt.NDArray[np.integer[Any]]) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.int64]]:
    """Encode ``codes`` (non-negative); return the bytes and the byte offset of each code, one more than codes."""
    values = np.asarray(codes)
    sizes = np.ones(len(values), np.uint8)
    for extra in range(1, _MAX_BYTES):
        sizes += values >= 1 << (7 * extra)
    offsets = np.zeros(len(values) + 1, np.int64)
    np.cumsum(sizes, out=offsets[1:])
    data = np.zeros(int(offsets[-1]), np.uint8)
    starts = offsets[:-1]
    for index in range(int(sizes.max(initial=0))):
        there = sizes > index
        more = (sizes[there] > index + 1).astype(np.uint8) << 7
        data[starts[there] + index] = ((values[there] >> (7 * index)) & 0x7F).astype(np.uint8) | more
    return data, offsets


def encode_documents(
    codes: npt.NDArray[np.integer[Any]], offsets: npt.NDArray[np.int64]
) -> tuple[list[npt.NDArray[np.uint8]], npt.NDArray[np.int64]]:
    """Encode ``codes``, cut by ``offsets``; return the bytes in pieces and the byte offset of each document."""

    def encode_block(first: int) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.int64]]:
        bounds = offsets[first : first + BLOCK + 1]
        data, places = encode(codes[bounds[0] : bounds[-1]])
        return data, np.diff(places[bounds - bounds[0]])

    pieces, sizes = zip(*map_blocks(encode_block, len(offsets) - 1))
    byte_offsets = np.zeros(len(offsets), np.int64)
    np.cumsum(np.concatenate(sizes), out=byte_offsets[1:])
    return list(pieces), byte_offsets


def decode(data: npt.NDArray[np.uint8]) -> npt.NDArray[np.int32]:
    """Return the codes that ``data``, whole codes only, holds."""
    return decode_cut(data, np.zeros(0, np.int64))[0]


def decode_cut(
    data: npt.NDArray[np.uint8], bounds: npt.NDArray[np.int64]
) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int64]]:
    """Return the codes that ``data`` holds, and how many stand before each of ``bounds``, byte offsets of codes."""
    codes = spread(data)
    at = (codes != 0).nonzero()[0]
    codes = codes.take(at)
    codes -= 1
    return codes, at.searchsorted(bounds)


def spread(data: npt.NDArray[np.uint8]) -> npt.NDArray[np.int32]:
    """Return for each byte of ``data``, whole codes only, one more than the code that begins there, else 0.

    Codes are below 2³¹ - 1.
    """
    low = data & np.uint8(0x7F)
    more = data >> np.uint8(7)
    # Whether a code begins here, and then whether it goes on for one byte more, for two, and so on.
    joined = np.ones(len(data), np.uint8)
    joined[1:] -= more[:-1]
    codes = ((low + np.uint8(1)) * joined).astype(np.int32)
    for index in range(1, _MAX_BYTES):
        joined = joined[:-1] * more[index - 1 : -1]
        if not joined.any():
            break
        high = (low[index:] * joined).astype(np.int32)
        high <<= 7 * index
        codes[: len(high)] += high
    return codes


def count_codes(data: npt.NDArray[np.uint8], bounds: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Return how many codes stand before each of ``bounds`` (byte offsets of whole codes) in ``data``."""
    before = np.zeros(len(data) + 1, np.int64)
    np.cumsum(data < 0x80, out=before[1:])
    return before[bounds]
