"""Authors of a segment: which documents are whose, and how many each has."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from searchkit.engines.whoosh.segment import Segment

Mask = npt.NDArray[np.bool_]

_PIECE = re.compile(r"\w+")


def folded(text: str) -> str:
    """Return ``text`` as names are compared: NFC, without case."""
    return unicodedata.normalize("NFC", text).casefold()


def author_words(text: str) -> list[str]:
    """Return the words of a name, or of a part of one, as names are compared: without punctuation either."""
    return _PIECE.findall(folded(text))


class AuthorIndex:
    """The authors of one segment, ready to be searched and counted."""

    def __init__(self, segment: Segment) -> None:
        """Read the names and who wrote what; a name that stands twice in a document counts once."""
        self.names = segment.author_names
        self._doc_count = segment.doc_count
        # One text, a name a line: a search over all of it is far cheaper than one name after the other.
        self._text = folded("\n".join(name.replace("\n", " ") for name in self.names))
        lines = np.frombuffer(self._text.encode("utf-32-le", "surrogatepass"), np.uint32) == ord("\n")
        self._line_ends = np.flatnonzero(lines)
        offsets = segment.author_offsets.astype(np.int64)
        docs = np.repeat(np.arange(segment.doc_count, dtype=np.int64), offsets[1:] - offsets[:-1])
        keys = np.sort(docs * max(len(self.names), 1) + segment.author_ids)
        distinct = np.ones(len(keys), np.bool_)
        np.not_equal(keys[1:], keys[:-1], out=distinct[1:])
        docs, numbers = np.divmod(keys[distinct], max(len(self.names), 1))
        self._docs, self._numbers = docs.astype(np.int32), numbers.astype(np.int32)

    def match(self, words: Sequence[str], *, prefix: bool = False) -> Mask:
        """Return which documents have one author in whose name all of ``words`` stand.

        Case and punctuation don't count. With ``prefix``, the beginning of a word of the name is enough.
        """
        mask = np.zeros(self._doc_count, np.bool_)
        pieces = [piece for word in words for piece in author_words(word)]
        if not pieces or not self.names:
            return mask
        chosen = np.ones(len(self.names), np.bool_)
        for piece in pieces:
            chosen &= self._holding(piece, prefix)
        mask[self._docs[chosen[self._numbers]]] = True
        return mask

    def _holding(self, piece: str, prefix: bool) -> Mask:
        pattern = rf"(?<!\w){re.escape(piece)}" + ("" if prefix else r"(?!\w)")
        places = [found.start() for found in re.finditer(pattern, self._text)]
        holding = np.zeros(len(self.names), np.bool_)
        holding[np.searchsorted(self._line_ends, np.array(places, np.int64))] = True
        return holding

    def count(self, matched: Mask) -> npt.NDArray[Any]:
        """Return, for each of ``names``, how many of the matched documents it stands on."""
        return np.bincount(self._numbers[matched[self._docs]], minlength=len(self.names))
