"""Which words follow a word in the documents? Read from the streams of documents that hold it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from searchkit.analysis.token import FIRST_WORD, Context, Kind, Layer
from searchkit.query.jamo import is_hangul
from searchkit.ranking.ascending import distinct

if TYPE_CHECKING:
    from searchkit.engines.base import Snapshot

Ints = npt.NDArray[np.int64]

MAX_DOCUMENTS = 128
"""Documents that are read; more are counted by their share."""
_MAX_WORDS = 96
_MAX_CACHED = 4096
_MAX_SHOWN = 1 << 15
_WORD = (1 << 32) - 1


class Followers:
    """What follows the words of a snapshot; the answers are kept. Thread-safe."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self._cache: dict[str, list[tuple[str, int]]] = {}
        self._shown: dict[int, tuple[str, str]] = {}

    def of(self, form: str) -> list[tuple[str, int]]:
        """Return what follows ``form`` and in about how many documents, the most frequent first.

        Korean words come without their particles, words of other scripts as they stand most often.
        """
        found = self._cache.get(form)
        if found is None:
            found = self._find(form)
            if len(self._cache) >= _MAX_CACHED:
                self._cache.clear()
            self._cache[form] = found
        return found

    def _find(self, form: str) -> list[tuple[str, int]]:
        lexicon = self._snapshot.lexicon
        string_id = lexicon.string_id(form)
        if string_id < 0:
            return []
        codes = np.array([word + FIRST_WORD for word in lexicon.words_of(string_id)], np.int64)
        total, documents = self._snapshot.sample(Layer.SURFACE, form, MAX_DOCUMENTS)
        codes_of, offsets = self._snapshot.words(documents)
        next_words, places = _next_words(codes_of, offsets, codes)
        together = places << 32 | next_words
        words, which, counts = np.unique(together & _WORD, return_inverse=True, return_counts=True)
        order = np.argsort(-counts, kind="stable")[:_MAX_WORDS]
        names, shown = self._names(words[order].tolist())
        numbers = np.full(len(words), -1, np.int64)
        numbers[order] = names
        named = numbers[which.ravel()]
        places = distinct((together >> 32)[named >= 0] << 32 | named[named >= 0])
        held = np.bincount(places & _WORD, minlength=len(shown))
        scale = total / max(len(documents), 1)
        result = [(text, round(count * scale)) for text, count in zip(shown, held.tolist())]
        return sorted(result, key=lambda each: (-each[1], each[0]))

    def _names(self, words: list[int]) -> tuple[list[int], list[str]]:
        """Return for each word the number of the text that it is shown as, -1 for none; and these texts."""
        numbers: dict[str, int] = {}
        shown: list[str] = []
        found = []
        for word in words:
            known = self._shown.get(word)
            if known is None:
                if len(self._shown) >= _MAX_SHOWN:
                    self._shown.clear()
                known = self._shown[word] = self._name(word)
            name, text = known
            if name and name not in numbers:
                numbers[name] = len(shown)
                shown.append(text)
            found.append(numbers.get(name, -1))
        return found, shown

    def _name(self, word: int) -> tuple[str, str]:
        """Return what a word counts as and is shown as; empty if it is a particle or glued to another word."""
        key = self._snapshot.lexicon.key(word)
        base = [token for token in self._snapshot.lexicon.tokens(word) if token.kind is Kind.BASE]
        if key.context is not Context.FREE or not base or base[0].start:
            return "", ""
        if not is_hangul(key.form):
            return base[0].text, key.form
        text = base[0].text
        for token in base[1:]:
            if not key.form.startswith(text + token.text):
                break
            text += token.text
        return text, text


def _next_words(stream: npt.NDArray[np.int32], offsets: Ints, codes: Ints) -> tuple[Ints, Ints]:
    """Return the words that stand behind one of ``codes``, and the number of the document of each."""
    here = np.zeros(max(len(stream) - 1, 0), np.bool_)
    for code in codes.tolist():
        here |= stream[:-1] == code
    at = here.nonzero()[0]
    following = stream[at + 1].astype(np.int64) - FIRST_WORD
    places = np.searchsorted(offsets, at, "right") - 1
    inside = following >= 0
    return following[inside], places[inside].astype(np.int64)
