"""Text typed with the wrong keyboard layout: ghkrtks is 확산 on a Korean keyboard, and ㅣㅣㅡ is llm on an English one.

Source: the layout of KS X 5002, "dubeolsik".
"""

from __future__ import annotations

import re

from searchkit.query.jamo import FINALS, FIRST_SYLLABLE, INITIALS, VOWELS, typed

_ENGLISH = "rRseEfaqQtTdwWczxvgkoiOjpuPhynbml"
_KOREAN = "ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎㅏㅐㅑㅒㅓㅔㅕㅖㅗㅛㅜㅠㅡㅣ"
_TO_ENGLISH = dict(zip(_KOREAN, _ENGLISH))
_TO_KOREAN = dict(zip(_ENGLISH, _KOREAN))
_LETTERS = re.compile("[A-Za-z]{2,}")
_CONSONANT, _VOWEL = "[ㄱ-ㅎ]", "[ㅏ-ㅣ]"
_TWO_VOWELS = "|".join(vowel for vowel in VOWELS if len(vowel) > 1)
_TWO_FINALS = "|".join(final for final in FINALS if len(final) > 1)
_SYLLABLE = re.compile(
    rf"({_CONSONANT})({_TWO_VOWELS}|{_VOWEL})((?:{_TWO_FINALS}|{_CONSONANT})(?!{_VOWEL})|{_CONSONANT}(?!{_VOWEL})|)"
)
_HANGUL = re.compile("[가-힣ㄱ-ㅣ]+")


def as_korean(text: str) -> str:
    """Return what the keys of Latin letters give on a Korean keyboard; empty if they give no whole syllables."""
    if not _LETTERS.fullmatch(text):
        return ""
    # Shift changes few keys: a capital that means nothing there was typed with Caps Lock, or begins a sentence.
    keys = "".join(_TO_KOREAN.get(letter) or _TO_KOREAN[letter.lower()] for letter in text)
    syllables, at = [], 0
    while at < len(keys):
        match = _SYLLABLE.match(keys, at)
        if match is None:
            return ""
        initial, vowel, final = match.groups()
        if final and final not in FINALS:
            final = ""
        place = (INITIALS.index(initial) * len(VOWELS) + VOWELS.index(vowel)) * len(FINALS)
        syllables.append(chr(FIRST_SYLLABLE + place + FINALS.index(final)))
        at += len(initial + vowel + final)
    return "".join(syllables)


def as_english(text: str) -> str:
    """Return what the keys of Hangul give on an English keyboard, in lower case; empty if ``text`` isn't all Hangul."""
    if not _HANGUL.fullmatch(text):
        return ""
    return "".join(_TO_ENGLISH[key] for key in typed(text)).lower()
