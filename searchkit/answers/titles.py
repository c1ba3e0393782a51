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

from searchkit.analysis.token import FIRST_WORD, ITEM_END, Layer
from searchkit.engines.derived import derived
from searchkit.engines.whoosh.phrase_codes import holders, without_sentences
from searchkit.engines.whoosh.places import resolve
from searchkit.query.plan import PhraseTerm, Plan
from searchkit.query.spacing import cut
from searchkit.query.title_phrases import TitlePhrase, over_represented
from searchkit.ranking.weights import EXPANSION

if TYPE_CHECKING:
    from searchkit.engines.base import Snapshot

Ints = npt.NDArray[np.int64]
Codes = npt.NDArray[np.int32]

_NAME = "titles"
_CACHED = 4_096
_CACHED_FORMS = 1 << 15


class Titles:
    """Asks titles, and remembers what they said. Thread-safe."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self._forms: dict[int, str] = {}
        self._counts: dict[str, int] = {}
        self._said: OrderedDict[PhraseTerm, list[TitlePhrase]] = OrderedDict()
        self._lock = Lock()

    @classmethod
    def of(cls, snapshot: Snapshot) -> Titles:
        """Return what lives with ``snapshot``."""
        return derived(snapshot, _NAME, cls)

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
        found = self._ask(whole, made)
        with self._lock:
            self._said[whole] = found
            if len(self._said) > _CACHED:
                self._said.popitem(last=False)
        return found

    def _ask(self, whole: PhraseTerm, made: Plan) -> list[TitlePhrase]:
        snapshot, weights = self._snapshot, EXPANSION.titles
        documents = snapshot.documents_with(Layer.TITLE)
        hits = min(weights.hits, int(weights.fraction * documents))
        if hits < weights.documents:
            return []
        # The filters of one search must not change what another remembers.
        codes, offsets = snapshot.words(snapshot.best_by_terms(made, hits))
        if self._holding(codes, offsets, whole) < weights.documents:
            return []
        return over_represented(
            [title for title in self._titles(codes, offsets) if title],
            self._titled,
            documents,
            weights,
        )

    def _holding(self, codes: Codes, offsets: Ints, whole: PhraseTerm) -> int:
        """Return how many documents hold a phrase, from their streams."""
        codes, offsets = without_sentences(codes, offsets)
        held = np.zeros(len(offsets) - 1, np.bool_)
        for phrase in whole.phrases:
            places = (word if word.base else replace(word, tail=False) for word in phrase)
            held[holders(codes, offsets, [resolve(self._snapshot, word).fits for word in places])] = True
        return int(np.count_nonzero(held))

    def _titles(self, codes: Codes, offsets: Ints) -> list[list[str]]:
        """Return the forms of the words of the titles of documents, from their streams."""
        lexicon, forms = self._snapshot.lexicon, self._forms
        if len(forms) > _CACHED_FORMS:
            forms.clear()
        found = []
        for start, stop in pairwise(offsets.tolist()):
            end = start + int((codes[start:stop] == ITEM_END).argmax())
            title = [code - FIRST_WORD for code in codes[start:end].tolist() if code >= FIRST_WORD]
            for word in title:
                if word not in forms:
                    forms[word] = lexicon.key(word).form
            found.append([forms[word] for word in title])
        return found

    def may_stand(self, text: str, made: Plan) -> bool:
        """Say whether enough documents may hold a phrase that reads ``text``, from the pairs of its words.

        ``made`` is its plan. Most queries end here.
        """
        enough = EXPANSION.titles.documents
        if made.second is None or self._frequency(text.replace(" ", ""), Layer.BULLETS) >= enough:
            return True
        pairs = list(pairwise(made.second.terms))
        self._snapshot.look_up_pairs(pairs, made)
        return all(self._snapshot.side_by_side(first, second) >= enough for first, second in pairs)

    def _titled(self, text: str) -> int:
        """Return how many titles hold a term."""
        found = self._counts.get(text)
        if found is None:
            if len(self._counts) >= _CACHED_FORMS:
                self._counts.clear()
            found = self._counts[text] = self._frequency(text, Layer.TITLE)
        return found

    def _frequency(self, text: str, layer: Layer) -> int:
        return self._snapshot.doc_freq(layer, text)
