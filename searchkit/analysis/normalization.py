"""One form for text that looks the same: NFC, and full-width and half-width letters at their usual width."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import NamedTuple

_ODD_WIDTH = re.compile("[\uff01-\uffee]")
_WIDTHS = {
    code: chr(int(unicodedata.decomposition(chr(code)).split()[1], 16))
    for code in range(0xFF01, 0xFFEF)
    if unicodedata.decomposition(chr(code)).startswith(("<wide>", "<narrow>"))
}


class Folded(NamedTuple):
    """A folded text.

    ``offsets`` maps each index of ``text``, its end included, to an index of the original; it never falls.
    None stands for the identity.
    """

    text: str
    offsets: Sequence[int] | None


def fold(text: str) -> Folded:
    """Return ``text`` in NFC with its letters at their usual width; never raises.

    Compatibility forms such as ½, ² and single jamo stay what they are: they look different.
    """
    if text.isascii():
        return Folded(text, None)
    if _ODD_WIDTH.search(text):
        text = text.translate(_WIDTHS)
    if unicodedata.is_normalized("NFC", text):
        return Folded(text, None)
    return _compose(text)


def _compose(text: str) -> Folded:
    """Normalise cluster by cluster, a cluster being what may compose into one character, and keep count."""
    normalize, combining = unicodedata.normalize, unicodedata.combining
    pieces: list[str] = []
    offsets: list[int] = []
    start, size = 0, len(text)
    while start < size:
        end = start + 1
        composed = normalize("NFC", text[start])
        while end < size:
            char = text[end]
            if combining(char) == 0:
                longer = normalize("NFC", composed + char)
                if longer == composed + normalize("NFC", char):
                    break
                composed = longer
                end += 1
                continue
            end += 1
            while end < size and combining(text[end]):
                end += 1
            composed = normalize("NFC", text[start:end])
        count, width = len(composed), end - start
        offsets.extend(start + index * width // count for index in range(count))
        pieces.append(composed)
        start = end
    offsets.append(size)
    return Folded("".join(pieces), offsets)
