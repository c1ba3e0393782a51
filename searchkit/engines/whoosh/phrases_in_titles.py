"""Phrases in titles: postings decide as far as they can, and the beginnings of streams are read for the rest."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from searchkit.analysis.ranges import ranges
from searchkit.analysis.token import FIRST_WORD, ITEM_END, Layer
from searchkit.engines.whoosh import scan, stream
from searchkit.engines.whoosh.generation import Generation
from searchkit.engines.whoosh.occurrences import StreamWords
from searchkit.engines.whoosh.phrase_codes import holders, without_sentences
from searchkit.engines.whoosh.places import Fits, Place, fitting
from searchkit.engines.whoosh.segment import Segment
from searchkit.ranking.ascending import among, distinct

Data = npt.NDArray[np.uint8]
Mask = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]

ANCHOR_CODES = 8
"""No more codes than these are looked for as bytes; of more, all codes are decoded."""
MANY_STRINGS = 256
_TITLE_BYTES = 48
"""Most titles end within so many bytes of a stream."""
_MOST_CODE_BYTES = 8
"""More than a code has."""
_AT_ONCE = 1 << 14
"""The beginnings of so many streams are read at once, so that they stay in the processor's cache."""


def match_in_titles(
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
            if (base is None or not base[1]) and (len(place.strings) <= MANY_STRINGS or len(places) == 1):
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
        found[_read(generation, segment, docs, phrases)] = True
    return found


def _with_others(generation: Generation, segment: Segment, place: Place, terms: Ints) -> Mask | None:
    """Return which documents hold a word with one of the base ``terms`` that doesn't fit ``place``.

    In all others a word with one of ``terms`` fits. None if there are many such words.
    """
    known = StreamWords.of(generation)
    others = np.concatenate([np.zeros(0, np.int32), *map(known.with_term, terms.tolist())]).astype(np.int64)
    others = distinct(others[~among(others, place.words)])
    if len(others) > MANY_STRINGS:
        return None
    return segment.holders(Layer.SURFACE, distinct(generation.lexicon.expand(others).forms))


def _read(generation: Generation, segment: Segment, docs: Ints, phrases: Sequence[Sequence[Place]]) -> Ints:
    """Return those of ``docs`` that hold one of ``phrases`` in their title."""
    scanned, decoded = [], []
    every = list(_in_order(generation, phrases))
    for words, fits in every:
        if len(words) <= ANCHOR_CODES:
            scanned.append((words + FIRST_WORD, fits[1:]))
        else:
            decoded.append(fits)
    found: list[Ints] = [np.zeros(0, np.int64)]
    for at in range(0, len(docs), _AT_ONCE):
        some = docs[at : at + _AT_ONCE]
        # A zero before each row parts it from what was cut off in the row above; some end the last one.
        data = np.zeros(len(some) * (1 + _TITLE_BYTES) + _MOST_CODE_BYTES, np.uint8)
        rows = data[:-_MOST_CODE_BYTES].reshape(-1, 1 + _TITLE_BYTES)
        rows[:, 1:] = segment.heads(some, _TITLE_BYTES)
        sizes = _sizes(rows[:, 1:])
        for first, others in scanned:
            places = scan.places_of(data, (), first, others)
            numbers = places // rows.shape[1]
            # Where a title doesn't end in its row the last code may be cut off.
            found.append(some[numbers[places - numbers * rows.shape[1] <= sizes[numbers]]])
        short = (sizes > 0).nonzero()[0]
        if decoded and len(short):
            titles = rows[short, 1:][np.arange(_TITLE_BYTES) < sizes[short, None]]
            found += _decoded(some[short], titles, sizes[short], decoded)
        long = some[sizes == 0]
        if len(long):
            data, bounds = segment.streams(long)
            sizes = scan.title_ends(data, bounds) + 1 - bounds[:-1]
            titles = data[ranges(bounds[:-1], sizes)]
            found += _decoded(long, titles, sizes, [fits for _, fits in every])
    return np.concatenate(found)


def _sizes(rows: Data) -> Ints:
    """Return the size of each title, its end included, with which the stream in a row begins; 0 if it goes on."""
    is_end = rows == ITEM_END
    ends = is_end.argmax(axis=1)
    return np.where(is_end[np.arange(len(rows)), ends], ends + 1, 0)


def _decoded(docs: Ints, data: Data, sizes: Ints, phrases: Sequence[Sequence[Fits]]) -> Iterator[Ints]:
    """Yield those of ``docs`` that hold ``phrases`` in their titles, one after the other in ``data``."""
    bounds = np.zeros(len(docs) + 1, np.int64)
    np.cumsum(sizes, out=bounds[1:])
    codes, bounds = without_sentences(*stream.decode_cut(data, bounds))
    for fits in phrases:
        yield docs[holders(codes, bounds, fits)]


def _in_order(
    generation: Generation, phrases: Sequence[Sequence[Place]]
) -> Iterator[tuple[Ints, list[Fits]]]:
    """Yield for each of ``phrases``, those of one word made one, the words that begin it, and what fits each place."""
    single = [places[0].words for places in phrases if len(places) == 1]
    if single:
        words = distinct(np.concatenate(single))
        yield words, [fitting(words, generation.lexicon.word_count)]
    for places in phrases:
        if len(places) > 1:
            yield places[0].words, [place.fits for place in places]
