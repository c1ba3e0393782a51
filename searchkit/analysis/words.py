"""Text is cut into words by script: Hangul, Latin with digits and signs, URLs, every other script on its own.

White space cuts a text into chunks first, and all about a word, what stands before it too, depends on its
chunk alone; so whoever reads much text can keep the words of the chunks seen before.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from searchkit.analysis.normalization import fold
from searchkit.analysis.token import Context, WordKey

MAX_SYLLABLES = 64
"""A longer run of Hangul is cut: the time of its analysis grows with the square of its length."""
MAX_FORM = 256

_ACCENTED = "ªºÀ-ÖØ-öø-ʯḀ-ỿⱠ-Ɀ\ua722-\ua7ffﬀ-ﬆ"
LATIN = f"A-Za-z{_ACCENTED}"
MARKS = "\u0300-\u036f"
_INDIC_MARKS = "".join(
    f"{chr(base)}-{chr(base + 3)}{chr(base + 0x3C)}{chr(base + 0x3E)}-{chr(base + 0x4D)}"
    f"{chr(base + 0x51)}-{chr(base + 0x57)}{chr(base + 0x62)}{chr(base + 0x63)}"
    for base in range(0x900, 0xE00, 0x80)
)
_OTHER_MARKS = (
    f"{MARKS}\u0483-\u0487\u0591-\u05bd\u0610-\u061a\u064b-\u065f\u0670"
    f"\u0e31\u0e34-\u0e3a\u0e47-\u0e4e{_INDIC_MARKS}"
)
_HAN = "々〇\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_KANA = "\u3041-\u3096\u3099-\u309f\u30a1-\u30fa\u30fc-\u30ff\u31f0-\u31ff"
_GREEK = (
    "\u0370-\u0373\u0376-\u037d\u037f\u0386\u0388-\u03ff"
    "\u1f00-\u1fbc\u1fc2-\u1fcc\u1fd0-\u1fdb\u1fe0-\u1fec\u1ff2-\u1ffc"
)
_CYRILLIC = "\u0400-\u0481\u0483-\u0487\u048a-\u052f"
_JAMO = "\u3131-\u318e"
_CONJOINING = "\u1100-\u11ff\ua960-\ua97c\ud7b0-\ud7fb"

_RUN = f"[{LATIN}0-9][{LATIN}0-9{MARKS}]*"
_LATIN_WORD = (
    r"(?:(?<![\w.])\.(?=[A-Za-z]{2}))?"  # .NET
    + _RUN
    + r"""(?:(?:[-‐‑'’]|_+"""
    + r"""|(?<=[0-9])(?:\.(?=[0-9])|,(?=[0-9]{3}(?![0-9])))"""  # 27.3, 1,000
    + rf"""|(?<=[A-Za-z])@(?=[0-9])){_RUN})*"""  # pass@1
    + r"(?:(?<=[A-Za-z0-9])\+\+[0-9]*(?![A-Za-z])|(?<=[A-Za-z])[+#](?![A-Za-z0-9+#]))?"  # C++, C++17, C#
)
_URL_CHARS = r"[A-Za-z0-9\-._~:/?#@!$&'()*+,;=%]"
_URL = (
    rf"(?i:https?|ftp)://{_URL_CHARS}+"
    r"|(?i:(?:[a-z0-9-]{1,63}\.){1,5}(?:com|org|net|io|ai|co|edu|gov|dev|me|kr|app|so))"
    rf"/{_URL_CHARS}+"
)
_WORD = re.compile(
    rf"(?P<hangul>[가-힣]+)|(?P<url>{_URL})|(?P<latin>{_LATIN_WORD})|(?P<jamo>[{_JAMO}]+|[{_CONJOINING}]+)"
    rf"|(?P<other>[{_HAN}]+|[{_KANA}]+|[{_GREEK}][{_GREEK}{MARKS}]*|[{_CYRILLIC}]+"
    rf"|(?:(?![가-힣{LATIN}0-9{_JAMO}{_CONJOINING}{_HAN}{_KANA}{_GREEK}{_CYRILLIC}])[^\W_][{_OTHER_MARKS}]*)+)"
)
_LATIN_ONLY = re.compile(_LATIN_WORD)
LATIN_LETTERS = re.compile(f"[{LATIN}0-9]")
_IDEOGRAPHIC = re.compile(f"[{_HAN}{_KANA}]")
_ALNUM_RUN = re.compile(f"[A-Za-z0-9]+|[{_ACCENTED}][{_ACCENTED}{MARKS}]*")
_CHUNK = re.compile(r"\S+")
_PLAIN = re.compile(rf"(?:([가-힣]{{1,{MAX_SYLLABLES}}})|([A-Za-z]{{1,{MAX_FORM}}}))[.,:;!?)]*")
"""Most chunks: one word, written so that nothing about it needs a closer look."""

OPENING = frozenset("([{<（［｛「『【《〈〔〖“‘„‚«‹¿¡")
EITHER_SIDE = frozenset("'\"*_`~|$")
SEPARATOR = frozenset("-‐‑–—/\\,;:·•&+=<>|→←↔…!?.。、，")
SENTENCE_SIGNS = ".!?。！？"
CLOSING = ")]}\"'”’»」』*_~`"
_SENTENCE_END = re.compile(f"[{SENTENCE_SIGNS}][{re.escape(CLOSING)}]*$")
_LIST_NUMBER = re.compile(r"\W*(?:[0-9]{1,3}|[A-Za-z가-힣])\.$")
_SAME_SIGN = {"‐": "-", "‑": "-", "’": "'"}


class Word(NamedTuple):
    """A word of a text: where it stands there (code points, half-open) and what the lexicon knows it by.

    ``offsets`` maps the indexes of the form, its end included, to code points from ``start`` on; None is the
    identity.
    """

    start: int
    end: int
    key: WordKey
    offsets: Sequence[int] | None = None

    def span(self, start: int, length: int) -> tuple[int, int]:
        """Return where ``form[start:start + length]`` stands in the original text."""
        if self.offsets is None:
            return self.start + start, self.start + start + length
        begin, end = self.offsets[start], self.offsets[start + length]
        if length and end <= begin:
            end = begin + 1
        return self.start + begin, self.start + end


def split(text: str) -> list[Word]:
    """Return the words of ``text`` in its order; they don't overlap. Never raises."""
    words: list[Word] = []
    for chunk in _CHUNK.finditer(text):
        at = chunk.start()
        for start, end, key, offsets in split_chunk(chunk.group()):
            words.append(Word(at + start, at + end, key, offsets))
    return words


def split_chunk(chunk: str) -> list[Word]:
    """Return the words of ``chunk``, a text without white space."""
    plain = _PLAIN.fullmatch(chunk)
    if plain is None:
        return _split_any(chunk)
    form = plain[1] or plain[2].lower()
    return [Word(0, len(form), WordKey(Context.FREE, form))]


def _split_any(chunk: str) -> list[Word]:
    text, offsets = fold(chunk)
    words: list[Word] = []
    at, size, glue = 0, len(text), -1
    while at < size:
        match = _WORD.search(text, at)
        if match is None:
            break
        start, end = match.span()
        kind = match.lastgroup
        if kind == "hangul":
            context = _context(text, start, glued=start == glue)
            for begin in range(start, end, MAX_SYLLABLES):
                words.append(_word(text, begin, min(end, begin + MAX_SYLLABLES), context, offsets))
                context = Context.FREE
        else:
            if kind == "url":
                end = _url_end(text, start, end)
                if end < 0:
                    latin = _LATIN_ONLY.match(text, start)
                    end = latin.end() if latin else start + 1
            word = _word(text, start, end, Context.FREE, offsets)
            if len(word.key.form) <= MAX_FORM:
                words.append(word)
            else:
                words.extend(_pieces_of_long(text, start, end, offsets, whole=kind in ("jamo", "other")))
            glue = -1 if kind == "jamo" else end
        at = end
    return words


def ends_sentence(chunk: str) -> bool:
    """Say whether a sentence ends with ``chunk``."""
    return _SENTENCE_END.search(chunk) is not None and _LIST_NUMBER.match(chunk) is None


def same_signs(text: str) -> str:
    """Return ``text`` with the hyphens and apostrophes that forms have, as many characters as before."""
    for sign, usual in _SAME_SIGN.items():
        if sign in text:
            text = text.replace(sign, usual)
    return text


def is_ideographic(char: str) -> bool:
    """Say whether ``char`` belongs to a script that is written without spaces: Han or Kana."""
    return _IDEOGRAPHIC.match(char) is not None


def _word(text: str, start: int, end: int, context: Context, offsets: Sequence[int] | None) -> Word:
    """Make the word ``text[start:end]``, its place given in the text before it was folded."""
    original = text[start:end]
    form = original.lower()
    if offsets is None and len(form) == end - start:
        if not form.isascii():
            form = same_signs(form)
        return Word(start, end, WordKey(context, form))
    places = range(len(text) + 1) if offsets is None else offsets
    begin = places[start]
    if len(form) == end - start:
        relative = [place - begin for place in places[start : end + 1]]
    else:
        lowered = [char.lower() for char in original]
        form = "".join(lowered)
        relative = [places[start + index] - begin for index, low in enumerate(lowered) for _ in low]
        relative.append(places[end] - begin)
    stop = max(places[end], places[end - 1] + 1)
    relative[-1] = stop - begin
    return Word(begin, stop, WordKey(context, same_signs(form)), relative)


def _context(text: str, at: int, *, glued: bool) -> Context:
    """Tell what stands before the Hangul at ``at``; ``glued`` says that it is a word of another script."""
    if glued:
        return Context.DIGIT if "0" <= text[at - 1] <= "9" else Context.GLUED
    before = at - 1
    while before >= 0 and text[before] in EITHER_SIDE:
        before -= 1
    if before < 0:
        return Context.FREE
    char = text[before]
    if before < at - 1:
        # A quote or a mark of emphasis opens behind an opening bracket or a separator; else it closes.
        return Context.FREE if char in OPENING or char in SEPARATOR else Context.GLUED
    if char in OPENING or char in SEPARATOR or "ㄱ" <= char <= "ㆎ" or "\u1100" <= char <= "\u11ff":
        return Context.FREE
    return Context.GLUED


def _url_end(text: str, start: int, end: int) -> int:
    """Cut a bracket that was opened before the URL, and punctuation, off its end; -1 if nothing is left."""
    depth = 0
    for index in range(start, end):
        if text[index] == "(":
            depth += 1
        elif text[index] == ")":
            depth -= 1
            if depth < 0:
                end = index
                break
    while end > start and text[end - 1] in ".,;:!?'*_~(":
        end -= 1
    scheme = text.find("://", start, end)
    host = start if scheme < 0 else scheme + 3
    return end if host < end and text[host : host + 1].isalnum() else -1


def _pieces_of_long(
    text: str, start: int, end: int, offsets: Sequence[int] | None, *, whole: bool
) -> list[Word]:
    """Make words of limited length out of one that is too long: its runs of letters and digits, cut."""
    runs = [(start, end)] if whole else [run.span() for run in _ALNUM_RUN.finditer(text, start, end)]
    words: list[Word] = []
    for first, stop in runs:
        # A few letters become two when lower-cased.
        size = MAX_FORM if len(text[first:stop].lower()) == stop - first else MAX_FORM // 2
        words.extend(
            _word(text, begin, min(stop, begin + size), Context.FREE, offsets)
            for begin in range(first, stop, size)
        )
    return words
