"""BM25, with lengths rounded to Lucene's one byte."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from searchkit.ranking.weights import K1, B

_EXACT = 24
"""So many lengths are kept apart from the rounding: 255 minus the code of the largest int."""


def _length_of_byte(code: int) -> int:
    if code < _EXACT:
        return code
    code -= _EXACT
    bits, shift = code & 0x07, (code >> 3) - 1
    return _EXACT + (bits if shift < 0 else (bits | 0x08) << shift)


LENGTH_TABLE: npt.NDArray[np.int64] = np.array([_length_of_byte(code) for code in range(256)], np.int64)
"""The length, in tokens, that each byte stands for; strictly ascending, exact from 0 to 40.

Source: org.apache.lucene.util.SmallFloat.byte4ToInt, Lucene 10.
"""
LENGTH_TABLE.setflags(write=False)


def encode_lengths(lengths: npt.NDArray[np.integer[Any]]) -> npt.NDArray[np.uint8]:
    """Return the byte of each length (tokens): that of the largest length in the table not above it.

    Source: org.apache.lucene.util.SmallFloat.intToByte4, Lucene 10, which rounds down likewise.
    """
    return (np.searchsorted(LENGTH_TABLE, lengths, side="right") - 1).astype(np.uint8)


def idf(documents: int, doc_freq: int) -> float:
    """Return the weight of a term that ``doc_freq`` of ``documents`` documents hold; above 0.

    ``documents`` counts the live documents that have the layer at all.

    Source: Robertson and Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond" (2009), with
    Lucene's 1 + inside the logarithm, which keeps it positive.
    """
    return math.log1p((documents - doc_freq + 0.5) / (doc_freq + 0.5))


def pair_idf(documents: int, doc_freq: int) -> float:
    """Return the weight of two terms that are neighbours in ``doc_freq`` of ``documents`` with any; 0 if none."""
    # Near each other two terms may stand that nowhere are neighbours.
    return idf(documents, min(max(doc_freq, 1), documents)) if documents else 0.0


def length_factors(average_length: float) -> npt.NDArray[np.float64]:
    """Return k1 · (1 − b + b · length / average length) for each length byte; 256 numbers."""
    return K1 * (1.0 - B + (B / average_length) * LENGTH_TABLE.astype(np.float64))


def saturation(frequency: float, length: float, average_length: float) -> float:
    """Return tf / (tf + k1 · (1 − b + b · length / average length)): the share of the idf a document gets.

    Source: as `idf`; Lucene 8 and later leave the constant factor k1 + 1 out, and so does this.
    """
    return frequency / (frequency + K1 * (1.0 - B + B * length / average_length))
