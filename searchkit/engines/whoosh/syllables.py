"""Syllable bigrams of Korean words: which words of the lexicon hold one.

A bigram is two neighbouring Hangul syllables of a word's form, as the number first × 11,172 + second.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import numpy as np
import numpy.typing as npt

from searchkit.engines.whoosh import stream
from searchkit.engines.whoosh.blockfile import BlockFile, BlockFileWriter

Ints = npt.NDArray[np.int64]

_FIRST = 0xAC00
_SYLLABLES = 11_172
BIGRAM_BITS = 27
_BREAK = "\n"


def bigram_number(text: str) -> int:
    """Return the number of a bigram, two Hangul syllables."""
    return (ord(text[0]) - _FIRST) * _SYLLABLES + ord(text[1]) - _FIRST


def bigrams_of(forms: Sequence[str]) -> tuple[Ints, Ints]:
    """Return how many distinct bigrams each of ``forms`` holds, and the bigrams of all of them, ascending for each."""
    text = _BREAK.join(forms) + _BREAK
    points = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32).astype(np.int64)
    syllables = points - _FIRST
    hangul = (syllables >= 0) & (syllables < _SYLLABLES)
    at = np.flatnonzero(hangul[:-1] & hangul[1:])
    owners = np.cumsum(points == ord(_BREAK))[at]
    keys = np.sort(owners << BIGRAM_BITS | (syllables[at] * _SYLLABLES + syllables[at + 1]))
    keys = keys[np.flatnonzero(np.diff(keys, prepend=-1))]
    counts = np.bincount(keys >> BIGRAM_BITS, minlength=len(forms)).astype(np.int64)
    return counts, keys & ((1 << BIGRAM_BITS) - 1)


def write_bigrams(writer: BlockFileWriter, counts: Ints, bigrams: Ints) -> None:
    """Write which words, numbered from 0, hold each bigram; the arguments are what `bigrams_of` returns."""
    words = np.repeat(np.arange(len(counts), dtype=np.int64), counts)
    order = np.argsort(bigrams, kind="stable")
    bigrams, words = bigrams[order], words[order]
    starts = np.flatnonzero(np.diff(bigrams, prepend=-1))
    deltas = np.diff(words, prepend=0)
    deltas[starts] = words[starts]
    data, offsets = stream.encode(deltas)
    distinct = bigrams[starts]
    writer.add("bigrams.numbers", stream.encode(np.diff(distinct, prepend=0))[0])
    writer.add("bigrams.sizes", stream.encode(np.diff(np.append(offsets[starts], len(data))))[0])
    writer.add("bigrams.words", data)


class LevelBigrams:
    """The bigrams of the words of one level of the lexicon, which are numbered from ``first_word``."""

    def __init__(self, file: BlockFile, first_word: int, word_end: int) -> None:
        self._file = file
        self._first_word = first_word
        self._word_count = word_end - first_word
        self._words = file.column("bigrams.words")

    @cached_property
    def _table(self) -> tuple[Ints, Ints]:
        numbers = np.cumsum(stream.decode(self._file.column("bigrams.numbers").all()), dtype=np.int64)
        bounds = np.zeros(len(numbers) + 1, np.int64)
        np.cumsum(stream.decode(self._file.column("bigrams.sizes").all()), out=bounds[1:])
        return numbers, bounds

    def words_of(self, bigram: int) -> Ints:
        """Return the words that hold a bigram, ascending."""
        numbers, bounds = self._table
        at = int(numbers.searchsorted(bigram))
        if at == len(numbers) or numbers[at] != bigram:
            return np.zeros(0, np.int64)
        data = self._words.slice(*bounds[at : at + 2].tolist())
        return np.cumsum(stream.decode(data), dtype=np.int64) + self._first_word

    @cached_property
    def by_word(self) -> tuple[Ints, Ints]:
        """What `bigrams_of` returned for the words of the level."""
        numbers, bounds = self._table
        data = self._words.all()
        deltas = stream.decode(data).astype(np.int64)
        starts = stream.count_codes(data, bounds)
        sums = np.cumsum(deltas)
        sizes = np.diff(starts)
        words = sums - np.repeat(sums[starts[:-1]] - deltas[starts[:-1]], sizes)
        bigrams = np.repeat(numbers, sizes)
        counts = np.bincount(words, minlength=self._word_count).astype(np.int64)
        # Sorting numbers is far cheaper than sorting their places.
        words <<= BIGRAM_BITS
        words |= bigrams
        words.sort()
        words &= (1 << BIGRAM_BITS) - 1
        return counts, words
