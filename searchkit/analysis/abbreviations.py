"""Abbreviations: what looks like one, and whether one is made of the letters of a name."""

from __future__ import annotations

from functools import lru_cache

SMALL_WORDS = frozenset(["a", "an", "and", "by", "for", "from", "of", "the", "to", "via", "with", "&"])
"""Words of names that their abbreviations leave out."""


@lru_cache(maxsize=1 << 14)
def is_abbreviation(name: str) -> bool:
    """Say whether ``name`` looks like one: a single word with two capital letters or more, not much else."""
    return (
        " " not in name
        and len(name) <= 10
        and sum(char.isupper() for char in name) >= 2
        and "-" not in name[2:]
    )


@lru_cache(maxsize=1 << 14)
def abbreviates(short: str, name: str) -> bool:
    """Say whether ``short`` is made of the letters of ``name``, those its words begin with among them."""
    words = name.lower().replace("-", " ").split()
    letters = "".join(filter(str.isalnum, short.lower()))
    if len(letters) < 2 or not words or (len(words) == 1 and len(letters) * 2 > len(words[0])):
        return False
    if letters[0] != words[0][0] and words[0] not in SMALL_WORDS:
        return False
    big = [word for word in words if word not in SMALL_WORDS] or words
    initials = "".join(word[0] for word in big)
    if letters in (initials, "".join(word[0] for word in words)):
        return True
    return (
        letters[0] == words[0][0]
        and len(big) > 1
        and _is_within(initials, letters)
        and _is_within(letters, "".join(words))
    )


def _is_within(letters: str, text: str) -> bool:
    """Say whether ``text`` holds ``letters`` in their order."""
    at = iter(text)
    return all(char in at for char in letters)
