"""The words of stored documents, made again from their texts and the lexicon: nothing is analysed."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from itertools import chain
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from searchkit.analysis.batch import BatchEncoder
from searchkit.analysis.token import FIRST_WORD, ITEM_END, SENTENCE_END
from searchkit.analysis.words import ends_sentence, split_chunk
from searchkit.document import Document
from searchkit.engines.whoosh.lexicon import StoredLexicon

Ints = npt.NDArray[np.int64]

_REMEMBERED = 1 << 16


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


class KnownChunks(dict[str, tuple[int, ...]]):
    """The codes of the pieces of text that were asked for last, so that frequent ones aren't cut for each document."""

    def __init__(self, lexicon: StoredLexicon) -> None:
        self._lexicon = lexicon

    def __missing__(self, chunk: str) -> tuple[int, ...]:
        words = (self._lexicon.word_id(key) for _, _, key, _ in split_chunk(chunk))
        codes = [word + FIRST_WORD for word in words if word >= 0]
        if ends_sentence(chunk):
            codes.append(SENTENCE_END)
        if len(self) >= _REMEMBERED:
            self.clear()
        found = self[chunk] = tuple(codes)
        return found


def shown_words(documents: Sequence[Document], chunks: KnownChunks) -> tuple[npt.NDArray[np.int32], Ints]:
    """Return the codes and offsets of the words of a few documents; else as `stored_words`."""
    codes = array("i")
    offsets = [0]
    for document in documents:
        for text in chain((document.title,), document.bullets, filter(None, document.labels)):
            codes.extend(chain.from_iterable(map(chunks.__getitem__, text.split())))
            codes.append(ITEM_END)
        offsets.append(len(codes))
    return np.array(codes, np.int32), np.array(offsets, np.int64)


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
