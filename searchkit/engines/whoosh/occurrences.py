"""Where the terms and bigrams of a query stand in the streams of a few documents.

A query names terms; streams hold words. So the words that hold one of the terms, or of the bigrams, are looked up in
the lexicon turned round, and marked in an array over all words: one look at it per word of a stream is all it takes.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass

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
_NAME = "stream words"
_FIRST = 1 + FIRST_WORD
_PIECE_BITS = 12
_WORD_SHIFT = 32
_STEP_BITS = 24
_MARK = 1 << 30


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
        # How many base terms a code is, and in the high bits whether it ends a sentence; 0 is for bytes within a code.
        steps = np.zeros(_FIRST + lexicon.word_count, np.int32)
        steps[_FIRST:] = counts
        steps[1 + ITEM_END] = _APART
        steps[1:_FIRST] += 1 << _STEP_BITS
        # Sorted by term: the words that hold one, and where in the word it stands.
        place = np.arange(len(owners), dtype=np.int32)
        place -= (np.cumsum(counts, dtype=np.int32) - counts)[owners]
        order = np.argsort(terms, kind="stable")
        self._terms = terms[order]
        self._words = owners[order]
        self._places = place[order]
        self._tables = _Tables(steps)
        self._bigrams: OrderedDict[str, Words] = OrderedDict()
        self._lock = threading.Lock()

    @classmethod
    def of(cls, generation: Generation) -> StreamWords:
        """Return what lives with ``generation``."""
        return derived(generation, _NAME, cls)

    def _words_with(self, bigram: str) -> Words:
        with self._lock:
            found = self._bigrams.get(bigram)
            if found is not None:
                self._bigrams.move_to_end(bigram)
                return found
        number = bigram_number(bigram)
        levels = [level.bigrams.words_of(number) for level in self._lexicon.levels]
        found = np.concatenate(levels).astype(np.int32)
        with self._lock:
            self._bigrams[bigram] = found
            if len(self._bigrams) > _CACHED:
                self._bigrams.popitem(last=False)
        return found

    def _slice(self, term: int) -> slice:
        return slice(*self._terms.searchsorted(np.array((term, term + 1), np.uint32)).tolist())

    def with_term(self, term: int) -> Words:
        """Return the words that hold a base term, given as its string id."""
        return self._words[self._slice(term)]

    def marked(self, terms: Sequence[int], bigrams: Sequence[str]) -> MarkedWords:
        """Return the words that hold one of ``terms``, distinct string ids, or of ``bigrams``."""
        words: list[Words] = []
        places: list[Words] = []
        for term in terms:
            found = self._slice(term)
            words.append(self._words[found])
            places.append(self._places[found])
        words += map(self._words_with, bigrams)
        pieces = np.repeat(np.arange(len(words)), [len(each) for each in words])
        if places:
            first = np.concatenate(places)
            pieces[: len(first)] |= first.astype(np.int64) << _PIECE_BITS
        return MarkedWords(self._tables, len(terms), words, pieces)


class _Tables(threading.local):
    """For each thread two arrays over all codes: ``steps``, to which marks are added, and ``numbers`` of the marked."""

    def __init__(self, steps: Words) -> None:
        self.steps = steps.copy()
        self.numbers: Words = np.zeros(len(steps), np.int32)


class MarkedWords:
    """The words of a query: each holds one or several *pieces*, terms or bigrams."""

    def __init__(self, tables: _Tables, term_count: int, words: Sequence[Words], pieces: Ints) -> None:
        self._tables = tables
        self._term_count = term_count
        joined = np.concatenate(words) if words else np.zeros(0, np.int32)
        # The pieces of a word in the order of their places, which are in their high bits.
        packed = joined.astype(np.int64) << _WORD_SHIFT | pieces
        packed.sort()
        self._pieces = packed & ((1 << _WORD_SHIFT) - 1)
        packed >>= _WORD_SHIFT
        self._starts = firsts(packed)
        self._codes = packed.take(self._starts) + _FIRST
        self._sizes = np.diff(self._starts, append=len(packed))

    def find(self, data: npt.NDArray[np.uint8], bounds: Ints) -> Occurrences:
        """Find them in the encoded streams of documents, one after the other, cut by ``bounds``."""
        codes = stream.spread(data)
        steps, numbers = self._tables.steps, self._tables.numbers
        steps[self._codes] += _MARK
        try:
            taken = steps.take(codes, mode="wrap")
        finally:
            steps[self._codes] -= _MARK
        at = (taken >= _MARK).nonzero()[0]
        numbers[self._codes] = np.arange(len(self._codes), dtype=np.int32)
        word = numbers.take(codes.take(at))
        # From one marked word up to the next: the base terms, and the ends of sentences in the high bits.
        passed = np.add.reduceat(taken, at, dtype=np.int64) - _MARK if len(at) else np.zeros(0, np.int64)
        before, sentence = np.zeros((2, len(at)), np.int64)
        np.cumsum(passed[:-1] & ((1 << _STEP_BITS) - 1), out=before[1:])
        np.cumsum(passed[:-1] >> _STEP_BITS, out=sentence[1:])
        ends = at.searchsorted(bounds)
        docs = np.repeat(np.arange(len(bounds) - 1), ends[1:] - ends[:-1])
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
            sentence.take(holders),
            which.take(others) - self._term_count,
            docs.take(owners.take(others)),
        )
