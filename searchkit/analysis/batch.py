"""Many documents as streams of words: the text side of indexing.

Text is cut at white space, and each distinct piece is split into words once. What a document costs is then
one look-up a piece; everything else is done on arrays.
"""

from __future__ import annotations

from array import array
from dataclasses import dataclass
from itertools import chain

import numpy as np
import numpy.typing as npt

from searchkit.analysis.token import FIRST_WORD, ITEM_END, SENTENCE_END, WordKey
from searchkit.analysis.words import ends_sentence, split_chunk
from searchkit.document import Document

MAX_CACHED_CHUNKS = 2_000_000
MAX_CHUNKS = 16_000_000
MAX_DOCUMENTS = 131_072


@dataclass(frozen=True, slots=True)
class Batch:
    """The streams of some documents: ``codes`` cut by ``offsets`` (one more than documents).

    A code is 0 at the end of an item (title, bullets, then labels), 1 at the end of a sentence, else 2 + the
    number that the run gave to the word. ``bullets`` has the number of bullets of each document; ``new_keys``
    are the words that the run had not told of before, in the order of their numbers.
    """

    codes: npt.NDArray[np.int32]
    offsets: npt.NDArray[np.int64]
    bullets: npt.NDArray[np.int64]
    new_keys: list[WordKey]


class _Chunks(dict[str, int]):
    """Numbers the distinct pieces of text by first appearance, from 1 on; ``new`` are those not split yet."""

    def __init__(self) -> None:
        self.new: list[str] = []

    def __missing__(self, chunk: str) -> int:
        number = self[chunk] = len(self) + 1
        self.new.append(chunk)
        return number


class BatchEncoder:
    """Turns documents into batches; words keep their numbers from batch to batch."""

    def __init__(self) -> None:
        self._chunks = _Chunks()
        self._sizes = array("i", [1])
        self._codes = array("i", [ITEM_END])
        self._out = array("i")
        self._starts = array("q", [0])
        self._bullets = array("i")
        self._numbers: dict[WordKey, int] = {}
        self._new_keys: list[WordKey] = []

    @property
    def full(self) -> bool:
        """Whether it is time for `finish`, so that memory stays bounded."""
        return len(self._out) >= MAX_CHUNKS or len(self._bullets) >= MAX_DOCUMENTS

    @property
    def document_count(self) -> int:
        """Documents since the last `finish`."""
        return len(self._bullets)

    def add(self, document: Document) -> None:
        """Append a document."""
        out, number_of = self._out, self._chunks.__getitem__
        for text in chain((document.title,), document.bullets, filter(None, document.labels)):
            out.extend(map(number_of, text.split()))
            out.append(0)
        self._starts.append(len(out))
        self._bullets.append(len(document.bullets))

    def new_keys(self) -> list[WordKey]:
        """Return the words not told of before, in the order of their numbers."""
        self._split_new_chunks()
        keys, self._new_keys = self._new_keys, []
        return keys

    def finish(self) -> Batch:
        """Return the documents added since the last call, and start anew."""
        keys = self.new_keys()
        sizes = np.frombuffer(self._sizes, np.int32).astype(np.int64)
        codes = np.frombuffer(self._codes, np.int32)
        out = np.frombuffer(self._out, np.int32) if self._out else np.zeros(0, np.int32)
        firsts = np.cumsum(sizes) - sizes
        out_sizes = sizes[out]
        ends = np.zeros(len(out) + 1, np.int64)
        np.cumsum(out_sizes, out=ends[1:])
        at = np.arange(int(ends[-1]), dtype=np.int64) + np.repeat(firsts[out] - ends[:-1], out_sizes)
        batch = Batch(
            codes[at],
            ends[np.frombuffer(self._starts, np.int64)],
            np.array(self._bullets, np.int64),
            keys,
        )
        del sizes, codes, out
        self._out, self._starts, self._bullets = array("i"), array("q", [0]), array("i")
        if len(self._chunks) > MAX_CACHED_CHUNKS:
            self._chunks = _Chunks()
            self._sizes, self._codes = array("i", [1]), array("i", [ITEM_END])
        return batch

    def _split_new_chunks(self) -> None:
        numbers, sizes, codes, new = self._numbers, self._sizes, self._codes, self._new_keys
        for chunk in self._chunks.new:
            before = len(codes)
            for _, _, key, _ in split_chunk(chunk):
                number = numbers.get(key)
                if number is None:
                    number = numbers[key] = len(numbers)
                    new.append(key)
                codes.append(number + FIRST_WORD)
            if ends_sentence(chunk):
                codes.append(SENTENCE_END)
            sizes.append(len(codes) - before)
        self._chunks.new = []
