"""Hangul as it is typed: a syllable is two to five keys, and what is half typed is the beginning of what is meant.

확산 is ㅎㅗㅏㄱㅅㅏㄴ, so 확사, 확ㅅ and 홗 (the last keys caught in the syllable before) are beginnings of it.
"""

from __future__ import annotations

import re

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
_FIRST_KEY = 0x80
_BYTES = {key: _FIRST_KEY + number for number, key in enumerate(KEYS)}


def typed(text: str) -> str:
    """Return the jamo that were typed, one a key; what is no Hangul stays."""
    keys: list[str] = []
    for char in text:
        number = ord(char) - FIRST_SYLLABLE
        if 0 <= number < SYLLABLES:
            initial, rest = divmod(number, len(VOWELS) * len(FINALS))
            vowel, final = divmod(rest, len(FINALS))
            keys += INITIALS[initial], VOWELS[vowel], FINALS[final]
        else:
            keys.append(COMPOUNDS.get(char, char))
    return "".join(keys)


def key_bytes(text: str) -> bytes:
    """Return the keys of ``text`` as one byte each, never zero."""
    return bytes(_BYTES.get(key) or (ord(key) if "\0" < key < "\x80" else OTHER) for key in typed(text))


def initials(text: str) -> str:
    """Return the first consonants of the syllables of ``text``, empty if it isn't all Hangul syllables."""
    found = []
    for char in text:
        number = ord(char) - FIRST_SYLLABLE
        if not 0 <= number < SYLLABLES:
            return ""
        found.append(INITIALS[number // (len(VOWELS) * len(FINALS))])
    return "".join(found)


def typed_initials(text: str) -> str:
    """Return ``text`` if it is first consonants and nothing else (ㅎㅅ, and ㄳ for ㄱㅅ), else nothing."""
    keys = "".join(COMPOUNDS.get(char, char) for char in text)
    return keys if all(key in INITIALS for key in keys) else ""


def is_hangul(text: str) -> bool:
    """Say whether ``text`` is all Hangul syllables, one at least."""
    return bool(initials(text))
