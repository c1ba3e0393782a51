"""Text of documents as it may be shown: nothing in it can steer a terminal, and its width is known."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

# C0 and C1 controls, marks and overrides of direction, separators that break lines, unpaired surrogates.
_UNSAFE = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufeff]")
_SPACES = frozenset("\t\n\v\f\r\x85\u2028\u2029")
_REPLACEMENT = "\ufffd"
_PIECE = re.compile(r"\s+|\S+")


def printable(text: str) -> str:
    """Return ``text`` with white space as spaces and other characters that aren't shown as U+FFFD.

    Its length in code points stays the same, so offsets go on holding.
    """
    if text.isascii() and text.isprintable():
        return text
    return _UNSAFE.sub(lambda match: " " if match.group() in _SPACES else _REPLACEMENT, text)


def columns(text: str) -> int:
    """Return how many columns of a terminal ``text`` takes: two for each Hangul syllable."""
    if text.isascii():
        return len(text)
    return sum(map(char_columns, text))


@lru_cache(maxsize=16_384)
def char_columns(char: str) -> int:
    """Return the columns of one character: 0 for what joins the one before, 2 for wide ones, else 1."""
    code = ord(char)
    # Vowels and finals of decomposed Hangul are drawn into the square of their initial.
    if 0x1160 <= code <= 0x11FF or 0xD7B0 <= code <= 0xD7FF:
        return 0
    if unicodedata.combining(char) or unicodedata.category(char) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


def clip(text: str, width: int) -> str:
    """Return ``text``, or as much of it as fits into ``width`` columns with a ``…`` behind it."""
    if columns(text) <= width:
        return text
    used = 1
    for index, char in enumerate(text):
        used += char_columns(char)
        if used > width:
            return text[:index].rstrip() + "…"
    return text


def pad(text: str, width: int) -> str:
    """Return ``text`` with spaces behind it up to ``width`` columns."""
    return text + " " * max(0, width - columns(text))


def wrap_spans(text: str, width: int) -> list[tuple[int, int]]:
    """Cut ``text`` into lines of at most ``width`` columns; return where they begin and end, in text order.

    Lines break at white space, which they leave out at both ends, and inside words wider than a line.
    """
    lines: list[tuple[int, int]] = []
    start = end = -1
    used = 0
    for match in _PIECE.finditer(text):
        if match.group().isspace():
            continue
        begin, stop = match.span()
        size = columns(match.group())
        if start >= 0 and used + columns(text[end:begin]) + size <= width:
            used += columns(text[end:begin]) + size
            end = stop
            continue
        if start >= 0:
            lines.append((start, end))
        while size > width:
            fits, cut = 0, begin
            while cut < stop and fits + char_columns(text[cut]) <= width:
                fits += char_columns(text[cut])
                cut += 1
            cut = max(cut, begin + 1)
            lines.append((begin, cut))
            begin, size = cut, columns(text[cut:stop])
        start, end, used = (begin, stop, size) if begin < stop else (-1, -1, 0)
    if start >= 0:
        lines.append((start, end))
    return lines
