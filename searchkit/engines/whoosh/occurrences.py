"""Where the terms and bigrams of a query stand in the streams of a few documents.

A query names terms; streams hold words. So the words that hold one of the terms, or of the bigrams, are looked up in
the lexicon turned round, and marked in an array over all words: one look at it per word of a stream is all it takes.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from searchkit.analysis.ranges import ranges
from searchkit.analysis.token import FIRST_WORD, ITEM_END
from searchkit.engines.derived import derived
from searchkit.engines.whoosh import stream
from searchkit.engines.whoosh.generation import Generation
from searchkit.engines.whoosh.syllables import bigram_number
from searchkit.ranking.ascending import firsts

Ints = npt.NDArray[np.int64]
Words = npt.NDArray[np.int32]

NEAR = 3
_APART = NEAR + 1
"""The end of an item counts as so many terms: nothing is near across it."""
_CACHED = 4096
_FEW_TERMS = 64
"""The terms of all words are sorted when more are asked for: who asks once and ends doesn't wait for that."""
_NAME = "stream words"
_FIRST = 1 + FIRST_WORD
_PIECE_BITS = 12
_WORD_SHIFT = 32
_MOST = 31
"""So many base terms of a word fit into a step; above them stand the signs of what ends a sentence and of marks."""
_ENDS_BIT = 5
_MARK = 0x80
_EIGHT = np.dtype("<u8")
"""Eight steps are looked at as one number, the first in its lowest byte."""
_EACH, _COUNTS, _MARKS = (_EIGHT.type(int(byte * 8, 16)) for byte in ("01", f"{_MOST:x}", f"{_MARK:x}"))
_BEFORE = (np.uint64(1) << np.arange(0, 64, 8, dtype=np.uint64)) - np.uint64(1)
"""For each of eight steps those before it."""
_SENTENCE_SHIFT = np.uint64(32)


@dataclass(frozen=True, slots=True, eq=False)
class Occurrences:
    """What stands where in the streams of ``doc_count`` documents.

    ``terms``, ``positions``, ``docs`` and ``sentences`` run parallel, in the order of the streams: the number of a
    term, where it stands among all base terms, the number of its document and of its sentence; only differences
    between positions mean something, and sentences without a term may have no number. ``bigrams`` and
    ``bigram_docs``: the number of a bigram and the document of a word that holds it.
    """

    doc_count: int
    terms: Ints
    positions: Ints
    docs: Ints
    sentences: Ints
    bigrams: Ints
    bigram_docs: Ints


class StreamWords:
    """The lexicon turned round, for one generation: which words hold a term, and how many terms a word has."""

    def __init__(self, generation: Generation) -> None:
        lexicon = generation.lexicon
        self._lexicon = lexicon
        found = [level.base_terms() for level in lexicon.levels]
        owners = np.concatenate([np.zeros(0, np.int32), *(words for words, _ in found)])
        terms = np.concatenate([np.zeros(0, np.uint32), *(terms for _, terms in found)])
        counts = np.bincount(owners, minlength=lexicon.word_count).astype(np.int32)
        # How many base terms a code is, and whether it ends a sentence; 0 is for bytes within a code.
        steps = np.zeros(_FIRST + lexicon.word_count, np.uint8)
        steps[_FIRST:] = np.minimum(counts, _MOST)
        steps[1 + ITEM_END] = _APART
        steps[1:_FIRST] |= 1 << _ENDS_BIT
        self._long = (counts > _MOST).nonzero()[0]
        self._more = counts.take(self._long) - _MOST
        self._terms, self._words = terms, owners
        self._starts = np.cumsum(counts, dtype=np.int32) - counts
        self._asked = 0
        self._tables = _Tables(steps)
        self._marks: OrderedDict[int | str, Ints] = OrderedDict()
        self._lock = threading.Lock()

    @classmethod
    def of(cls, generation: Generation) -> StreamWords:
        """Return what lives with ``generation``."""
        return derived(generation, _NAME, cls)

    def with_term(self, term: int) -> Words:
        """Return the words that hold a base term, given as its string id."""
        return self._words.take(self._places_of(term))

    def marked(self, terms: Sequence[int], bigrams: Sequence[str]) -> MarkedWords:
        """Return the words that hold one of ``terms``, distinct string ids, or of ``bigrams``."""
        wanted: tuple[int | str, ...] = (*terms, *bigrams)
        marks = [self._marks_of(piece) | number for number, piece in enumerate(wanted)]
        joined = np.concatenate((np.zeros(0, np.int64), *marks))
        joined.sort()
        pieces = joined & ((1 << _WORD_SHIFT) - 1)
        joined >>= _WORD_SHIFT
        starts = firsts(joined)
        words = joined.take(starts)
        return MarkedWords(self._tables, len(terms), words, pieces, starts, self._above(words))

    @cached_property
    def _by_term(self) -> tuple[npt.NDArray[np.uint32], npt.NDArray[np.uint32]]:
        """All terms of words, sorted, and their places among all."""
        order = np.argsort(self._terms, kind="stable")
        return self._terms.take(order), order.astype(np.uint32)

    def _places_of(self, term: int) -> Ints:
        """Return the places among the terms of all words at which a term stands, ascending."""
        if self._asked < _FEW_TERMS:
            self._asked += 1
            return np.flatnonzero(self._terms == np.uint32(term))
        terms, places = self._by_term
        start, stop = terms.searchsorted(np.array((term, term + 1), np.uint32)).tolist()
        return places[start:stop].astype(np.int64)

    def _marks_of(self, piece: int | str) -> Ints:
        """Return the words that hold a term or a bigram, in the high half, and where, in the bits below."""
        with self._lock:
            found = self._marks.get(piece)
            if found is not None:
                self._marks.move_to_end(piece)
                return found
        if isinstance(piece, str):
            number = bigram_number(piece)
            found = np.concatenate([level.bigrams.words_of(number) for level in self._lexicon.levels])
            found <<= _WORD_SHIFT
        else:
            at = self._places_of(piece)
            words = self._words.take(at)
            found = words.astype(np.int64) << _WORD_SHIFT
            found |= (at - self._starts.take(words)) << _PIECE_BITS
        with self._lock:
            self._marks[piece] = found
            if len(self._marks) > _CACHED:
                self._marks.popitem(last=False)
        return found

    def _above(self, words: Ints) -> Ints | None:
        """Return for each of ``words``, by its id, how many base terms it has above `_MOST`; None if none has."""
        if not len(self._long):
            return None
        above = np.zeros(len(words), np.int64)
        at = self._long.searchsorted(words)
        here = self._long.take(at, mode="clip") == words
        above[here] = self._more.take(at[here])
        return above if here.any() else None


