"""Hangul as it is typed: a syllable is two to five keys, and what is half typed is the beginning of what is meant.

확산 is ㅎㅗㅏㄱㅅㅏㄴ, so 확사, 확ㅅ and 홗 (the last keys caught in the syllable before) are beginnings of it.
"""

from __future__ import annotations

import re
from functools import lru_cache

INITIALS = "ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ"
VOWELS = tuple(
    re.findall(r"\S+", "ㅏ ㅐ ㅑ ㅒ ㅓ ㅔ ㅕ ㅖ ㅗ ㅗㅏ ㅗㅐ ㅗㅣ ㅛ ㅜ ㅜㅓ ㅜㅔ ㅜㅣ ㅠ ㅡ ㅡㅣ ㅣ")
)
FINALS = (
    "",
    *re.findall(
        r"\S+",
        "ㄱ ㄲ ㄱㅅ ㄴ ㄴㅈ ㄴㅎ ㄷ ㄹ ㄹㄱ ㄹㅁ ㄹㅂ ㄹㅅ ㄹㅌ ㄹㅍ ㄹㅎ ㅁ ㅂ ㅂㅅ ㅅ ㅆ ㅇ ㅈ ㅊ ㅋ ㅌ ㅍ ㅎ",
    ),
)
FIRST_SYLLABLE = 0xAC00
SYLLABLES = len(INITIALS) * len(VOWELS) * len(FINALS)
KEYS = INITIALS + "".join(vowel for vowel in VOWELS if len(vowel) == 1)
"""Every jamo that one key gives."""
COMPOUNDS = dict(
    zip("ㅘㅙㅚㅝㅞㅟㅢㄳㄵㄶㄺㄻㄼㄽㄾㄿㅀㅄ", (pair for pair in (*VOWELS, *FINALS) if len(pair) > 1))
)
"""Jamo that take two keys."""
OTHER = 0xFE
"""The byte of a character that is neither Hangul nor ASCII."""
_MAX_CHARS = 1 << 14
_SYLLABLES = re.compile("[가-힣]+")
_FIRST_KEY = 0x80
_BYTES = {key: _FIRST_KEY + number for number, key in enumerate(KEYS)}


def typed(text: str) -> str:
    """Return the jamo that were typed, one a key; what is no Hangul stays."""
    return "".join(map(_keys_of, text))


def key_bytes(text: str) -> bytes:
    """Return the keys of ``text`` as one byte each, never zero."""
    return b"".join(map(_bytes_of, text))


def initials(text: str) -> str:
    """Return the first consonants of the syllables of ``text``, empty if it isn't all Hangul syllables."""
    if not is_hangul(text):
        return ""
    return "".join([INITIALS[(ord(char) - FIRST_SYLLABLE) // (len(VOWELS) * len(FINALS))] for char in text])


@lru_cache(maxsize=_MAX_CHARS)
def _keys_of(char: str) -> str:
    number = ord(char) - FIRST_SYLLABLE
    if not 0 <= number < SYLLABLES:
        return str(COMPOUNDS.get(char, char))
    initial, rest = divmod(number, len(VOWELS) * len(FINALS))
    vowel, final = divmod(rest, len(FINALS))
    return f"{INITIALS[initial]}{VOWELS[vowel]}{FINALS[final]}"


@lru_cache(maxsize=_MAX_CHARS)
def _bytes_of(char: str) -> bytes:
    return bytes(_BYTES.get(key) or (ord(key) if "\0" < key < "\x80" else OTHER) for key in _keys_of(char))


def typed_initials(text: str) -> str:
    """Return ``text`` if it is first consonants and nothing else (ㅎㅅ, and ㄳ for ㄱㅅ), else nothing."""
    keys = "".join(COMPOUNDS.get(char, char) for char in text)
    return keys if all(key in INITIALS for key in keys) else ""


def is_hangul(text: str) -> bool:
    """Say whether ``text`` is all Hangul syllables, one at least."""
    return _SYLLABLES.fullmatch(text) is not None
