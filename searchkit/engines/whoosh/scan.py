"""Looking for words in encoded streams without decoding them: bytes are compared, many thousand at a time.

One word of a phrase, the anchor, is searched for as the bytes of its code; only the codes beside it are decoded.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from searchkit.analysis.token import ITEM_END, SENTENCE_END
from searchkit.engines.whoosh import stream
from searchkit.engines.whoosh.places import Fits

Data = npt.NDArray[np.uint8]
Ints = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

_PIECE = 1 << 18
"""So many bytes are compared at a time, so that masks stay in the processor's cache."""
_MORE = 0x80


def places_of(data: Data, before: Sequence[Fits], anchor: Ints, after: Sequence[Fits]) -> Ints:
    """Return the byte offsets, in any order, at which the anchor of a phrase stands within the phrase.

    The codes ``anchor`` fit the anchor; what fits the places ``before`` and ``after`` it is said by these, in the order
    of the text. Ends of sentences are skipped; ends of items fit nowhere, so nothing reaches across them.
    """
    found: list[Ints] = [np.zeros(0, np.int64)]
    for code in anchor.tolist():
        pattern = stream.encode(np.array([code], np.int64))[0]
        start = _find(data, pattern)
        origin, at = start, start + len(pattern)
        for fits in after:
            codes, at = _read(data, at)
            kept = fits(codes)
            origin, start, at = origin[kept], start[kept], at[kept]
        for fits in reversed(before):
            codes, start = _read_back(data, start)
            kept = fits(codes)
            origin, start = origin[kept], start[kept]
        found.append(origin)
    return np.concatenate(found)


def title_ends(data: Data, offsets: npt.NDArray[Any]) -> Ints:
    """Return where the title of each document ends; ``offsets`` say where its stream starts."""
    ends = _find(data, np.array([ITEM_END], np.uint8))
    found: Ints = ends[np.searchsorted(ends, offsets[:-1].astype(np.int64))]
    return found


def _find(data: Data, pattern: Data) -> Ints:
    """Return the offsets at which ``pattern``, one whole code, stands."""
    found: list[Ints] = [np.zeros(0, np.int64)]
    first, *rest = pattern.tolist()
    stop = len(data) - len(rest)
    for start in range(0, stop, _PIECE):
        end = min(start + _PIECE, stop)
        hits = data[start:end] == first
        for shift, byte in enumerate(rest, 1):
            hits &= data[start + shift : end + shift] == byte
        found.append(np.flatnonzero(hits) + start)
    at = np.concatenate(found)
    # What follows a byte that says "more" is the end of another code.
    inner = data[at - 1] >= _MORE
    inner &= at > 0
    return at[~inner]


def _decode(data: Data, at: Ints) -> tuple[Ints, Ints]:
    """Return the codes that start at ``at``, and where the next ones start."""
    byte = data[at].astype(np.int64)
    codes, ends, shift = byte & (_MORE - 1), at + 1, 0
    more = np.flatnonzero(byte >= _MORE)
    while len(more):
        shift += 7
        byte = data[ends[more]].astype(np.int64)
        codes[more] |= (byte & (_MORE - 1)) << shift
        ends[more] += 1
        more = more[byte >= _MORE]
    return codes, ends


def _read(data: Data, at: Ints) -> tuple[Ints, Ints]:
    """Return the codes that start at ``at``, ends of sentences skipped, and where the next ones start."""
    codes, ends = _decode(data, at)
    while len(skipped := np.flatnonzero(codes == SENTENCE_END)):
        codes[skipped], ends[skipped] = _decode(data, ends[skipped])
    return codes, ends


def _read_back(data: Data, at: Ints) -> tuple[Ints, Ints]:
    """Return the codes that end before ``at``, ends of sentences skipped, and where they start."""
    starts = at.copy()
    codes = np.full(len(at), SENTENCE_END, np.int64)
    left = np.arange(len(at))
    while len(left):
        begin = starts[left] - 1
        # Nothing stands before the first code of all; it is as good as the end of an item.
        first = begin < 0
        codes[left[first]] = ITEM_END
        left, begin = left[~first], begin[~first]
        longer = np.flatnonzero(begin > 0)
        while len(longer := longer[(begin[longer] > 0) & (data[begin[longer] - 1] >= _MORE)]):
            begin[longer] -= 1
        starts[left] = begin
        codes[left] = _decode(data, begin)[0]
        left = left[codes[left] == SENTENCE_END]
    return codes, starts
