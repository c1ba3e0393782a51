"""The stored lexicon: every distinct word once, with its terms, in levels that only ever grow.

Strings (terms and forms) and words have ids that never change. A commit with new words adds a level for a
contiguous range of both; small levels are merged into one, which changes no id. Everything is looked up by
binary search in mapped arrays.
"""

from __future__ import annotations

import heapq
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import islice
from typing import NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from searchkit.analysis.ranges import ranges
from searchkit.analysis.token import Context, Kind, Token, WordKey
from searchkit.engines.whoosh.blockfile import BlockFile
from searchkit.engines.whoosh.manifest import FileRecord
from searchkit.engines.whoosh.strings import StringTable
from searchkit.engines.whoosh.syllables import LevelBigrams
from searchkit.errors import IndexCorrupt

WORD_SAMPLE = 64
"""Where the tokens of every so many words begin is stored."""
_MAX_STRINGS = 1 << 15
"""So many strings are remembered once they were asked for."""
_FEW_FINDS = 64
"""So many words of a level are looked up one by one before all of its keys are read."""
KIND_SHIFT = 30
"""A packed term is its string id and, from this bit on, its kind."""
_TERM_MASK = (1 << KIND_SHIFT) - 1
CONTEXT_BITS = 2
"""A packed key is the string id of a form and, in so many low bits, the context of the word."""


class WordTokens(NamedTuple):
    """The terms of several words as arrays: ``counts`` tokens for each word, ``kinds`` and ``terms`` of all of them."""

    forms: npt.NDArray[np.int64]
    counts: npt.NDArray[np.int64]
    kinds: npt.NDArray[np.int64]
    terms: npt.NDArray[np.int64]


class WordLevel(Protocol):
    """Words of a contiguous range of ids and the terms of each, wherever they are kept."""

    @property
    def string_end(self) -> int:
        """One more than the greatest id of a string."""

    @property
    def first_word(self) -> int:
        """The lowest id of a word."""

    @property
    def word_end(self) -> int:
        """One more than the greatest id of a word."""

    def chosen(
        self, local: npt.NDArray[np.int64]
    ) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """Return packed keys, token counts and packed terms of the words ``local``, counted from the first."""

    def bigrams_by_word(self) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """Return how many bigrams each word holds, and the bigrams of all of them."""


class WordLevels:
    """The terms of words, in levels that follow each other."""

    def __init__(self, levels: Sequence[WordLevel]) -> None:
        self._word_levels = tuple(levels)

    @property
    def string_count(self) -> int:
        """The number of distinct strings: terms and forms."""
        return self._word_levels[-1].string_end if self._word_levels else 0

    @property
    def word_count(self) -> int:
        """The number of distinct words."""
        return self._word_levels[-1].word_end if self._word_levels else 0

    def expand(self, word_ids: npt.NDArray[np.int64]) -> WordTokens:
        """Return the forms and tokens of ``word_ids``, ascending and distinct, as arrays of string ids."""
        forms, counts, kinds, terms = [], [], [], []
        for level in self._word_levels:
            low, high = np.searchsorted(word_ids, (level.first_word, level.word_end))
            if low == high:
                continue
            keys, chosen, packed = level.chosen(word_ids[low:high] - level.first_word)
            forms.append(keys >> CONTEXT_BITS)
            counts.append(chosen)
            kinds.append(packed >> KIND_SHIFT)
            terms.append(packed & _TERM_MASK)
        if not forms:
            empty = np.zeros(0, np.int64)
            return WordTokens(empty, empty, empty, empty)
        return WordTokens(*(np.concatenate(parts) for parts in (forms, counts, kinds, terms)))

    def expand_bigrams(
        self, word_ids: npt.NDArray[np.int64]
    ) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """Return how many bigrams each of ``word_ids``, ascending, holds, and the bigrams of all of them."""
        counts: list[npt.NDArray[np.int64]] = [np.zeros(0, np.int64)]
        bigrams: list[npt.NDArray[np.int64]] = [np.zeros(0, np.int64)]
        for level in self._word_levels:
            low, high = np.searchsorted(word_ids, (level.first_word, level.word_end))
            if low == high:
                continue
            local = word_ids[low:high] - level.first_word
            all_counts, all_bigrams = level.bigrams_by_word()
            chosen = all_counts[local]
            counts.append(chosen)
            bigrams.append(all_bigrams[ranges(np.cumsum(all_counts)[local] - chosen, chosen)])
        return np.concatenate(counts), np.concatenate(bigrams)


