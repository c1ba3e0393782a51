"""The tokens of many words as arrays: what a lexicon is written from."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial
from itertools import chain
from typing import overload

import numpy as np
import numpy.typing as npt

from searchkit.analysis.token import Kind, Token

Ints = npt.NDArray[np.int64]

_KINDS = tuple(Kind)
_make = partial(tuple.__new__, Token)


class TokenTable(Sequence[tuple[Token, ...]]):
    """The tokens of several words: ``counts`` of them a word; of each its kind, text, start and length.

    ``numbers`` are places in ``texts``, which several tables may share: it may hold more than is used here, the same
    text twice as well.
    """

    def __init__(
        self, counts: Ints, kinds: Ints, texts: Sequence[str], numbers: Ints, starts: Ints, lengths: Ints
    ) -> None:
        self.counts = counts
        self.kinds = kinds
        self.texts = texts
        self.numbers = numbers
        self.starts = starts
        self.lengths = lengths
        self._ends = np.cumsum(counts)

    @classmethod
    def of(cls, words: Sequence[tuple[Token, ...]]) -> TokenTable:
        """Make a table of the tokens of ``words``; a table stays what it is."""
        if isinstance(words, TokenTable):
            return words
        flat = list(chain.from_iterable(words))
        kinds, texts, starts, lengths = zip(*flat) if flat else ((), (), (), ())
        numbers = {text: number for number, text in enumerate(dict.fromkeys(texts))}
        return cls(
            _numbers(map(len, words), len(words)),
            _numbers(kinds, len(flat)),
            list(numbers),
            _numbers(map(numbers.__getitem__, texts), len(flat)),
            _numbers(starts, len(flat)),
            _numbers(lengths, len(flat)),
        )

    @classmethod
    def joined(cls, tables: Sequence[TokenTable]) -> TokenTable:
        """Put the words of several tables one after the other."""
        texts: list[str] = []
        firsts: dict[int, int] = {}
        for table in tables:
            if id(table.texts) not in firsts:
                firsts[id(table.texts)] = len(texts)
                texts += table.texts
        none = np.zeros(0, np.int64)
        return cls(
            np.concatenate([none, *(table.counts for table in tables)]),
            np.concatenate([none, *(table.kinds for table in tables)]),
            texts,
            np.concatenate([none, *(table.numbers + firsts[id(table.texts)] for table in tables)]),
            np.concatenate([none, *(table.starts for table in tables)]),
            np.concatenate([none, *(table.lengths for table in tables)]),
        )

    def take(self, words: Ints) -> TokenTable:
        """Return a table of these words, in this order."""
        counts = self.counts[words]
        at = np.arange(int(counts.sum()), dtype=np.int64)
        at += np.repeat(self._ends[words] - np.cumsum(counts), counts)
        return TokenTable(
            counts, self.kinds[at], self.texts, self.numbers[at], self.starts[at], self.lengths[at]
        )

    def __len__(self) -> int:
        return len(self.counts)

    @overload
    def __getitem__(self, word: int) -> tuple[Token, ...]: ...

    @overload
    def __getitem__(self, word: slice) -> TokenTable: ...

    def __getitem__(self, word: int | slice) -> tuple[Token, ...] | TokenTable:
        if isinstance(word, slice):
            return self.take(np.arange(len(self), dtype=np.int64)[word])
        end = int(self._ends[word])
        these = slice(end - int(self.counts[word]), end)
        return tuple(
            _make((_KINDS[kind], self.texts[number], start, length))
            for kind, number, start, length in zip(
                self.kinds[these].tolist(),
                self.numbers[these].tolist(),
                self.starts[these].tolist(),
                self.lengths[these].tolist(),
            )
        )


def _numbers(values: Iterable[int], count: int) -> Ints:
    return np.fromiter(values, np.int64, count)
