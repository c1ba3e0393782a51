"""The words of many chunks at once: what `split_chunk` and `ends_sentence` say, found by arrays.

Most chunks are made of Hangul, Latin letters, digits and common signs, and what becomes of these depends on a few
neighbours. Every other chunk goes to `split_chunk` itself, so that rules for what is rare stand in one place.
"""

from __future__ import annotations

import string
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from searchkit.analysis.number_table import PADDING, Ints, Units
from searchkit.analysis.ranges import ranges
from searchkit.analysis.token import Context
from searchkit.analysis.words import (
    CLOSING,
    EITHER_SIDE,
    OPENING,
    SENTENCE_SIGNS,
    SEPARATOR,
    ends_sentence,
    split_chunk,
)

_HANGUL, _LETTER, _DIGIT, _JOINS, _OPENS, _EITHER, _CLOSES, _ENDS, _EDGE, _ODD = (
    1 << bit for bit in range(10)
)
_ALNUM = _LETTER | _DIGIT
_JOINING = "-'’"
"""Between letters or digits these make one word of two."""
_RARE = frozenset("_+#@‐‑（［｛，！？")
"""Signs that have rules of their own, or another width."""
_LONG = 64
"""Longer chunks are looked at one by one."""
_MOST_OF_A_NUMBER = 3
"""So few letters or digits and a full stop may be the number of an item in a list."""
_BLANK, _DOT, _COMMA, _COLON, _SLASH, _QUOTE, _APOSTROPHE = map(ord, " .,:/’'")
_BEFORE = 2


def _make_classes() -> npt.NDArray[np.uint16]:
    """Return for each UTF-16 unit what it may be, as bits."""
    classes = np.zeros(1 << 16, np.uint16)
    known = {" ", "%", *string.ascii_letters, *string.digits, *OPENING, *EITHER_SIDE, *SEPARATOR, *CLOSING}
    for chars, bit in (
        (string.ascii_letters, _LETTER),
        (string.digits, _DIGIT),
        (_JOINING, _JOINS),
        (OPENING | SEPARATOR, _OPENS),
        (EITHER_SIDE, _EITHER),
        (CLOSING, _CLOSES),
        (SENTENCE_SIGNS, _ENDS),
        (" ", _EDGE),
    ):
        classes[[ord(char) for char in chars]] |= bit
    odd = np.ones(1 << 16, np.bool_)
    odd[[ord(char) for char in known - _RARE]] = False
    classes[odd] = _ODD
    classes[0xAC00:0xD7A4] = _HANGUL
    return classes


_CLASSES = _make_classes()


class ChunkWords(NamedTuple):
    """The words of several chunks, those of each in text order.

    ``counts`` has the number of words of each chunk, ``ends`` whether a sentence ends with it. The form of word i is
    ``units[starts[i]:starts[i] + sizes[i]]`` in UTF-16; ``contexts`` are numbers of `Context`.
    """

    counts: Ints
    ends: npt.NDArray[np.bool_]
    units: Units
    starts: Ints
    sizes: Ints
    contexts: npt.NDArray[np.uint8]


def split_chunks(units: Units, starts: Ints, sizes: Ints) -> ChunkWords:
    """Return the words of the chunks ``units[start:start + size]``, which hold no white space."""
    text, bounds = _lay_out(units, starts, sizes)
    classes = _CLASSES.take(text)
    owners = np.repeat(np.arange(len(starts)), sizes + 1)
    odd = sizes > _LONG
    kinds, doubtful = _kinds(text, classes)
    odd[owners.take(doubtful)] = True
    ends, doubtful = _sentence_ends(text, classes, bounds)
    odd[doubtful] = True
    changes = kinds[1:] != kinds[:-1]
    begins = (changes & (kinds[1:] != 0)).nonzero()[0]
    stops = (changes & (kinds[:-1] != 0)).nonzero()[0]
    owners = owners.take(begins)
    contexts, doubtful = _contexts(classes, kinds, begins)
    odd[owners.take(doubtful)] = True

    rows = (~odd).take(owners).nonzero()[0]
    owners, begins, stops, contexts = (each.take(rows) for each in (owners, begins, stops, contexts))
    counts = np.bincount(owners, minlength=len(starts))
    _lower(text)
    found = ChunkWords(counts, ends, text, begins + _BEFORE, stops - begins, contexts)
    rare = odd.nonzero()[0]
    return _with_rare(found, owners, rare, units, starts.take(rare), sizes.take(rare)) if len(rare) else found


def _lay_out(units: Units, starts: Ints, sizes: Ints) -> tuple[Units, Ints]:
    """Return the chunks with a blank behind each, blanks around all of them, and where each begins."""
    widths = sizes + 1
    bounds = np.full(len(widths) + 1, _BEFORE, np.int64)
    np.cumsum(widths, out=bounds[1:])
    bounds[1:] += _BEFORE
    text = np.full(int(bounds[-1]) + PADDING, _BLANK, np.uint16)
    text[_BEFORE:-PADDING] = units.take(ranges(starts, widths))
    text[bounds[1:] - 1] = _BLANK
    return text, bounds