class LexiconLevel:
    """One file of the lexicon: strings and words of a contiguous range of ids."""

    def __init__(self, file: BlockFile, record: FileRecord) -> None:
        self.file = file
        self.record = record
        bounds = file.column("lexicon.range").all().tolist()
        if len(bounds) != 4:
            raise IndexCorrupt("the range of the lexicon can't be read", path=file.path)
        first_string, self.string_end, self.first_word, self.word_end = bounds
        self.first_string = first_string
        self.strings = StringTable(file, first_string)
        self.bigrams = LevelBigrams(file, self.first_word, self.word_end)
        self._keys = file.column("words.keys")
        self._by_key = file.column("words.by_key")
        self._counts = file.column("tokens.counts")
        self._samples = file.column("tokens.samples")
        self._terms = file.column("tokens.terms")
        self._starts = file.column("tokens.starts")
        self._finds = 0
        self._lengths = file.column("tokens.lengths")
        words = {self._keys.size, self._by_key.size, self._counts.size, self.word_end - self.first_word}
        if len(words) > 1 or len({self._terms.size, self._starts.size, self._lengths.size}) > 1:
            raise IndexCorrupt("the arrays are of different numbers of words", path=file.path)

    def packed_key(self, word_id: int) -> int:
        """Return the form's string id and the context of a word, as one number."""
        return int(self._keys[word_id - self.first_word])

    def find(self, packed: int) -> tuple[int, bool]:
        """Return the position in key order of the first word not below ``packed``, and whether it is that."""
        if self._finds < _FEW_FINDS:
            self._finds += 1
            return self._find_on_disk(packed)
        keys = self._keys_in_order
        at = int(keys.searchsorted(keys.dtype.type(packed)))
        return at, at < len(keys) and int(keys[at]) == packed

    def _find_on_disk(self, packed: int) -> tuple[int, bool]:
        """Return the same without reading the keys of all words, which pays only for many."""
        low, high = 0, self._by_key.size
        keys, order = self._keys, self._by_key
        while low < high:
            middle = (low + high) // 2
            if keys[int(order[middle])] < packed:
                low = middle + 1
            else:
                high = middle
        return low, low < self._by_key.size and int(keys[int(order[low])]) == packed

    def word_at(self, position: int) -> int:
        """Return the id of the word at ``position`` in key order, -1 past the end."""
        return self.first_word + int(self._by_key[position]) if position < self._by_key.size else -1

    @cached_property
    def _keys_in_order(self) -> npt.NDArray[np.uint32]:
        keys: npt.NDArray[np.uint32] = self._keys.all().take(self._by_key.all())
        return keys

    def words_of_strings(self, string_ids: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """Return the ids of the words whose form is one of ``string_ids``."""
        keys = self._keys_in_order
        first = (string_ids << CONTEXT_BITS).astype(keys.dtype)
        starts = keys.searchsorted(first)
        counts = keys.searchsorted(first + ((1 << CONTEXT_BITS) - 1), side="right") - starts
        return self._by_key.all().take(ranges(starts, counts)).astype(np.int64) + np.int64(self.first_word)

    def tokens(self, word_id: int) -> list[tuple[int, int, int, int]]:
        """Return (kind, string id, start, length) of the tokens of a word."""
        local = word_id - self.first_word
        group = local // WORD_SAMPLE
        counts = self._counts.slice(group * WORD_SAMPLE, local + 1)
        start = int(self._samples[group]) + int(counts[:-1].sum(dtype=np.int64))
        stop = start + int(counts[-1])
        terms = self._terms.slice(start, stop).tolist()
        starts = self._starts.slice(start, stop).tolist()
        lengths = self._lengths.slice(start, stop).tolist()
        return [(t >> KIND_SHIFT, t & _TERM_MASK, s, n + 1) for t, s, n in zip(terms, starts, lengths)]

    def arrays(self) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """Return packed keys, token counts and packed terms of all words, by word id."""
        return (
            self._keys.all().astype(np.int64),
            self._counts.all().astype(np.int64),
            self._terms.all().astype(np.int64),
        )

    def base_terms(self) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.uint32]]:
        """Return the base terms of all words, by word id and in text order: the words and the ids of the terms."""
        packed = self._terms.all()
        base = packed >> KIND_SHIFT == Kind.BASE  # a kind of 0 leaves the id alone
        words = np.repeat(np.arange(self.first_word, self.word_end, dtype=np.int32), self._counts.all())
        return words[base], packed[base]

    @cached_property
    def _token_ends(self) -> npt.NDArray[np.uint32]:
        return np.cumsum(self._counts.all(), dtype=np.uint32)

    def chosen(
        self, local: npt.NDArray[np.int64]
    ) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """Return packed keys, token counts and packed terms of the words ``local``, counted from the level's first."""
        counts = self._counts.all().take(local).astype(np.int64)
        starts = self._token_ends.take(local) - counts
        return (
            self._keys.all().take(local).astype(np.int64),
            counts,
            self._terms.all().take(ranges(starts, counts)).astype(np.int64),
        )

    def bigrams_by_word(self) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """Return how many bigrams each word holds, and the bigrams of all of them."""
        return self.bigrams.by_word

    def token_spans(self) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.uint8]]:
        """Return starts and lengths less one of all tokens, by word id."""
        return self._starts.all(), self._lengths.all()


