"""Writing the lexicon: a level of new words, or one of several levels.

Whatever is written, no id of a string or a word changes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import chain, repeat

import numpy as np
import numpy.typing as npt

from searchkit.analysis.ranges import ranges
from searchkit.analysis.token import Token, WordKey
from searchkit.analysis.token_table import TokenTable
from searchkit.engines.whoosh.blockfile import BlockFileWriter, small
from searchkit.engines.whoosh.lexicon import (
    CONTEXT_BITS,
    KIND_SHIFT,
    WORD_SAMPLE,
    LexiconLevel,
    StoredLexicon,
    WordLevels,
)
from searchkit.engines.whoosh.strings import write_strings
from searchkit.engines.whoosh.syllables import bigrams_of, write_bigrams

Ints = npt.NDArray[np.int64]


class KnownStrings:
    """The ids of the strings that one run meets: it looks up those of the levels ``before`` it and keeps its own.

    A level written without it must not bring strings: make another one then.
    """

    def __init__(self, before: StoredLexicon) -> None:
        self._before = before
        self._ids: dict[str, int] = {}

    def find(self, texts: Iterable[str]) -> dict[str, int]:
        """Return the ids of distinct ``texts``, in their order; -1 for those that are new."""
        if not self._ids and not self._before.levels:
            return dict.fromkeys(texts, -1)
        texts = list(texts)
        found = dict(zip(texts, map(self._ids.get, texts, repeat(-1))))
        if self._before.levels:
            found.update((text, self._before.string_id(text)) for text, each in found.items() if each < 0)
        return found

    def keep(self, ids: Mapping[str, int]) -> None:
        """Remember the ids of strings."""
        self._ids.update(ids)


class NewWords:
    """Words on top of a lexicon, in the order of their ids, and their strings: a level that no file holds yet."""

    def __init__(
        self,
        before: WordLevels,
        keys: Sequence[WordKey],
        tokens: Sequence[tuple[Token, ...]],
        strings: KnownStrings,
    ) -> None:
        """Give ids to ``keys``, which ``before`` lacks, and to the strings that they and their ``tokens`` bring."""
        forms = [key.form for key in keys]
        table = TokenTable.of(tokens)
        used = np.flatnonzero(np.bincount(table.numbers, minlength=len(table.texts)))
        terms_used = [table.texts[number] for number in used.tolist()]
        ids = strings.find(dict.fromkeys(chain(forms, terms_used)))
        # Code points are in the order of their UTF-8 bytes.
        self.texts = sorted([text for text, found in ids.items() if found < 0])
        self.first_string = before.string_count
        self.string_end = self.first_string + len(self.texts)
        self.first_word = before.word_count
        self.word_end = self.first_word + len(keys)
        ids.update(zip(self.texts, range(self.first_string, self.string_end)))
        strings.keep(ids)
        self.packed = _numbers(map(ids.__getitem__, forms), len(forms)) << CONTEXT_BITS
        self.packed |= _numbers([key.context for key in keys], len(keys))
        numbers = np.zeros(len(table.texts), np.int64)
        numbers[used] = _numbers(map(ids.__getitem__, terms_used), len(used))
        self.counts = table.counts
        self.terms = numbers[table.numbers] | table.kinds << KIND_SHIFT
        self.starts = table.starts
        self.lengths = table.lengths - 1
        self._token_ends = np.cumsum(table.counts)
        self._bigrams = bigrams_of(forms)

    def chosen(self, local: Ints) -> tuple[Ints, Ints, Ints]:
        """Return packed keys, token counts and packed terms of the words ``local``, counted from the first."""
        counts = self.counts.take(local)
        at = ranges(self._token_ends.take(local) - counts, counts)
        return self.packed.take(local), counts, self.terms.take(at)

    def bigrams_by_word(self) -> tuple[Ints, Ints]:
        """Return how many bigrams each word holds, and the bigrams of all of them."""
        return self._bigrams


def write_words(writer: BlockFileWriter, several: Sequence[NewWords]) -> None:
    """Write one level with all words of ``several``, one or more, which follow each other."""
    first, last = several[0], several[-1]
    texts = list(chain.from_iterable(each.texts for each in several))
    order = None
    if len(several) > 1:
        places = sorted(range(len(texts)), key=texts.__getitem__)
        texts = [texts[place] for place in places]
        order = np.array(places, np.int64)
    write_strings(writer, [text.encode("utf-8", "surrogatepass") for text in texts], order)
    bounds = (first.first_string, last.string_end, first.first_word, last.word_end)
    packed, counts, terms, starts, lengths = (
        np.concatenate(parts)
        for parts in zip(
            *((each.packed, each.counts, each.terms, each.starts, each.lengths) for each in several)
        )
    )
    _write_words(writer, bounds, packed, counts, terms, starts, lengths)
    write_bigrams(writer, *map(np.concatenate, zip(*(each.bigrams_by_word() for each in several))))


def write_level(
    writer: BlockFileWriter,
    stored: StoredLexicon,
    keys: Sequence[WordKey],
    tokens: Sequence[tuple[Token, ...]],
    strings: KnownStrings,
) -> None:
    """Write a level with new words on top of ``stored``: ``keys``, in the order of their ids, and their ``tokens``."""
    write_words(writer, [NewWords(stored, keys, tokens, strings)])


def _numbers(values: Iterable[int], count: int) -> Ints:
    return np.fromiter(values, np.int64, count)


def _write_words(
    writer: BlockFileWriter,
    bounds: tuple[int, int, int, int],
    packed: npt.NDArray[np.int64],
    counts: npt.NDArray[np.int64],
    terms: npt.NDArray[np.int64],
    starts: npt.NDArray[np.integer],
    lengths: npt.NDArray[np.integer],
) -> None:
    offsets = np.cumsum(counts) - counts
    writer.add("lexicon.range", np.array(bounds, np.int64))
    writer.add("words.keys", packed.astype(np.uint32))
    writer.add("words.by_key", small(np.argsort(packed, kind="stable")))
    writer.add("tokens.counts", counts.astype(np.uint16 if counts.max(initial=0) > 255 else np.uint8))
    writer.add("tokens.samples", offsets[::WORD_SAMPLE].astype(np.uint32))
    writer.add("tokens.terms", terms.astype(np.uint32))
    writer.add("tokens.starts", starts.astype(np.uint8))
    writer.add("tokens.lengths", lengths.astype(np.uint8))


def merge_levels(
    writer: BlockFileWriter,
    levels: Sequence[LexiconLevel],
    changes: Mapping[int, tuple[Token, ...]] | None = None,
) -> None:
    """Write one level that holds all words and strings of ``levels``, which follow each other; no id changes.

    With ``changes`` (word id → its tokens from now on) ``levels`` are all levels; new terms get the next ids.
    """
    first, string_end = levels[0].first_string, levels[-1].string_end
    strings = sorted((string, string_id) for level in levels for string, string_id in level.strings.iterate())
    arrays = [level.arrays() for level in levels]
    spans = [level.token_spans() for level in levels]
    packed, counts, terms = (np.concatenate(parts) for parts in zip(*arrays))
    starts, lengths = (np.concatenate(parts) for parts in zip(*spans))
    if changes:
        ids = _ids_of_terms(levels, changes)
        new = sorted(
            (text.encode("utf-8", "surrogatepass"), each) for text, each in ids.items() if each >= string_end
        )
        strings = sorted(strings + new)
        string_end += len(new)
        counts, terms, starts, lengths = _changed(counts, terms, starts, lengths, changes, ids)
    order = np.fromiter((string_id - first for _, string_id in strings), np.int64, len(strings))
    write_strings(writer, [string for string, _ in strings], order)
    bounds = (first, string_end, levels[0].first_word, levels[-1].word_end)
    _write_words(writer, bounds, packed, counts, terms, starts, lengths)
    bigram_counts, bigrams = zip(*(level.bigrams.by_word for level in levels))
    write_bigrams(writer, np.concatenate(bigram_counts), np.concatenate(bigrams))


def _ids_of_terms(levels: Sequence[LexiconLevel], changes: Mapping[int, tuple[Token, ...]]) -> dict[str, int]:
    """Return the string ids of all terms of ``changes``; those that are new follow the last of ``levels``."""
    stored = StoredLexicon(levels)
    ids: dict[str, int] = {}
    next_id = stored.string_count
    for text in sorted({token.text for tokens in changes.values() for token in tokens}):
        found = stored.string_id(text)
        if found < 0:
            found, next_id = next_id, next_id + 1
        ids[text] = found
    return ids


def _changed(
    counts: npt.NDArray[np.int64],
    terms: npt.NDArray[np.int64],
    starts: npt.NDArray[np.uint8],
    lengths: npt.NDArray[np.uint8],
    changes: Mapping[int, tuple[Token, ...]],
    ids: Mapping[str, int],
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.uint8], npt.NDArray[np.uint8]]:
    """Put the tokens of ``changes`` in the place of those that the words had."""
    owners = np.repeat(np.arange(len(counts), dtype=np.int64), counts)
    kept = ~np.isin(owners, np.fromiter(changes, np.int64, len(changes)))
    flat = [(word, token) for word, tokens in changes.items() for token in tokens]
    rows = np.array(
        [
            (word, token.kind << KIND_SHIFT | ids[token.text], token.start, token.length - 1)
            for word, token in flat
        ],
        np.int64,
    ).reshape(-1, 4)
    owners = np.concatenate((owners[kept], rows[:, 0]))
    order = np.argsort(owners, kind="stable")
    return (
        np.bincount(owners, minlength=len(counts)).astype(np.int64),
        np.concatenate((terms[kept], rows[:, 1]))[order],
        np.concatenate((starts[kept], rows[:, 2].astype(np.uint8)))[order],
        np.concatenate((lengths[kept], rows[:, 3].astype(np.uint8)))[order],
    )
