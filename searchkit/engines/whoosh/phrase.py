"""Phrases and words of a field: candidates from postings, then proof on the forward streams."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from searchkit.analysis.token import FIRST_WORD, Kind, Layer
from searchkit.engines.whoosh import scan
from searchkit.engines.whoosh.generation import Generation
from searchkit.engines.whoosh.phrase_codes import holders, without_sentences
from searchkit.engines.whoosh.phrases_in_titles import ANCHOR_CODES, MANY_STRINGS, match_in_titles
from searchkit.engines.whoosh.places import Place, resolve
from searchkit.engines.whoosh.segment import Segment
from searchkit.query.plan import PhraseWord
from searchkit.ranking.ascending import among, distinct

Mask = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]

_BATCH = 4096
"""Streams of so many documents are decoded at once, to bound memory."""
_SCAN_SHARE = 2
"""More than one document of so many: comparing the bytes of all streams is faster than gathering those of some."""
_PIECES = "pieces of words"


def match_phrase(
    generation: Generation,
    segment: Segment,
    words: Sequence[PhraseWord],
    field: str | None,
    within: Mask | None,
) -> Mask:
    """Return which documents hold the words side by side in one item of ``field`` (None: any).

    Documents outside ``within`` may be left out.
    """
    return match_any(generation, segment, (words,), field, within)


def match_any(
    generation: Generation,
    segment: Segment,
    phrases: Sequence[Sequence[PhraseWord]],
    field: str | None,
    within: Mask | None,
) -> Mask:
    """Return which documents hold one of ``phrases``; else as `match_phrase`."""
    resolved = [[resolve(generation, word) for word in words] for words in phrases if words]
    if field == "title":
        return match_in_titles(generation, segment, resolved, within)
    found = np.zeros(segment.doc_count, np.bool_)
    for places in resolved:
        if field is None and len(places) == 1:
            found |= _holding_word(generation, segment, places[0], within)
        else:
            docs = np.flatnonzero(_candidates(segment, places, within))
            found[_proven(generation, segment, docs, places, field)] = True
    return found


def _candidates(segment: Segment, places: Sequence[Place], within: Mask | None) -> Mask:
    """Return the documents, among them all that hold a phrase, that hold its words."""
    mask = np.ones(segment.doc_count, np.bool_) if within is None else within.copy()
    for place in places:
        if len(place.strings) <= MANY_STRINGS or len(places) == 1:
            mask &= segment.holders(Layer.SURFACE, place.strings)
    return mask


def _holding_word(generation: Generation, segment: Segment, place: Place, within: Mask | None) -> Mask:
    """Return which documents hold a word that fits ``place``, from the postings of surfaces as far as these decide."""
    if place.sure:
        return segment.holders(Layer.SURFACE, place.strings)
    open_ = among(place.strings, place.mixed) | among(place.strings, _pieces(generation))
    found = segment.holders(Layer.SURFACE, place.strings[~open_])
    left = segment.holders(Layer.SURFACE, place.strings[open_]) & ~found
    if within is not None:
        left &= within
    found[_proven(generation, segment, np.flatnonzero(left), [place], None)] = True
    return found


def _pieces(generation: Generation) -> Ints:
    """Return the surfaces that stand within longer words."""
    found: Ints | None = generation.caches.get(_PIECES)
    if found is None:
        lexicon = generation.lexicon
        tokens = lexicon.expand(np.arange(lexicon.word_count, dtype=np.int64))
        found = generation.caches[_PIECES] = distinct(tokens.terms[tokens.kinds == Kind.SURFACE])
    return found


def _proven(
    generation: Generation, segment: Segment, docs: Ints, places: Sequence[Place], field: str | None
) -> Ints:
    """Return those of ``docs`` in whose streams words that fit ``places`` follow each other."""
    anchor = min(range(len(places)), key=lambda number: len(places[number].words))
    codes = places[anchor].words + FIRST_WORD
    fits = [place.fits for place in places]
    found: list[Ints] = [np.zeros(0, np.int64)]
    if not len(codes):
        return found[0]

    def places_in(data: npt.NDArray[np.uint8]) -> Ints:
        return scan.places_of(data, fits[:anchor], codes, fits[anchor + 1 :])

    few = len(codes) <= ANCHOR_CODES
    if few and len(docs) * _SCAN_SHARE > segment.doc_count:
        data, offsets = segment.stream_bytes()
        ends = None if field is None else _title_ends(generation, segment)
        return _outside_titles(places_in(data), offsets, ends)
    for start in range(0, len(docs), _BATCH):
        batch = docs[start : start + _BATCH]
        if few:
            data, bounds = segment.streams(batch)
            ends = None if field is None else scan.title_ends(data, bounds)
            found.append(batch[_outside_titles(places_in(data), bounds, ends)])
        else:
            found.append(batch[holders(*without_sentences(*segment.words(batch)), fits, field)])
    return np.concatenate(found)


def _outside_titles(at: Ints, offsets: npt.NDArray[Any], ends: Ints | None) -> Ints:
    """Return the documents, by their number, of the places ``at``; with ``ends`` of titles of those behind them."""
    docs: Ints = np.searchsorted(offsets, at.astype(offsets.dtype), side="right") - 1
    return docs if ends is None else docs[at >= ends[docs]]


def _title_ends(generation: Generation, segment: Segment) -> Ints:
    name = f"title ends {segment.id}"
    ends: Ints | None = generation.caches.get(name)
    if ends is None:
        ends = generation.caches[name] = scan.title_ends(*segment.stream_bytes())
    return ends
