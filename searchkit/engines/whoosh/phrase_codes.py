"""Phrases in decoded streams."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from searchkit.analysis.token import ITEM_END, SENTENCE_END
from searchkit.engines.whoosh.places import Fits
from searchkit.ranking.ascending import firsts

Ints = npt.NDArray[np.int64]


def without_sentences(codes: npt.NDArray[np.int32], offsets: Ints) -> tuple[npt.NDArray[np.int32], Ints]:
    """Return streams of documents without the ends of sentences, across which phrases go on."""
    kept = codes != SENTENCE_END
    before = np.zeros(len(codes) + 1, np.int64)
    np.cumsum(kept, out=before[1:])
    return codes[kept], before[offsets]


def holders(
    codes: npt.NDArray[np.int32], offsets: Ints, places: Sequence[Fits], field: str | None = None
) -> Ints:
    """Return which documents, by their number in the batch, hold the phrase, in streams without ends of sentences."""
    count = len(codes) - len(places) + 1
    if count <= 0:
        return np.zeros(0, np.int64)
    # The end of an item fits no place, so nothing reaches across items or documents.
    at = places[0](codes[:count]).nonzero()[0]
    for shift, fits in enumerate(places[1:], 1):
        at = at[fits(codes.take(at + shift))]
    docs = offsets.searchsorted(at, side="right") - 1
    if field is not None:
        ends = np.zeros(len(codes) + 1, np.int64)
        np.cumsum(codes == ITEM_END, out=ends[1:])
        in_title = ends[at] == ends[offsets[docs]]
        docs = docs[in_title if field == "title" else ~in_title]
    return docs[firsts(docs)]
