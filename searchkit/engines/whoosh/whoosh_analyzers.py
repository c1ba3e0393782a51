"""Analyzers for programs that use Whoosh itself: the same words and terms as searchkit's own.

They are pickled with the schema into Whoosh's table of contents, so this module's path and the attributes of
its classes are frozen. Their state is strings only: the lines of the dictionary, and the fingerprint of the
analysis that built the index.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Any

from searchkit.analysis.analyzer import WordAnalyzer
from searchkit.analysis.dictionary import UserDictionary
from searchkit.analysis.normalization import fold
from searchkit.analysis.token import Kind, Token, WordKey
from searchkit.analysis.words import split
from searchkit.engines.whoosh.authors import folded
from searchkit.engines.whoosh.stock import analysis
from searchkit.errors import IndexIncompatible

ITEM_SEPARATOR = "\u2029"
"""Stands between the bullets where they are one text: positions leave a gap there, as they do in the index."""

_MAX_CACHED = 65_536
_NAME_PIECE = re.compile(r"\w+")


class _SharedWords:
    """The terms of words for one dictionary, shared by all analyzers of the process."""

    def __init__(self, lines: tuple[str, ...]) -> None:
        self._analyzer = WordAnalyzer(UserDictionary.parse(lines)[0])
        self._cache: dict[WordKey, tuple[Token, ...]] = {}
        self.fingerprint = self._analyzer.fingerprint

    def tokens(self, keys: Sequence[WordKey]) -> list[tuple[Token, ...]]:
        """Return the tokens of each of ``keys``; all new ones are analysed together."""
        known = {key: found for key in keys if (found := self._cache.get(key)) is not None}
        new = list(dict.fromkeys(key for key in keys if key not in known))
        if new:
            analysed = dict(zip(new, self._analyzer.analyze(new), strict=True))
            known |= analysed
            if len(self._cache) + len(new) > _MAX_CACHED:
                self._cache.clear()
            if len(new) <= _MAX_CACHED:
                self._cache |= analysed
        return [known[key] for key in keys]


_shared = lru_cache(maxsize=4)(_SharedWords)


class BilingualAnalyzer(analysis.Analyzer):  # type: ignore[misc]
    """Yields the base terms of a text, Korean and English alike, with positions and places in the text.

    ``fingerprint`` is that of the analysis that the index was built with.

    Raises:
        IndexIncompatible: when called, if this program's analysis is another one.
    """

    kind = "base"

    def __init__(self, dictionary: Iterable[str] = (), fingerprint: str = "") -> None:
        self.dictionary = tuple(dictionary)
        self.fingerprint = fingerprint

    def __getstate__(self) -> dict[str, Any]:
        return {"dictionary": list(self.dictionary), "fingerprint": self.fingerprint}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__init__(state["dictionary"], state["fingerprint"])  # type: ignore[misc]

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and self.__dict__ == other.__dict__

    def __hash__(self) -> int:
        return hash((type(self), self.dictionary, self.fingerprint))

    def __call__(
        self,
        value: str,
        positions: bool = False,
        chars: bool = False,
        keeporiginal: bool = False,
        removestops: bool = True,
        start_pos: int = 0,
        start_char: int = 0,
        tokenize: bool = True,
        mode: str = "",
        **options: Any,
    ) -> Iterator[Any]:
        """Yield the tokens of ``value``, one object over and over, as Whoosh's analyzers do.

        Without ``tokenize``, as for prefixes and wildcards, that is the value itself in lower case.
        """
        token = analysis.Token(positions, chars, removestops=removestops, mode=mode, **options)
        if not tokenize:
            yield _whole(token, fold(value).text.lower(), value, start_pos, start_char)
            return
        shared = _shared(self.dictionary)
        if self.fingerprint and shared.fingerprint != self.fingerprint:
            raise IndexIncompatible(
                "this index was built with other rules of analysis, so words of a query would not meet its terms; "
                "run `searchkit index --rebuild`"
            )
        words = split(value)
        position, last = start_pos, 0
        for word, terms in zip(words, shared.tokens([word.key for word in words])):
            position += value.count(ITEM_SEPARATOR, last, word.start)
            last = word.start
            for term in self.chosen(word.key, terms, query=mode == "query"):
                token.text = term.text
                token.boost, token.stopped = 1.0, False
                start, end = word.span(term.start, term.length)
                if keeporiginal:
                    token.original = value[start:end]
                if positions:
                    token.pos = position
                if chars:
                    token.startchar, token.endchar = start_char + start, start_char + end
                position += 1
                yield token

    def chosen(self, key: WordKey, tokens: Sequence[Token], *, query: bool) -> Sequence[Token]:
        """Return those tokens of a word that belong to this analyzer's field."""
        return _of_kind(tokens, Kind.BASE)


