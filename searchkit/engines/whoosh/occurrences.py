"""Where the terms and bigrams of a query stand in the streams of a few documents.

A query names terms; streams hold words. So the words that hold one of the terms, or of the bigrams, are looked up in
the lexicon turned round, and marked in an array over all words: one look at it per word of a stream is all it takes.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from searchkit.analysis.token import FIRST_WORD, ITEM_END, Kind
from searchkit.engines.whoosh.generation import Generation
from searchkit.engines.whoosh.ranges import ranges
from searchkit.engines.whoosh.syllables import bigram_number

Ints = npt.NDArray[np.int64]

NEAR = 3
_APART = NEAR + 1
"""The end of an item counts as so many terms: nothing is near across it."""
_CACHED = 4096
_NAME = "stream words"
_PIECE_BITS = 12
_STEP_BITS = 40


@dataclass(frozen=True, slots=True, eq=False)
class Occurrences:
    """What stands where in the streams of ``doc_count`` documents.

    ``terms``, ``positions``, ``docs`` and ``sentences`` run parallel, in the order of the streams: the number of a
    term, where it stands among all base terms, the number of its document and of its sentence. ``bigrams`` and
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
        tokens = lexicon.expand(np.arange(lexicon.word_count, dtype=np.int64))
        base = tokens.kinds == Kind.BASE
        owners = np.repeat(np.arange(lexicon.word_count, dtype=np.int32), tokens.counts)[base]
        counts = np.bincount(owners, minlength=lexicon.word_count)
        # How many base terms a code is, and in the high bits whether it ends a sentence.
        self.steps: Ints = np.zeros(lexicon.word_count + FIRST_WORD, np.int64)
        self.steps[FIRST_WORD:] = counts
        self.steps[ITEM_END] = _APART
        self.steps[:FIRST_WORD] += 1 << _STEP_BITS
        # Sorted by term: the words that hold one, and where in the word it stands.
        place = np.arange(len(owners), dtype=np.int64) - (np.cumsum(counts) - counts)[owners]
        order = np.argsort(tokens.terms[base], kind="stable")
        self._terms = tokens.terms[base][order].astype(np.uint32)
        self._words = owners[order]
        self._places = place[order]
        self._marks = _Marks(lexicon.word_count + FIRST_WORD)
        self._bigrams: OrderedDict[str, Ints] = OrderedDict()
        self._lock = threading.Lock()

    @classmethod
    def of(cls, generation: Generation) -> StreamWords:
        """Return what lives with ``generation``."""
        found = generation.caches.get(_NAME)
        if found is None:
            found = generation.caches.setdefault(_NAME, cls(generation))
        assert isinstance(found, StreamWords)
        return found

    def _words_with(self, bigram: str) -> Ints:
        with self._lock:
            found = self._bigrams.get(bigram)
            if found is not None:
                self._bigrams.move_to_end(bigram)
                return found
        number = bigram_number(bigram)
        found = np.concatenate([level.bigrams.words_of(number) for level in self._lexicon.levels])
        with self._lock:
            self._bigrams[bigram] = found
            if len(self._bigrams) > _CACHED:
                self._bigrams.popitem(last=False)
        return found

    def marked(self, terms: Sequence[int], bigrams: Sequence[str]) -> MarkedWords:
        """Return the words that hold one of ``terms``, distinct string ids, or of ``bigrams``."""
        words: list[npt.NDArray[Any]] = []
        pieces: list[npt.NDArray[Any]] = []
        for number, term in enumerate(terms):
            low, high = self._terms.searchsorted(np.array((term, term + 1), np.uint32)).tolist()
            words.append(self._words[low:high])
            pieces.append(self._places[low:high] << _PIECE_BITS | number)
        for number, bigram in enumerate(bigrams):
            holding = self._words_with(bigram)
            words.append(holding)
            pieces.append(np.full(len(holding), number + len(terms), np.int64))
        return MarkedWords(self, self._marks, len(terms), words, pieces)


class _Marks(threading.local):
    """An array over all codes of streams, all 0 between two uses, for each thread."""

    def __init__(self, size: int) -> None:
        self.array: npt.NDArray[np.int32] = np.zeros(size, np.int32)


class MarkedWords:
    """The words of a query: each holds one or several *pieces*, terms or bigrams."""

    def __init__(
        self,
        stream_words: StreamWords,
        marks: _Marks,
        term_count: int,
        words: Sequence[npt.NDArray[Any]],
        pieces: Sequence[npt.NDArray[Any]],
    ) -> None:
        self._steps = stream_words.steps
        self._marks = marks
        self._term_count = term_count
        joined = np.concatenate(words) if words else np.zeros(0, np.int64)
        order = np.argsort(joined, kind="stable")
        joined = joined[order]
        # Terms come first, in the order in which they stand in the word: the place is in the high bits.
        self._pieces = (np.concatenate(pieces) if pieces else joined)[order]
        starts = np.flatnonzero(np.diff(joined, prepend=-1))
        self._codes = joined[starts] + FIRST_WORD
        self._starts = starts
        self._sizes = np.diff(np.append(starts, len(joined)))

    def find(self, codes: npt.NDArray[np.int32], offsets: Ints) -> Occurrences:
        """Find them in the streams of documents: ``codes`` of all of them, cut by ``offsets``."""
        marks = self._marks.array
        marks[self._codes] = np.arange(1, len(self._codes) + 1, dtype=np.int32)
        found = marks.take(codes)
        marks[self._codes] = 0
        at = found.nonzero()[0]
        word = found.take(at) - 1
        bounds = at.searchsorted(offsets)
        docs = np.repeat(np.arange(len(offsets) - 1), bounds[1:] - bounds[:-1])
        steps = self._steps.take(codes)
        before = steps.cumsum().take(at) - steps.take(at)
        sizes = self._sizes.take(word)
        pieces = self._pieces.take(ranges(self._starts.take(word), sizes))
        docs, before = np.repeat(docs, sizes), np.repeat(before, sizes)
        numbers = pieces & ((1 << _PIECE_BITS) - 1)
        is_term = numbers < self._term_count
        terms, others = is_term.nonzero()[0], (~is_term).nonzero()[0]
        before = before.take(terms)
        positions = (before & ((1 << _STEP_BITS) - 1)) + (pieces.take(terms) >> _PIECE_BITS)
        order = positions.argsort(kind="stable")
        terms = terms.take(order)
        return Occurrences(
            len(offsets) - 1,
            numbers.take(terms),
            positions.take(order),
            docs.take(terms),
            (before >> _STEP_BITS).take(order),
            numbers.take(others) - self._term_count,
            docs.take(others),
        )