class _Tables(threading.local):
    """For each thread two arrays over all codes: ``steps``, to which marks are added, and ``numbers`` of the marked."""

    def __init__(self, steps: npt.NDArray[np.uint8]) -> None:
        self.steps = steps.copy()
        self.numbers: Words = np.zeros(len(steps), np.int32)


class MarkedWords:
    """The words of a query: each holds one or several *pieces*, terms or bigrams."""

    def __init__(
        self, tables: _Tables, term_count: int, words: Ints, pieces: Ints, starts: Ints, above: Ints | None
    ) -> None:
        """Take ``words``, ascending, and from each of ``starts`` on its ``pieces``, in the order of their places.

        The low bits of a piece are its number, that of a bigram behind those of the terms; its place is above them.
        """
        self._tables = tables
        self._term_count = term_count
        self._pieces = pieces
        self._starts = starts
        self._codes = words + _FIRST
        self._sizes = np.diff(starts, append=len(pieces))
        self._above = above

    def find(self, data: npt.NDArray[np.uint8], bounds: Ints) -> Occurrences:
        """Find them in the encoded streams of documents, one after the other, cut by ``bounds``."""
        at, word, before, sentences = self._places_in(stream.spread(data))
        docs = np.repeat(np.arange(len(bounds) - 1), np.diff(at.searchsorted(bounds)))
        sizes = self._sizes.take(word)
        pieces = self._pieces.take(ranges(self._starts.take(word), sizes))
        owners = np.repeat(np.arange(len(at)), sizes)
        which = pieces & ((1 << _PIECE_BITS) - 1)
        is_term = which < self._term_count
        terms, others = is_term.nonzero()[0], (~is_term).nonzero()[0]
        holders = owners.take(terms)
        positions = before.take(holders) + (pieces.take(terms) >> _PIECE_BITS)
        return Occurrences(
            len(bounds) - 1,
            which.take(terms),
            positions,
            docs.take(holders),
            sentences.take(holders),
            which.take(others) - self._term_count,
            docs.take(owners.take(others)),
        )

    def _places_in(self, codes: Words) -> tuple[Ints, Words, Ints, Ints]:
        """Return where marked words stand, which, and how many base terms and ends of sentences before them."""
        steps, numbers = self._tables.steps, self._tables.numbers
        taken = np.zeros(-(-len(codes) // 8) * 8, np.uint8)
        steps[self._codes] |= _MARK
        try:
            steps.take(codes, out=taken[: len(codes)], mode="wrap")
        finally:
            steps[self._codes] &= ~_MARK & 0xFF
        eights = taken.view(_EIGHT)
        some = (eights & _MARKS).nonzero()[0]
        found = (eights.take(some).view(np.uint8) >= _MARK).nonzero()[0]
        eight, shift = some.take(found >> 3), found & 7
        at: Ints = eight * 8 + shift
        sums = _sums(eights)
        passed = np.zeros_like(sums)
        np.cumsum(sums[:-1], out=passed[1:])
        passed = passed.take(eight) + _sums(eights.take(eight) & _BEFORE.take(shift))
        numbers[self._codes] = np.arange(len(self._codes), dtype=np.int32)
        word = numbers.take(codes.take(at))
        before = (passed & ((_EIGHT.type(1) << _SENTENCE_SHIFT) - _EIGHT.type(1))).astype(np.int64)
        if self._above is not None:
            above = self._above.take(word)
            before += above.cumsum() - above
        return at, word, before, (passed >> _SENTENCE_SHIFT).astype(np.int64)


def _sums(eights: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    """Return the base terms in each eight steps, and in the high half the ends of sentences."""
    # A product with `_EACH` has the sum of all bytes in its highest.
    terms = eights & _COUNTS
    terms *= _EACH
    terms >>= np.uint64(56)
    ends = eights >> np.uint64(_ENDS_BIT)
    ends &= _EACH
    ends *= _EACH
    ends >>= np.uint64(56)
    ends <<= _SENTENCE_SHIFT
    terms |= ends
    return terms
