"""Marks stand for words in stored documents, whatever numbers a lexicon gives them.

Where several write at once, a word gets its number only when its commit is made, and documents are sent before. A mark
is made of the word itself; the lexicon keeps those of all its words, so that a page of documents becomes numbers of
words by one look-up on arrays, without its texts being cut again.
"""

from __future__ import annotations

import hashlib
from binascii import a2b_base64, b2a_base64
from collections.abc import Callable, Iterable, Sequence

import numpy as np
import numpy.typing as npt

from searchkit.analysis.token import FIRST_WORD, ITEM_END, SENTENCE_END, WordKey
from searchkit.engines.whoosh.blockfile import BlockFileWriter
from searchkit.engines.whoosh.lexicon import LexiconLevel

Ints = npt.NDArray[np.int64]

_BYTES = 5
_COLUMN = "words.marks"
_ENDS = {code: code.to_bytes(_BYTES, "little") for code in (ITEM_END, SENTENCE_END)}


def mark(key: WordKey) -> bytes:
    """Return what stands for a word; rarely two words share one."""
    data = f"{int(key.context)}{key.form}".encode("utf-8", "surrogatepass")
    return hashlib.blake2b(data, digest_size=_BYTES).digest()


def marked(codes: Iterable[int], mark_of: Callable[[int], bytes]) -> str:
    """Return the stream of a document as it is stored; ``mark_of`` gives the mark of a word by its number."""
    marks = (_ENDS[code] if code < FIRST_WORD else mark_of(code - FIRST_WORD) for code in codes)
    return b2a_base64(b"".join(marks), newline=False).decode()


def write_marks(writer: BlockFileWriter, keys: Iterable[WordKey]) -> None:
    """Add the marks of the words of a level, in the order of their numbers, to its file."""
    writer.add(_COLUMN, b"".join(map(mark, keys)))


def merge_marks(writer: BlockFileWriter, levels: Sequence[LexiconLevel]) -> None:
    """Add to the file of a level the marks of those that it is made of."""
    writer.add(_COLUMN, np.concatenate([level.file.column(_COLUMN).all() for level in levels]))


class MarkedWords:
    """The words of the levels of a lexicon by their marks. Thread-safe: it only reads."""

    def __init__(self, levels: Sequence[LexiconLevel]) -> None:
        columns = [level.file.column(_COLUMN).all() for level in levels]
        values = _values(np.concatenate(columns) if columns else np.zeros(0, np.uint8))
        order = np.argsort(values)
        # One more than any mark lets every search end at a place that is there.
        self._marks = np.append(values[order], np.iinfo(np.int64).max)
        self._codes = np.append(order + FIRST_WORD, -1).astype(np.int32)
        # Marks are spread evenly, so their first bits say nearly where they stand.
        bits = max(len(values).bit_length(), 1)
        self._shift = 8 * _BYTES - bits
        firsts = np.arange(1 << bits, dtype=np.int64) << self._shift
        self._firsts = self._marks.searchsorted(firsts)
        twice = self._marks[1:][self._marks[1:] == self._marks[:-1]]
        self._unsure = np.append(twice, self._marks[self._marks < FIRST_WORD])

    def read(self, streams: Sequence[str]) -> tuple[npt.NDArray[np.int32], Ints] | None:
        """Return the codes of several documents' stored streams, without unknown words, and the offsets that cut them.

        None where a mark stands for more than one word: the texts have to be read then.
        """
        raw = [a2b_base64(stream) for stream in streams]
        marks = _values(np.frombuffer(b"".join(raw), np.uint8))
        if len(self._unsure) and np.isin(marks, self._unsure).any():
            return None
        at = self._places(marks)
        codes = self._codes.take(at)
        ends = (marks < FIRST_WORD).nonzero()[0]
        codes[ends] = marks[ends]
        kept = self._marks.take(at) == marks
        kept[ends] = True
        bounds = np.zeros(len(raw) + 1, np.int64)
        np.cumsum([len(each) // _BYTES for each in raw], out=bounds[1:])
        if kept.all():
            return codes, bounds
        before = np.zeros(len(kept) + 1, np.int64)
        np.cumsum(kept, out=before[1:])
        return codes[kept], before[bounds]

    def _places(self, marks: Ints) -> Ints:
        """Return where each of ``marks`` stands, or the next one above it."""
        at = self._firsts.take(marks >> self._shift)
        below = (self._marks.take(at) < marks).nonzero()[0]
        while len(below):
            at[below] += 1
            below = below[self._marks.take(at[below]) < marks[below]]
        return at


def _values(data: npt.NDArray[np.uint8]) -> Ints:
    """Return marks as numbers."""
    padded = np.zeros((len(data) // _BYTES, 8), np.uint8)
    padded[:, :_BYTES] = data.reshape(-1, _BYTES)
    return padded.reshape(-1).view("<i8")
