"""Names beside each other: which are alike, which say more, and which are short for others."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from searchkit.analysis.abbreviations import abbreviates, is_abbreviation
from searchkit.analysis.glossary import name_key

_HANGUL = re.compile("[가-힣]")
_LETTERS = re.compile(r"[^\W_]+")
_AKIN = 4
"""Letters that the beginnings of two words share."""


@lru_cache(maxsize=1 << 14)
def kind_of(name: str) -> str:
    """Return "korean", "short" for an abbreviation, or "english"."""
    if _HANGUL.search(name):
        return "korean"
    return "short" if is_abbreviation(name) else "english"


def is_like(name: str, usual: Sequence[str]) -> bool:
    """Say whether a name is one of the usual ones or shares a word with one; else it is a slip, most often."""
    return name in usual or any(_are_akin(name, other) for other in usual)


def saying_more(names: Sequence[str]) -> set[str]:
    """Return those of ``names``, the surest first, that hold a surer one and more, and what is only short for these.

    Stable Diffusion says more than diffusion, and so does SD.
    """
    english = [(name, name_key(name).split()) for name in names if kind_of(name) == "english"]
    longer = {
        name
        for place, (name, words) in enumerate(english)
        for _, fewer in english[:place]
        if len(fewer) < len(words)
        and any(words[at : at + len(fewer)] == fewer for at in range(len(words) - len(fewer) + 1))
    }
    rest = [name for name, _ in english if name not in longer]
    short = {
        name
        for name in names
        if kind_of(name) == "short"
        and any(abbreviates(name, other) for other in longer)
        and not any(abbreviates(name, other) for other in rest)
    }
    return longer | short


@lru_cache(maxsize=1 << 12)
def _are_akin(one: str, other: str) -> bool:
    """Say whether two names share the beginning of a word, or one is short for the other."""
    starts, others = ({word[:_AKIN] for word in _LETTERS.findall(name.lower())} for name in (one, other))
    return not starts.isdisjoint(others) or abbreviates(one, other) or abbreviates(other, one)
