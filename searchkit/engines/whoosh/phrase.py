"""Phrases and words of a field: candidates from postings, then proof on the forward streams."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from searchkit.analysis.ranges import ranges
from searchkit.analysis.token import FIRST_WORD, ITEM_END, SENTENCE_END, Kind, Layer
from searchkit.engines.whoosh import scan, stream
from searchkit.engines.whoosh.generation import Generation
from searchkit.engines.whoosh.occurrences import StreamWords
from searchkit.engines.whoosh.places import Fits, Place, fitting, resolve
from searchkit.engines.whoosh.segment import Segment
from searchkit.query.plan import PhraseWord
from searchkit.ranking.ascending import among, distinct, firsts

Mask = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]

_BATCH = 4096
"""Streams of so many documents are decoded at once, to bound memory."""
_ANCHOR_CODES = 8
_SCAN_SHARE = 2
"""More than one document of so many: comparing the bytes of all streams is faster than gathering those of some."""
_MANY_STRINGS = 256
_TITLE_BYTES = 48
"""So many bytes of a stream are read first to find the end of the title."""
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
        return _in_titles(generation, segment, resolved, within)
    found = np.zeros(segment.doc_count, np.bool_)
    for places in resolved:
        if field is None and len(places) == 1:
            found |= _holding_word(generation, segment, places[0], within)
        else:
            docs = np.flatnonzero(_candidates(segment, places, within))
            found[_proven(generation, segment, docs, places, field)] = True
    return found


def _in_titles(
    generation: Generation, segment: Segment, phrases: Sequence[Sequence[Place]], within: Mask | None
) -> Mask:
    """Return which documents hold one of ``phrases`` in their title; titles are read where postings don't decide."""
    found = np.zeros(segment.doc_count, np.bool_)
    left = found.copy()
    for places in phrases:
        bases = [place.title_terms for place in places]
        candidates = np.ones(segment.doc_count, np.bool_) if within is None else within.copy()
        for place, base in zip(places, bases):
            if base is not None:
                candidates &= segment.holders(Layer.TITLE, base[0])
            # The surface tells more than one of several base terms.
            if (base is None or not base[1]) and (len(place.strings) <= _MANY_STRINGS or len(places) == 1):
                candidates &= segment.holders(Layer.SURFACE, place.strings)
        open_ = None
        if len(places) == 1 and bases[0] is not None:
            open_ = _with_others(generation, segment, places[0], bases[0][0])
        if open_ is None:
            left |= candidates
        else:
            left |= candidates & open_
            found |= candidates & ~open_
    docs = np.flatnonzero(left & ~found)
    if len(docs):
        codes, bounds = without_sentences(*_titles(segment, docs))
        for fits in _in_order(generation, phrases):
            found[docs[holders(codes, bounds, fits)]] = True
    return found


def _with_others(generation: Generation, segment: Segment, place: Place, terms: Ints) -> Mask | None:
    """Return which documents hold a word with one of the base ``terms`` that doesn't fit ``place``.

    In all others a word with one of ``terms`` fits. None if there are many such words.
    """
    known = StreamWords.of(generation)
    others = np.concatenate([np.zeros(0, np.int32), *map(known.with_term, terms.tolist())]).astype(np.int64)
    others = distinct(others[~among(others, place.words)])
    if len(others) > _MANY_STRINGS:
        return None
    return segment.holders(Layer.SURFACE, distinct(generation.lexicon.expand(others).forms))


def _in_order(generation: Generation, phrases: Sequence[Sequence[Place]]) -> Iterator[list[Fits]]:
    """Yield what fits the places of each of ``phrases``, those of one word made one."""
    single = [places[0].words for places in phrases if len(places) == 1]
    if single:
        yield [fitting(distinct(np.concatenate(single)), generation.lexicon.word_count)]
    for places in phrases:
        if len(places) > 1:
            yield [place.fits for place in places]


def _candidates(segment: Segment, places: Sequence[Place], within: Mask | None) -> Mask:
    """Return the documents, among them all that hold a phrase, that hold its words."""
    mask = np.ones(segment.doc_count, np.bool_) if within is None else within.copy()
    for place in places:
        if len(place.strings) <= _MANY_STRINGS or len(places) == 1:
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

    few = len(codes) <= _ANCHOR_CODES
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


def _titles(segment: Segment, docs: Ints) -> tuple[npt.NDArray[np.int32], Ints]:
    """Return the streams of the titles of ``docs``, one after the other, and where each starts."""
    data, bounds = segment.streams(docs, _TITLE_BYTES)
    ends, there = scan.first_item_ends(data, bounds)
    if not there.all():
        data, bounds = segment.streams(docs)
        ends, _ = scan.first_item_ends(data, bounds)
    sizes = ends + 1 - bounds[:-1]
    cut = np.zeros(len(docs) + 1, np.int64)
    np.cumsum(sizes, out=cut[1:])
    return stream.decode_cut(data[ranges(bounds[:-1], sizes)], cut)


def _title_ends(generation: Generation, segment: Segment) -> Ints:
    name = f"title ends {segment.id}"
    ends: Ints | None = generation.caches.get(name)
    if ends is None:
        ends = generation.caches[name] = scan.title_ends(*segment.stream_bytes())
    return ends


def without_sentences(codes: npt.NDArray[np.int32], offsets: Ints) -> tuple[npt.NDArray[np.int32], Ints]:
    """Return streams of documents without the ends of sentences, across which phrases go on."""
    kept = codes != SENTENCE_END
    before = np.zeros(len(codes) + 1, np.int64)
    np.cumsum(kept, out=before[1:])
    return codes[kept], before[offsets]


def holders(
    codes: npt.NDArray[np.int32], offsets: Ints, places: Sequence[Fits], field: str | None = None
) -> Ints:
    """Return which documents, by their number in the batch, hold the phrase, in streams without ends of sentences."""
    count = len(codes) - len(places) + 1
    if count <= 0:
        return np.zeros(0, np.int64)
    # The end of an item fits no place, so nothing reaches across items or documents.
    at = places[0](codes[:count]).nonzero()[0]
    for shift, fits in enumerate(places[1:], 1):
        at = at[fits(codes.take(at + shift))]
    docs = offsets.searchsorted(at, side="right") - 1
    if field is not None:
        ends = np.zeros(len(codes) + 1, np.int64)
        np.cumsum(codes == ITEM_END, out=ends[1:])
        in_title = ends[at] == ends[offsets[docs]]
        docs = docs[in_title if field == "title" else ~in_title]
    return docs[firsts(docs)]
