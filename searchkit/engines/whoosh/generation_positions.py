"""Positions of terms, which no posting keeps: they are counted in the forward stream when asked for.

A position counts the base terms of a field from 0 on; between two bullets one number is left out, so that no
phrase crosses.
"""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from searchkit.analysis.ranges import ranges
from searchkit.analysis.token import FIRST_WORD, ITEM_END, Kind, Layer
from searchkit.engines.whoosh.generation_segment import LiveSegment
from searchkit.engines.whoosh.lexicon import StoredLexicon

if TYPE_CHECKING:
    from searchkit.engines.whoosh.generation_fields import Words

Ints = npt.NDArray[np.int64]

_CACHED_DOCUMENTS = 1024


class Places:
    """The base terms of every word, and the terms in text order of the documents seen last."""

    def __init__(self, lexicon: StoredLexicon) -> None:
        tokens = lexicon.expand(np.arange(lexicon.word_count, dtype=np.int64))
        base = tokens.kinds == Kind.BASE
        words = np.repeat(np.arange(lexicon.word_count, dtype=np.int64), tokens.counts)
        self._counts = np.bincount(words[base], minlength=lexicon.word_count).astype(np.int64)
        self._starts = np.cumsum(self._counts) - self._counts
        self._terms = tokens.terms[base]
        self._seen: OrderedDict[tuple[int, int, Layer], tuple[Ints, Ints]] = OrderedDict()
        self._lock = Lock()

    def of(self, segment: LiveSegment, doc: int, layer: Layer) -> tuple[Ints, Ints]:
        """Return the string ids of a document's terms in a layer, in text order, and their positions."""
        key = segment.number, doc, layer
        with self._lock:
            found = self._seen.get(key)
            if found is not None:
                self._seen.move_to_end(key)
                return found
        found = self._count(segment, doc, layer)
        with self._lock:
            self._seen[key] = found
            if len(self._seen) > _CACHED_DOCUMENTS:
                self._seen.popitem(last=False)
        return found

    def _count(self, segment: LiveSegment, doc: int, layer: Layer) -> tuple[Ints, Ints]:
        codes = segment.words(doc).astype(np.int64)
        items = np.cumsum(codes == ITEM_END)
        chosen = codes >= FIRST_WORD
        chosen &= items == 0 if layer is Layer.TITLE else items > 0
        words = codes[chosen] - FIRST_WORD
        counts = self._counts[words]
        terms = self._terms[ranges(self._starts[words], counts)]
        positions = np.arange(len(terms)) + np.repeat(np.maximum(items[chosen] - 1, 0), counts)
        # Labels follow the bullets and have no base terms of their own.
        length = int(segment.lengths(layer)[doc])
        return terms[:length], positions[:length]


class LayerValues:
    """The values of the postings of a term in a layer."""

    def __init__(
        self,
        segment: LiveSegment,
        layer: Layer,
        string_id: int,
        docs: npt.NDArray[Any],
        frequencies: npt.NDArray[Any],
        words: Words,
    ) -> None:
        self._segment = segment
        self._layer = layer
        self._string_id = string_id
        self._docs = docs
        self._frequencies = frequencies
        self._words = words

    def frequency(self, posting: int) -> int:
        """Return how often the term occurs."""
        return int(self._frequencies[posting])

    def items(self, posting: int, kind: str) -> list[Any]:
        """Return the positions, with a boost of 1 where the format wants one; places in the text aren't known."""
        if self._layer not in (Layer.TITLE, Layer.BULLETS) or kind.startswith("character"):
            raise NotImplementedError(f"this field has no {kind}")
        terms, positions = self._words.places.of(self._segment, int(self._docs[posting]), self._layer)
        found: list[Any] = positions[terms == self._string_id].tolist()
        return found if kind == "positions" else [(position, 1) for position in found]

    def raw(self, posting: int) -> bytes | None:
        """Return None: the formats are Whoosh's own."""
        return None
