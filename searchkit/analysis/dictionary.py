"""Words that the analyzer should know and not cut: our own lists and the user's ``dictionary.txt``.

A line is a word, or a word, a tab and a tag; ``#`` begins a comment. Tags are Kiwi's: NNG (a noun; where none
is given), NNP (a name), VV and VA (a verb or an adjective without its 다), MAG (an adverb), XR (a root).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from searchkit.analysis.normalization import fold

TAGS = ("NNG", "NNP", "VV", "VA", "MAG", "XR")
MAX_WORD = 64
_DATA = Path(__file__).parent / "data"
_HANGUL = re.compile("[가-힣]+")


class UserWord(NamedTuple):
    """A word that the analyzer shall know, and its tag."""

    form: str
    tag: str


class BadLine(NamedTuple):
    """A line of a dictionary that was skipped: its 1-based number and why."""

    line: int
    message: str


class Morpheme(NamedTuple):
    """A morpheme as Kiwi names it; ``start`` and ``length`` are code points within the word.

    ``unknown`` says that Kiwi's dictionary doesn't hold it.
    """

    form: str
    tag: str
    start: int
    length: int
    unknown: bool = False


@dataclass(frozen=True, slots=True)
class UserDictionary:
    """The words of one or more dictionaries, in their order and without repeats."""

    words: tuple[UserWord, ...] = ()

    @classmethod
    def parse(cls, lines: Iterable[str]) -> tuple[UserDictionary, tuple[BadLine, ...]]:
        """Read the lines of a dictionary; return it and the lines that were skipped. Never raises."""
        words: dict[str, UserWord] = {}
        bad: list[BadLine] = []
        for number, line in enumerate(lines, start=1):
            text = fold(line.split("#", 1)[0]).text.strip("\ufeff \t\r\n")
            if not text:
                continue
            form, _, tag = (part.strip() for part in text.partition("\t"))
            tag = tag.upper() or "NNG"
            if problem := _problem(form, tag, words):
                bad.append(BadLine(number, problem))
            else:
                words[form] = UserWord(form, tag)
        return cls(tuple(words.values())), tuple(bad)

    def lines(self) -> tuple[str, ...]:
        """Return the dictionary as lines that `parse` reads, one a word."""
        return tuple(f"{word.form}\t{word.tag}" for word in self.words)


def _problem(form: str, tag: str, known: dict[str, UserWord]) -> str | None:
    """Say what is wrong with a line, None if nothing is."""
    if tag not in TAGS:
        return f"{tag!r} is not a tag: use one of {', '.join(TAGS)}, behind a tab"
    if any(char.isspace() for char in form):
        return f"{form!r} holds a space: write the word in one piece, and a tag behind a tab"
    if not _HANGUL.fullmatch(form):
        return f"{form!r} is not written in Hangul alone: other words are never cut, so leave it out"
    if len(form) < 2:
        return f"{form!r} has one syllable: use two or more"
    if len(form) > MAX_WORD:
        return f"a word of {len(form)} syllables is too long: use {MAX_WORD} at most"
    if form in known and known[form].tag != tag:
        return f"{form!r} is here already, as {known[form].tag}: keep one of the two lines"
    return None


@lru_cache(maxsize=1)
def built_in_words() -> tuple[UserWord, ...]:
    """Return the words of ``data/words.txt``."""
    dictionary, _ = UserDictionary.parse(_read("words.txt").splitlines())
    return dictionary.words


@lru_cache(maxsize=1)
def pre_analysed() -> dict[str, tuple[Morpheme, ...]]:
    """Return the words that Kiwi cuts wrongly when they stand alone, with their morphemes.

    A line of ``data/preanalysed.txt`` is a word, a tab, and its morphemes as ``form/TAG/start/length``,
    with spaces between them.
    """
    words = {}
    for line in _read("preanalysed.txt").splitlines():
        if line and not line.startswith("#"):
            form, _, rest = line.partition("\t")
            words[form] = tuple(
                Morpheme(text, tag, int(start), int(length))
                for text, tag, start, length in (item.split("/") for item in rest.split())
            )
    return words


def data_digest_input() -> bytes:
    """Return the bytes of all data that decides how words are cut."""
    return b"\0".join((_DATA / name).read_bytes() for name in ("words.txt", "preanalysed.txt"))


def _read(name: str) -> str:
    return (_DATA / name).read_text(encoding="utf-8")
