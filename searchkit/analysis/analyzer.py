"""From words to terms, whatever the script, and the stamp that says which rules did it."""

from __future__ import annotations

import hashlib
import sys
import threading
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from searchkit.analysis.dictionary import Morpheme, UserDictionary, data_digest_input
from searchkit.analysis.identifiers import is_url, latin_tokens, url_tokens
from searchkit.analysis.korean import Explained, KoreanAnalyzer
from searchkit.analysis.token import Kind, Token, WordKey
from searchkit.analysis.words import LATIN_LETTERS, Word, is_ideographic, split

RULES_VERSION = 1
"""Goes up whenever the same word may give other terms than before."""
_MAX_OTHERS = 2
"""Analyzers with other dictionaries that are remembered: each may hold a Korean model."""


class AnalyzedWord(NamedTuple):
    """A word of a text, its tokens, and the place of each token in the text (code points, half-open)."""

    word: Word
    tokens: tuple[Token, ...]
    spans: tuple[tuple[int, int], ...]


class WordAnalyzer:
    """Gives the terms of words; safe to use from several threads."""

    def __init__(self, dictionary: UserDictionary | None = None) -> None:
        self.dictionary = dictionary or UserDictionary()
        self._korean = KoreanAnalyzer(self.dictionary)
        self._others: dict[UserDictionary, WordAnalyzer] = {}
        self._lock = threading.Lock()

    def with_dictionary(self, dictionary: UserDictionary) -> WordAnalyzer:
        """Return an analyzer that knows the words of ``dictionary``: this one, or one of the few it remembers."""
        if dictionary == self.dictionary:
            return self
        with self._lock:
            found = self._others.pop(dictionary, None) or WordAnalyzer(dictionary)
            self._others[dictionary] = found
            if len(self._others) > _MAX_OTHERS:
                del self._others[next(iter(self._others))]
            return found

    @property
    def loaded(self) -> bool:
        """Whether the Korean model is in memory; it comes with the first Hangul word."""
        return self._korean.loaded

    @property
    def fingerprint(self) -> str:
        """16 hexadecimal digits that change with the rules, the data and the user's words, not with Kiwi."""
        digest = hashlib.sha256(f"{RULES_VERSION}\0".encode())
        digest.update(data_digest_input())
        digest.update("\0".join(sorted(self.dictionary.lines())).encode())
        return digest.hexdigest()[:16]

    @staticmethod
    def versions() -> dict[str, str]:
        """Return the versions of Kiwi and of its model, without loading either."""
        return {"kiwi": _installed("kiwipiepy"), "model": _installed("kiwipiepy_model")}

    def analyze(self, keys: Sequence[WordKey]) -> list[tuple[Token, ...]]:
        """Return the tokens of each of ``keys``, base terms first and in text order.

        All Hangul goes through Kiwi in one batch; without any, Kiwi isn't loaded.
        """
        results: list[tuple[Token, ...]] = []
        hangul: list[int] = []
        for index, key in enumerate(keys):
            if is_hangul(key.form):
                hangul.append(index)
                results.append(())
            else:
                results.append(_tokens(key.form))
        if hangul:
            for index, tokens in zip(
                hangul, self._korean.analyze([keys[index] for index in hangul]), strict=True
            ):
                results[index] = tokens
        return results

    def cut(self, keys: Sequence[WordKey]) -> list[Sequence[Morpheme]]:
        """Return the morphemes of each of ``keys``, all of them Hangul; none where nothing but a particle is left."""
        return self._korean.cut(keys)

    def explain(self, key: WordKey) -> list[Explained]:
        """Return the morphemes of a Hangul word and what became of each; of any other word its tokens."""
        if is_hangul(key.form):
            return self._korean.explain(key)
        return [
            Explained(token.text, token.kind.name, token.start, token.length, _OUTCOMES[token.kind])
            for token in _tokens(key.form)
        ]


_OUTCOMES = {
    Kind.BASE: "a base term",
    Kind.PART: "a part",
    Kind.IDENTIFIER: "a whole identifier",
    Kind.SURFACE: "found as it is written",
}


@lru_cache(maxsize=2)
def _installed(package: str) -> str:
    """Return the version of a package by the name of its folder, which takes a tenth of what reading it takes."""
    for folder in sys.path:
        for found in Path(folder or ".").glob(f"{package}-*.dist-info"):
            return found.stem.partition("-")[2]
    from importlib.metadata import version

    return version(package)


def is_hangul(form: str) -> bool:
    """Say whether the word ``form`` is one that Kiwi analyses."""
    return "가" <= form[:1] <= "힣"


def analyze_text(text: str, analyzer: WordAnalyzer) -> list[AnalyzedWord]:
    """Return the words of ``text`` with their tokens and the places of these in ``text``."""
    words = split(text)
    keys = list(dict.fromkeys(word.key for word in words))
    tokens = dict(zip(keys, analyzer.analyze(keys), strict=True))
    return [
        AnalyzedWord(
            word,
            tokens[word.key],
            tuple(word.span(token.start, token.length) for token in tokens[word.key]),
        )
        for word in words
    ]


def _tokens(form: str) -> tuple[Token, ...]:
    """Return the tokens of a word that is not Hangul."""
    first = form[0]
    if is_url(form):
        return url_tokens(form)
    if first == "." or LATIN_LETTERS.match(first):
        return latin_tokens(form)
    whole = Token(Kind.BASE, form, 0, len(form))
    if len(form) > 1 and is_ideographic(first):
        return (whole, *(Token(Kind.PART, char, at, 1) for at, char in enumerate(form)))
    return (whole,)