def _kinds(text: Units, classes: npt.NDArray[np.uint16]) -> tuple[npt.NDArray[np.uint8], Ints]:
    """Tell words from what stands between: 1 is Hangul, 2 a Latin word, and where it takes a closer look.

    The first number is of the place before the chunks, the places of the second count from there on.
    """
    here, after = slice(_BEFORE, -PADDING), slice(_BEFORE + 1, 1 - PADDING)
    alnum, digit = (classes & _ALNUM) != 0, (classes & _DIGIT) != 0
    letter = classes[after] & _LETTER
    inside = (classes[here] & _JOINS) != 0
    inside &= alnum[1:-5]
    inside &= alnum[after]
    between = digit[1:-5] & digit[after]
    dots, commas = text[here] == _DOT, text[here] == _COMMA
    inside |= dots & between
    inside |= commas & between & digit[4:-2] & digit[5:-1] & ~digit[6:]
    inside |= alnum[here]
    kinds = np.zeros(len(inside) + 1, np.uint8)
    kinds[1:] = inside
    kinds <<= 1
    kinds[1:] |= (classes[here] & _HANGUL).astype(np.uint8)
    doubtful = (classes[here] & _ODD) != 0
    doubtful |= dots & (letter != 0)
    doubtful |= (text[here] == _COLON) & (text[after] == _SLASH)
    return kinds, doubtful.nonzero()[0]


def _sentence_ends(
    text: Units, classes: npt.NDArray[np.uint16], bounds: Ints
) -> tuple[npt.NDArray[np.bool_], Ints]:
    """Tell which chunks end a sentence, and which of them take a closer look."""
    lasts = bounds[1:] - 2
    last, before = classes.take(lasts), classes.take(lasts - 1)
    closed = (last & _CLOSES) != 0
    ends = (last & _ENDS) != 0
    ends |= closed & ((before & _ENDS) != 0)
    letters = np.cumsum((classes & (_ALNUM | _HANGUL)) != 0)
    few = letters.take(bounds[1:] - 1) - letters.take(bounds[:-1] - 1) <= _MOST_OF_A_NUMBER
    doubtful = (text.take(lasts) == _DOT) & few
    doubtful |= closed & ((before & _CLOSES) != 0)
    return ends, doubtful.nonzero()[0]


def _contexts(
    classes: npt.NDArray[np.uint16], kinds: npt.NDArray[np.uint8], begins: Ints
) -> tuple[npt.NDArray[np.uint8], Ints]:
    """Return the contexts of the words that begin at ``begins``, and which of them take a closer look."""
    before, second = classes.take(begins + _BEFORE - 1), classes.take(begins)
    hangul = kinds.take(begins + 1) == 1
    either = (before & _EITHER) != 0
    free = np.where(either, second, before) & (_EDGE | _OPENS) != 0
    contexts = np.where(free, np.uint8(Context.FREE), np.uint8(Context.GLUED))
    contexts[((before & _DIGIT) != 0)] = Context.DIGIT
    contexts[~hangul] = Context.FREE
    return contexts, (hangul & either & ((second & _EITHER) != 0)).nonzero()[0]


def _lower(text: Units) -> None:
    capital = text - ord("A") < len(string.ascii_uppercase)
    text += capital.astype(np.uint16) * np.uint16(ord("a") - ord("A"))
    text[text == _QUOTE] = _APOSTROPHE


def _with_rare(
    found: ChunkWords, owners: Ints, rare: Ints, units: Units, starts: Ints, sizes: Ints
) -> ChunkWords:
    """Add the words of the chunks ``rare``, cut one by one; ``owners`` are the chunks of the words found."""
    forms: list[str] = []
    contexts: list[int] = []
    for row, start, stop in zip(rare.tolist(), starts.tolist(), (starts + sizes).tolist()):
        chunk = units[start:stop].tobytes().decode("utf-16-le")
        words = split_chunk(chunk)
        for _, _, key, _ in words:
            forms.append(key.form)
            contexts.append(key.context)
        found.counts[row] = len(words)
        found.ends[row] = ends_sentence(chunk)
    encoded = [form.encode("utf-16-le") for form in forms]
    added = np.fromiter(map(len, encoded), np.int64, len(encoded)) // 2
    places = np.cumsum(added) - added + len(found.units)
    owners = np.concatenate((owners, np.repeat(rare, found.counts.take(rare))))
    order = owners.argsort(kind="stable")
    return ChunkWords(
        found.counts,
        found.ends,
        np.concatenate((found.units, np.frombuffer(b"".join(encoded), np.uint16), found.units[-PADDING:])),
        np.concatenate((found.starts, places)).take(order),
        np.concatenate((found.sizes, added)).take(order),
        np.concatenate((found.contexts, np.array(contexts, np.uint8))).take(order),
    )
