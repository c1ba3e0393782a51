"""What the titles of the best hits call a query, where several of these hits hold it word for word."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from threading import Lock
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from searchkit.analysis.token import FIRST_WORD, ITEM_END, SENTENCE_END, Kind, Layer
from searchkit.query.plan import PhraseTerm, PhraseWord, Plan
from searchkit.query.spacing import cut
from searchkit.query.title_phrases import TitlePhrase, over_represented
from searchkit.ranking.weights import EXPANSION

if TYPE_CHECKING:
    from searchkit.engines.base import Snapshot
    from searchkit.engines.whoosh.lexicon import StoredLexicon, WordTokens

Ints = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

_NAME = "titles"
_CACHED = 4_096


class Titles:
    """Asks titles, and remembers what they said. Thread-safe."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self._said: OrderedDict[PhraseTerm, list[TitlePhrase]] = OrderedDict()
        self._lock = Lock()

    @classmethod
    def of(cls, snapshot: Snapshot) -> Titles:
        """Return what lives with ``snapshot``."""
        found = snapshot.caches.get(_NAME)
        if found is None:
            found = snapshot.caches.setdefault(_NAME, cls(snapshot))
        assert isinstance(found, Titles)
        return found

    def cut(self, text: str) -> Sequence[str]:
        """Take a word that few documents hold apart into words that several do."""
        enough = EXPANSION.titles.documents
        if self._frequency(text, Layer.BULLETS) >= enough:
            return ()
        return cut(text, lambda piece: self._frequency(piece, Layer.BULLETS), enough)

    def about(self, whole: PhraseTerm, made: Plan) -> list[TitlePhrase]:
        """Return what titles of hits of ``made``, the plan of the query ``whole``, say more often than others."""
        with self._lock:
            known = self._said.get(whole)
            if known is not None:
                self._said.move_to_end(whole)
                return known
        found = self._ask(whole, made) if self._may_stand(whole, made) else []
        with self._lock:
            self._said[whole] = found
            if len(self._said) > _CACHED:
                self._said.popitem(last=False)
        return found

    def _ask(self, whole: PhraseTerm, made: Plan) -> list[TitlePhrase]:
        snapshot, weights = self._snapshot, EXPANSION.titles
        # The filters of one search must not change what another remembers.
        first = replace(made, filters=(), second=None)
        best = snapshot.run(first, limit=weights.hits, total=False).hits
        codes, offsets = snapshot.words([handle for _, handle in best])
        if _holding(snapshot.lexicon, codes, offsets, whole) < weights.documents:
            return []
        return over_represented(
            [title for title in _titles(snapshot.lexicon, codes, offsets) if title],
            lambda word: self._frequency(word, Layer.TITLE),
            snapshot.documents_with(Layer.TITLE),
            weights,
        )

    def _may_stand(self, whole: PhraseTerm, made: Plan) -> bool:
        """Say whether enough documents may hold a phrase, from the pairs of its words; most queries end here."""
        enough = EXPANSION.titles.documents
        if made.second is None or self._frequency(whole.text.replace(" ", ""), Layer.BULLETS) >= enough:
            return True
        pairs = list(pairwise(made.second.terms))
        self._snapshot.look_up_pairs(pairs)
        return all(self._snapshot.side_by_side(first, second) >= enough for first, second in pairs)

    def _frequency(self, text: str, layer: Layer) -> int:
        return self._snapshot.doc_freq(layer, text)


def _titles(lexicon: StoredLexicon, codes: npt.NDArray[np.int32], offsets: Ints) -> list[list[str]]:
    """Return the forms of the words of the titles of documents, from their streams."""
    found = []
    for start, stop in pairwise(offsets.tolist()):
        end = start + int((codes[start:stop] == ITEM_END).argmax())
        words = (code - FIRST_WORD for code in codes[start:end].tolist() if code >= FIRST_WORD)
        found.append([lexicon.key(word).form for word in words])
    return found


def _holding(lexicon: StoredLexicon, codes: npt.NDArray[np.int32], offsets: Ints, whole: PhraseTerm) -> int:
    """Return how many documents hold a phrase, from their streams."""
    kept = codes != SENTENCE_END
    before = np.zeros(len(codes) + 1, np.int64)
    np.cumsum(kept, out=before[1:])
    codes, offsets = codes[kept], before[offsets]
    numbers = np.sort(codes[codes >= FIRST_WORD].astype(np.int64) - FIRST_WORD)
    numbers = numbers[np.diff(numbers, prepend=-1) > 0]
    places = np.searchsorted(numbers, codes.astype(np.int64) - FIRST_WORD)
    held = np.zeros(len(offsets) - 1, np.bool_)
    there = lexicon.expand(numbers)
    for phrase in whole.phrases:
        count = len(codes) - len(phrase) + 1
        if count <= 0:
            continue
        hits = np.ones(count, np.bool_)
        for shift, word in enumerate(phrase):
            fits = np.append(_fitting(lexicon, there, word), False)
            hits &= fits[places[shift : shift + count]] & (codes[shift : shift + count] >= FIRST_WORD)
        held[np.searchsorted(offsets, np.flatnonzero(hits), side="right") - 1] = True
    return int(np.count_nonzero(held))


def _fitting(lexicon: StoredLexicon, found: WordTokens, word: PhraseWord) -> Mask:
    """Return which of the words ``found`` fit a place of a phrase."""
    exact = np.array([lexicon.string_id(form) for form in word.forms], np.int64)
    fits: Mask = np.isin(found.forms, exact)
    if word.tail:
        base = found.kinds == Kind.BASE
        owners = np.repeat(np.arange(len(found.counts)), found.counts)[base]
        wanted = [lexicon.string_id(text) for text in word.base]
        right = np.bincount(owners, minlength=len(found.counts)) == len(wanted)
        if wanted and right.any():
            terms = found.terms[base][right[owners]].reshape(-1, len(wanted))
            right[right] = (terms == np.array(wanted)).all(axis=1)
        for number in np.flatnonzero(right & ~fits).tolist():
            fits[number] = lexicon.string(int(found.forms[number])).startswith(word.forms)
    return fits
