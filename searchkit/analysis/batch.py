"""Many documents as streams of words: the text side of indexing.

Text is cut at white space, and each distinct piece is split into words once. All of it is done on arrays, with the
texts of many documents in one of them: what a document costs is a few look-ups in memory for each of its pieces.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from searchkit.analysis.many_words import split_chunks
from searchkit.analysis.number_table import PADDING, Ints, Numbers, NumberTable, PieceHasher, Units
from searchkit.analysis.ranges import ranges
from searchkit.analysis.token import FIRST_WORD, ITEM_END, SENTENCE_END, Context, WordKey
from searchkit.document import Document

MAX_CACHED_CHUNKS = 4_000_000
MAX_CODES = 4_000_000
MAX_DOCUMENTS = 16_384
_BLOCK = 1 << 18
"""So many characters are looked at together: the arrays of a block fit in the processor's cache."""

_MARK = "\x1e"
"""Stands behind each item while texts are joined. It is white space: where a text has it, a blank does as well."""
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")
_NO_LETTER = "\ufffd"
_SPACES = "\t\n\v\f\r\x1c\x1d\x1e\x1f \x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(
    map(chr, range(0x2000, 0x200B))
)
_IS_SPACE = np.zeros(1 << 16, np.bool_)
_IS_SPACE[[ord(space) for space in _SPACES]] = True
_CONTEXTS = tuple(Context)
_T = TypeVar("_T", bound=np.generic)
_make_key = partial(tuple.__new__, WordKey)


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


class _Chunks:
    """The codes of each distinct chunk, by its number."""

    def __init__(self, hasher: PieceHasher) -> None:
        self._hasher = hasher
        self._table = NumberTable()
        self._spans = np.zeros(1 << 12, np.int64)
        self._codes = np.zeros(1 << 12, np.int32)
        self._code_count = 0
        mark = np.full(1 + PADDING, ord(_MARK), np.uint16)
        self.number(mark, np.zeros(1, np.int64), np.ones(1, np.int64))
        self.describe(np.ones(1, np.int64), np.full(1, ITEM_END, np.int32))

    def __len__(self) -> int:
        return len(self._table)

    def number(self, units: Units, starts: Ints, sizes: Ints) -> tuple[Numbers, Ints]:
        """Return the numbers of chunks, and which are new; these have to be described before they are coded."""
        return self._table.number(self._hasher.hash(units, starts, sizes))

    def describe(self, counts: Ints, codes: Numbers) -> None:
        """Say what the new chunks are made of: ``counts`` codes each."""
        first = len(self._table) - len(counts)
        self._spans = _with_room(self._spans, len(self._table))
        self._codes = _with_room(self._codes, self._code_count + len(codes))
        ends = np.cumsum(counts) + self._code_count
        self._spans[first : len(self._table)] = (ends - counts) << 32 | counts
        self._codes[self._code_count : self._code_count + len(codes)] = codes
        self._code_count += len(codes)

    def codes(self, numbers: Numbers) -> npt.NDArray[np.int32]:
        """Return the codes of chunks, one after the other."""
        spans = self._spans.take(numbers)
        found: npt.NDArray[np.int32] = self._codes.take(ranges(spans >> 32, spans & 0xFFFFFFFF))
        return found


class _Words:
    """Numbers the distinct words."""

    def __init__(self, hasher: PieceHasher) -> None:
        self._hasher = hasher
        self._table = NumberTable()
        self._salt = np.frombuffer(os.urandom(8 * len(Context)), np.uint64)
        self.new: list[WordKey] = []

    def number(self, units: Units, starts: Ints, sizes: Ints, contexts: npt.NDArray[np.uint8]) -> Numbers:
        """Return the numbers of words; the keys of those not seen before go to ``new``."""
        hashes = self._hasher.hash(units, starts, sizes)
        hashes ^= self._salt.take(contexts)
        numbers, firsts = self._table.number(hashes)
        begins, ends = starts.take(firsts), starts.take(firsts) + sizes.take(firsts)
        self.new += map(
            _make_key,
            zip(map(_CONTEXTS.__getitem__, contexts.take(firsts).tolist()), _texts(units, begins, ends)),
        )
        return numbers


