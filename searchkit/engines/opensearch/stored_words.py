"""The words of stored documents, made again from their texts and the lexicon: nothing is analysed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from searchkit.analysis.batch import BatchEncoder
from searchkit.analysis.token import FIRST_WORD
from searchkit.document import Document
from searchkit.engines.whoosh.lexicon import StoredLexicon

Ints = npt.NDArray[np.int64]


class Streams(NamedTuple):
    """The words of documents, by their numbers in the lexicon: ``codes`` cut by ``offsets``, ``bullets`` of each."""

    codes: npt.NDArray[np.int32]
    offsets: Ints
    bullets: Ints

    def part(self, start: int, stop: int) -> Streams:
        """Return those of documents ``start`` to ``stop``."""
        first, last = int(self.offsets[start]), int(self.offsets[stop])
        return Streams(
            self.codes[first:last], self.offsets[start : stop + 1] - first, self.bullets[start:stop]
        )

    def rows(self, chosen: Sequence[int]) -> Streams:
        """Return those of the documents ``chosen``."""
        parts = [self.part(row, row + 1) for row in chosen]
        offsets = np.zeros(len(parts) + 1, np.int64)
        np.cumsum([len(part.codes) for part in parts], out=offsets[1:])
        codes = np.concatenate([part.codes for part in parts]) if parts else self.codes[:0]
        return Streams(codes, offsets, self.bullets[list(chosen)])


def stored_words(documents: Sequence[Document], lexicon: StoredLexicon) -> Streams:
    """Return the words of documents; those that the lexicon lacks are left out."""
    encoder = BatchEncoder()
    for document in documents:
        encoder.add(document)
    batch = encoder.finish()
    ids = np.fromiter(map(lexicon.word_id, batch.new_keys), np.int64, len(batch.new_keys))
    shifted = np.concatenate((np.arange(FIRST_WORD), np.where(ids < 0, -1, ids + FIRST_WORD)))
    codes = shifted[batch.codes].astype(np.int32)
    known = codes >= 0
    if known.all():
        return Streams(codes, batch.offsets, batch.bullets)
    before = np.zeros(len(codes) + 1, np.int64)
    np.cumsum(known, out=before[1:])
    return Streams(codes[known], before[batch.offsets], batch.bullets)
