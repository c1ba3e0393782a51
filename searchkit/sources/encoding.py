"""Bytes to text: UTF-8, UTF-16 by its mark, CP949; broken bytes are replaced and reported."""

from __future__ import annotations

import codecs
import re
from typing import NamedTuple

REPLACEMENT = "\ufffd"
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_LINE = re.compile(rb"[^\r\n]+")
_SAMPLE = 8192
_CONTROLS = bytes({*range(32), 127} - set(b"\t\n\f\r\x1b"))


class Decoded(NamedTuple):
    """The text with line feeds as its only ends of line, what was wrong as (1-based line, message), the encoding."""

    text: str
    problems: list[tuple[int, str]]
    encoding: str


def looks_binary(data: bytes) -> bool:
    """Tell whether the first bytes are those of no text: more control characters than a damaged text has."""
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return False
    sample = data[:_SAMPLE]
    controls = len(sample) - len(sample.translate(None, _CONTROLS))
    return controls * (100 if 0 in sample else 10) > len(sample)


def decode(data: bytes) -> Decoded:
    """Return the text of a file; never raises.

    A mark at the beginning decides. Without one the text is UTF-8, unless none of its non-ASCII lines is and
    all of it is CP949. Bytes that don't belong there, and NUL, become U+FFFD.
    """
    mark, encoding = next(((m, e) for m, e in _MARKS if data.startswith(m)), (b"", "utf-8"))
    body = data[len(mark) :]
    broken = False
    try:
        text = body.decode(encoding)
    except UnicodeDecodeError:
        if not mark and _is_cp949(body):
            encoding = "cp949"
            text = body.decode(encoding)
        else:
            broken = True
            text = body.decode(encoding, "replace")
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    if "\0" in text:
        broken = True
        text = text.replace("\0", REPLACEMENT)
    return Decoded(text, _broken_lines(text, encoding) if broken else [], encoding)


def _is_cp949(data: bytes) -> bool:
    try:
        data.decode("cp949")
    except UnicodeDecodeError:
        return False
    return not any(_is_utf8(line) for line in _LINE.findall(data) if not line.isascii())


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode()
    except UnicodeDecodeError:
        return False
    return True


def _broken_lines(text: str, encoding: str) -> list[tuple[int, str]]:
    message = f"holds bytes that are not {encoding.upper()} text; each is read as {REPLACEMENT}, the rest is indexed"
    return [(number, message) for number, line in enumerate(text.split("\n"), 1) if REPLACEMENT in line]