class BatchEncoder:
    """Turns documents into batches; words keep their numbers from batch to batch."""

    def __init__(self) -> None:
        self._hasher = PieceHasher()
        self._chunks = _Chunks(self._hasher)
        self._words = _Words(self._hasher)
        self._begin()

    def _begin(self) -> None:
        self._texts: list[str] = []
        self._size = 0
        self._blocks: list[npt.NDArray[np.int32]] = []
        self._code_count = 0
        self._items: list[int] = []
        self._bullets: list[int] = []

    @property
    def full(self) -> bool:
        """Whether it is time for `finish`, so that memory stays bounded."""
        return self._code_count >= MAX_CODES or len(self._bullets) >= MAX_DOCUMENTS

    @property
    def document_count(self) -> int:
        """Documents since the last `finish`."""
        return len(self._bullets)

    def add(self, document: Document) -> None:
        """Append a document."""
        texts = (document.title, *document.bullets, *filter(None, document.labels))
        self._texts += texts
        self._size += sum(map(len, texts))
        self._items.append(len(texts))
        self._bullets.append(len(document.bullets))
        if self._size >= _BLOCK:
            self._encode()

    def new_keys(self) -> list[WordKey]:
        """Return the words not told of before, in the order of their numbers."""
        self._encode()
        keys, self._words.new = self._words.new, []
        return keys

    def finish(self) -> Batch:
        """Return the documents added since the last call, and start anew."""
        keys = self.new_keys()
        codes = np.concatenate(self._blocks) if self._blocks else np.zeros(0, np.int32)
        offsets = np.zeros(len(self._items) + 1, np.int64)
        ends = (codes == ITEM_END).nonzero()[0]
        offsets[1:] = ends.take(np.cumsum(self._items, dtype=np.int64) - 1) + 1
        batch = Batch(codes, offsets, np.array(self._bullets, np.int64), keys)
        self._begin()
        if len(self._chunks) > MAX_CACHED_CHUNKS:
            self._chunks = _Chunks(self._hasher)
        return batch

    def _encode(self) -> None:
        if not self._texts:
            return
        units = _joined(self._texts)
        self._texts, self._size = [], 0
        starts, sizes = _find_chunks(units)
        numbers, firsts = self._chunks.number(units, starts, sizes)
        if len(firsts):
            self._chunks.describe(*self._split(units, starts.take(firsts), sizes.take(firsts)))
        codes = self._chunks.codes(numbers)
        self._blocks.append(codes)
        self._code_count += len(codes)

    def _split(self, units: Units, starts: Ints, sizes: Ints) -> tuple[Ints, Numbers]:
        """Return how many codes each of some new chunks has, and the codes of all of them."""
        found = split_chunks(units, starts, sizes)
        numbers = self._words.number(found.units, found.starts, found.sizes, found.contexts)
        counts = found.counts + found.ends
        codes = np.full(int(counts.sum()), SENTENCE_END, np.int32)
        codes[ranges(np.cumsum(counts) - counts, found.counts)] = numbers + FIRST_WORD
        return counts, codes


def _joined(texts: Iterable[str]) -> Units:
    """Return texts as UTF-16, each with the mark behind it, the first and the last with blanks around them."""
    texts = list(texts)
    whole = f" {_MARK.join(texts)}{_MARK}{' ' * PADDING}"
    if whole.count(_MARK) > len(texts):
        whole = f" {_MARK.join(text.replace(_MARK, ' ') for text in texts)}{_MARK}{' ' * PADDING}"
    try:
        data = whole.encode("utf-16-le")
    except UnicodeEncodeError:
        data = _LONE_SURROGATE.sub(_NO_LETTER, whole).encode("utf-16-le")
    return np.frombuffer(data, np.uint16)


def _find_chunks(units: Units) -> tuple[Ints, Ints]:
    """Return where chunks and marks begin and how long they are."""
    space = _IS_SPACE.take(units)
    mark = units == ord(_MARK)
    first = space[:-1] > space[1:]
    first |= mark[1:]
    last = space[1:] > space[:-1]
    last |= mark[:-1]
    starts = first.nonzero()[0]
    sizes = last.nonzero()[0]
    sizes -= starts
    starts += 1
    return starts, sizes


def _texts(units: Units, starts: Ints, ends: Ints) -> list[str]:
    """Return pieces of ``units`` as strings."""
    text = units.tobytes().decode("utf-16-le", "surrogatepass")
    if len(text) < len(units):
        # Two units may be one character.
        before = np.zeros(len(units) + 1, np.int64)
        np.cumsum((units & 0xFC00) == 0xDC00, out=before[1:])
        starts, ends = starts - before.take(starts), ends - before.take(ends)
    return [text[start:end] for start, end in zip(starts.tolist(), ends.tolist())]


def _with_room(array: npt.NDArray[_T], size: int) -> npt.NDArray[_T]:
    if size <= len(array):
        return array
    larger = np.zeros(max(size, 2 * len(array)), array.dtype)
    larger[: len(array)] = array
    return larger
