"""Lines of authors: names separated by commas."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from itertools import groupby, repeat
from operator import contains

_SUFFIX = re.compile(r"(?:jr|sr|ii|iii|iv|ph\.?d|m\.?d)\.?", re.IGNORECASE)
_TRUNCATION = re.compile(r"(?:^|(?<=\s))(?:\+\s*[0-9]*|et\s+al\.?|\.\.\.|…)$", re.IGNORECASE)
_MAY_TRUNCATE = ("+", ".", "…", "l", "L", *"0123456789")
_MORE = "+"
_UNUSUAL = ("  ", " ,", "+", "...", "…")


def split_authors(line: str) -> tuple[tuple[str, ...], bool]:
    """Return the names of a line, and whether it holds a sign that there are more (``+``, ``et al.``).

    Names repeat in digests; each is kept once, in the order of the first. A comma may also stand within a
    name whose middle was lost (``Yingyan, Lin``): where exactly two names of one word stand side by side
    among longer ones, they are one. ``Jr.`` belongs to the name before.
    """
    usual = _usual_names(line)
    if usual is not None:
        return usual, False
    names: list[str] = []
    for part in line.split(","):
        name = " ".join(part.split())
        more = _TRUNCATION.search(name) if name.endswith(_MAY_TRUNCATE) else None
        rest = name if more is None else name[: more.start()].rstrip()
        if names and len(rest) < 6 and names[-1] != _MORE and _SUFFIX.fullmatch(rest):
            names[-1] += f", {rest}"
        elif rest:
            names.append(rest)
        if more is not None:
            names.append(_MORE)
    return without_mark(_mend(names))


def _usual_names(line: str) -> tuple[str, ...] | None:
    """Return the names of a line in which nothing has to be looked at more closely, None for any other."""
    if not line.isprintable() or not (line.isascii() or unicodedata.is_normalized("NFC", line)):
        return None
    if any(map(line.__contains__, _UNUSUAL)) or "et al" in line.lower():
        return None
    names = line.strip(" ").split(", ")
    if line.count(",") != len(names) - 1 or not all(map(contains, names, repeat(" "))):
        return None
    return tuple(dict.fromkeys(names))


def without_mark(names: Iterable[str]) -> tuple[tuple[str, ...], bool]:
    """Return the names of a list, each once, and whether there was a ``+`` among them."""
    found = [*names]
    return distinct(name for name in found if name and name != _MORE), _MORE in found


def distinct(names: Iterable[str]) -> tuple[str, ...]:
    """Return each name once, in the order of the first; the normalisation makes no difference."""
    first: dict[str, str] = {}
    for name in names:
        first.setdefault(name if name.isascii() else unicodedata.normalize("NFC", name), name)
    return tuple(first.values())


def _mend(names: list[str]) -> list[str]:
    if not any(" " in name for name in names):
        return names
    mended: list[str] = []
    for short, run in groupby(names, key=lambda name: " " not in name and name != _MORE):
        group = [*run]
        mended += [" ".join(group)] if short and len(group) == 2 and group[0] != group[1] else group
    return mended