class StandardAnalyzer(BilingualAnalyzer):
    """For titles: lower case, singular and plural meet, no stop list, no minimum length; Korean words as well."""


class KoreanAnalyzer(BilingualAnalyzer):
    """For bullets: Korean nouns and stems without particles and endings; English words as in titles."""


class PartsAnalyzer(BilingualAnalyzer):
    """Yields the parts of compounds; in a query a word that has none stands for itself."""

    def chosen(self, key: WordKey, tokens: Sequence[Token], *, query: bool) -> Sequence[Token]:
        """Return the parts of a word."""
        return _of_kind(tokens, Kind.PART) or (_of_kind(tokens, Kind.BASE) if query else ())


class SurfaceAnalyzer(BilingualAnalyzer):
    """Yields words as they are written, in lower case, and the pieces of URLs."""

    def chosen(self, key: WordKey, tokens: Sequence[Token], *, query: bool) -> Sequence[Token]:
        """Return the word itself and its other surfaces; in a query the word only."""
        own = Token(Kind.SURFACE, key.form, 0, len(key.form))
        return (own,) if query else (own, *_of_kind(tokens, Kind.SURFACE))


class IdentifierAnalyzer(BilingualAnalyzer):
    """Yields whole identifiers; in a query a word that is none stands for itself."""

    def chosen(self, key: WordKey, tokens: Sequence[Token], *, query: bool) -> Sequence[Token]:
        """Return the whole identifiers of a word."""
        return _of_kind(tokens, Kind.IDENTIFIER) or (_of_kind(tokens, Kind.BASE) if query else ())


class NameAnalyzer(analysis.Analyzer):  # type: ignore[misc]
    """Yields the words of names, without case."""

    def __call__(
        self,
        value: str,
        positions: bool = False,
        chars: bool = False,
        removestops: bool = True,
        start_pos: int = 0,
        start_char: int = 0,
        tokenize: bool = True,
        mode: str = "",
        **options: Any,
    ) -> Iterator[Any]:
        """Yield the tokens of ``value``, one object over and over, as Whoosh's analyzers do."""
        token = analysis.Token(positions, chars, removestops=removestops, mode=mode, **options)
        if not tokenize:
            yield _whole(token, folded(value), value, start_pos, start_char)
            return
        for number, piece in enumerate(_NAME_PIECE.finditer(folded(value))):
            token.text = piece.group()
            token.boost, token.stopped = 1.0, False
            if positions:
                token.pos = start_pos + number
            if chars:
                token.startchar, token.endchar = start_char + piece.start(), start_char + piece.end()
            yield token


def name_pieces(name: str) -> list[str]:
    """Return the words of a name as they are indexed."""
    return _NAME_PIECE.findall(folded(name))


def _of_kind(tokens: Sequence[Token], kind: Kind) -> tuple[Token, ...]:
    return tuple(token for token in tokens if token.kind is kind)


def _whole(token: Any, text: str, value: str, start_pos: int, start_char: int) -> Any:
    """Return the token of a value that is not cut."""
    token.text, token.original, token.pos = text, value, start_pos
    token.startchar, token.endchar = start_char, start_char + len(value)
    return token