class StoredLexicon(WordLevels):
    """All levels of one generation. Thread-safe."""

    def __init__(self, levels: Sequence[LexiconLevel]) -> None:
        super().__init__(levels)
        self.levels = tuple(levels)
        self._string_firsts = [level.first_string for level in self.levels]
        self._word_firsts = [level.first_word for level in self.levels]
        self._strings: dict[int, str] = {}
        self._ids: dict[str, int] = {}

    def string_id(self, text: str) -> int:
        """Return the id of a term or form, -1 if the lexicon lacks it."""
        for level in self.levels:
            found = level.strings.find(text)
            if found >= 0:
                return found
        return -1

    def remembered_id(self, text: str) -> int:
        """Return what `string_id` does, fast for what was asked for before, as the terms of queries are."""
        found = self._ids.get(text)
        if found is None:
            if len(self._ids) >= _MAX_STRINGS:
                self._ids.clear()
            found = self._ids[text] = self.string_id(text)
        return found

    def string(self, string_id: int) -> str:
        """Return the term or form of an id."""
        found = self._strings.get(string_id)
        if found is None:
            found = self.levels[bisect_right(self._string_firsts, string_id) - 1].strings.string(string_id)
            if len(self._strings) >= _MAX_STRINGS:
                self._strings.clear()
            self._strings[string_id] = found
        return found

    def prefix(self, text: str, limit: int) -> list[int]:
        """Return the ids of at most ``limit`` strings that begin with ``text``, in UTF-8 byte order."""
        key = text.encode("utf-8", "surrogatepass")
        found: list[tuple[bytes, int]] = []
        for level in self.levels:
            for string, string_id in islice(level.strings.iterate(level.strings.rank(key)[0]), limit):
                if not string.startswith(key):
                    break
                found.append((string, string_id))
        found.sort()
        return [string_id for _, string_id in found[:limit]]

    def iterate_strings(self, start: bytes = b"") -> Iterator[tuple[bytes, int]]:
        """Yield (UTF-8, id) of all strings not below ``start``, in byte order."""
        return heapq.merge(*(level.strings.iterate(level.strings.rank(start)[0]) for level in self.levels))

    def word_id(self, key: WordKey) -> int:
        """Return the id of a word, -1 if the lexicon lacks it."""
        string_id = self.string_id(key.form)
        if string_id < 0:
            return -1
        packed = string_id << CONTEXT_BITS | key.context
        for level in self.levels:
            position, found = level.find(packed)
            if found:
                return level.word_at(position)
        return -1

    def words_of_strings(self, string_ids: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """Return the ids, ascending, of the words whose form is one of ``string_ids``, which are distinct."""
        found = [level.words_of_strings(string_ids) for level in self.levels]
        return np.sort(np.concatenate((np.zeros(0, np.int64), *found)))

    def words_of(self, string_id: int) -> list[int]:
        """Return the ids of the words, one a context, whose form is this string."""
        return list(map(int, self.words_of_strings(np.array([string_id], np.int64))))

    def _level_of_word(self, word_id: int) -> LexiconLevel:
        return self.levels[bisect_right(self._word_firsts, word_id) - 1]

    def key(self, word_id: int) -> WordKey:
        """Return the context and the form of a word."""
        packed = self._level_of_word(word_id).packed_key(word_id)
        return WordKey(Context(packed & 3), self.string(packed >> CONTEXT_BITS))

    def tokens(self, word_id: int) -> tuple[Token, ...]:
        """Return the tokens of a word, in text order; its own form, a surface term, isn't among them."""
        found = self._level_of_word(word_id).tokens(word_id)
        return tuple(
            Token(Kind(kind), self.string(term), start, length) for kind, term, start, length in found
        )
