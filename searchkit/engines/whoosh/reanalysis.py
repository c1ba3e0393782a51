"""Which documents hold certain words, and what inverting them again takes: nothing but their forward streams."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from searchkit.analysis.token import FIRST_WORD, Layer
from searchkit.document import Document
from searchkit.engines.whoosh.lexicon import StoredLexicon
from searchkit.engines.whoosh.segment import Segment

Ints = npt.NDArray[np.int64]

_BATCH = 16_384
"""So many documents are inverted at once, to bound memory."""


class StoredBatch(NamedTuple):
    """Documents of a segment and their words: ``codes`` of all of them, cut by ``offsets``."""

    documents: list[Document]
    codes: npt.NDArray[np.int32]
    offsets: Ints
    bullets: Ints


def documents_with(segment: Segment, word_ids: Ints, lexicon: StoredLexicon) -> Ints:
    """Return the live documents that hold one of ``word_ids``, ascending."""
    held = np.zeros(segment.doc_count, np.bool_)
    for form in sorted({lexicon.string_id(lexicon.key(word_id).form) for word_id in word_ids.tolist()}):
        held[segment.postings(Layer.SURFACE, form)[0]] = True
    if segment.deleted is not None:
        held &= ~segment.deleted
    found: list[Ints] = [np.zeros(0, np.int64)]
    candidates = np.flatnonzero(held)
    for start in range(0, len(candidates), _BATCH):
        docs = candidates[start : start + _BATCH]
        codes, offsets = segment.words(docs)
        # The same form behind another neighbour is another word.
        hits = np.flatnonzero(np.isin(codes, word_ids + FIRST_WORD))
        found.append(docs[np.unique(np.searchsorted(offsets, hits, side="right") - 1)])
    return np.concatenate(found)


def batches(segment: Segment, docs: Ints) -> Iterator[StoredBatch]:
    """Yield ``docs`` with their words, some at a time."""
    for start in range(0, len(docs), _BATCH):
        part = docs[start : start + _BATCH]
        documents = segment.documents(part.tolist())
        codes, offsets = segment.words(part)
        bullets = np.array([len(document.bullets) for document in documents], np.int64)
        yield StoredBatch(documents, codes, offsets, bullets)
