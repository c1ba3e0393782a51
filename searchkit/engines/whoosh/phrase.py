"""Phrases and words of a field: candidates from postings, then proof on the forward streams."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from searchkit.analysis.ranges import ranges
from searchkit.analysis.token import FIRST_WORD, ITEM_END, SENTENCE_END, Kind, Layer
from searchkit.engines.whoosh import scan, stream
from searchkit.engines.whoosh.generation import Generation
from searchkit.engines.whoosh.lexicon import StoredLexicon, WordTokens
from searchkit.engines.whoosh.segment import Segment
from searchkit.query.plan import PhraseWord

Mask = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]

_BATCH = 4096
"""Streams of so many documents are decoded at once, to bound memory."""
_ANCHOR_CODES = 8
_SCAN_SHARE = 4
"""More than one document of so many: comparing the bytes of all streams is faster than gathering those of some."""
_MANY_STRINGS = 256
_MANY_TITLED = 16
_CACHED_WORDS = 32
_CONTEXT_BITS = 2
_CACHE = "phrase words"


@dataclass(frozen=True, slots=True, eq=False)
class Place:
    """A place of a phrase in terms of the lexicon.

    ``strings`` are the surfaces that may stand here; ``fits`` says it for each code of a stream. ``sure``: all words
    with one of these surfaces fit, so that their postings alone decide.
    """

    strings: tuple[int, ...]
    fits: Mask
    sure: bool
    titles: tuple[int, ...] | None = None
    """Base terms one of which a title with a word that fits holds; None where that isn't known."""


def resolve(generation: Generation, word: PhraseWord) -> Place:
    """Look a place of a phrase up in the lexicon."""
    cache: dict[PhraseWord, Place] = generation.caches.setdefault(_CACHE, {})
    found = cache.get(word)
    if found is None:
        if len(cache) >= _CACHED_WORDS:
            cache.clear()
        found = cache[word] = place_of(generation.lexicon, word)
    return found


def place_of(lexicon: StoredLexicon, word: PhraseWord) -> Place:
    """Return a place of a phrase in terms of a lexicon."""
    strings = {string_id for form in word.forms if (string_id := lexicon.string_id(form)) >= 0}
    words = {word_id for string_id in strings for word_id in lexicon.words_of(string_id)}
    sure = True
    if word.tail:
        longer = {s for form in word.forms for s in lexicon.prefix(form, lexicon.string_count)} - strings
        candidates = _words_of(lexicon, sorted(longer))
        tokens = lexicon.expand(candidates)
        right = _has_base(tokens, np.array([lexicon.string_id(text) for text in word.base], np.int64))
        words.update(candidates[right].tolist())
        strings.update(tokens.forms[right].tolist())
        sure = not np.isin(tokens.forms[~right], tokens.forms[right]).any()
    fits = np.zeros(lexicon.word_count + FIRST_WORD, np.bool_)
    fits[np.array(sorted(words), np.int64) + FIRST_WORD] = True
    return Place(tuple(sorted(strings)), fits, sure, _first_terms(lexicon, words))


def _first_terms(lexicon: StoredLexicon, words: Collection[int]) -> tuple[int, ...] | None:
    """Return the first base terms of ``words``, None if there are many words or one has no base term."""
    if len(words) > _MANY_TITLED:
        return None
    tokens = lexicon.expand(np.array(sorted(words), np.int64))
    is_base = tokens.kinds == Kind.BASE
    owners = np.repeat(np.arange(len(tokens.counts)), tokens.counts)[is_base]
    first = np.flatnonzero(np.diff(owners, prepend=-1))
    return tuple(set(tokens.terms[is_base][first].tolist())) if len(first) == len(words) else None


def _words_of(lexicon: StoredLexicon, strings: Sequence[int]) -> Ints:
    """Return all words with one of these surfaces, ascending."""
    wanted = np.zeros(lexicon.string_count, np.bool_)
    wanted[np.array(strings, np.int64)] = True
    found = [np.zeros(0, np.int64)]
    for level in lexicon.levels:
        forms = level.arrays()[0] >> _CONTEXT_BITS
        found.append(np.flatnonzero(wanted[forms]) + level.first_word)
    return np.concatenate(found)


def _has_base(tokens: WordTokens, base: Ints) -> Mask:
    """Return of which words the base terms are ``base``, in this order."""
    is_base = tokens.kinds == Kind.BASE
    owners = np.repeat(np.arange(len(tokens.counts)), tokens.counts)[is_base]
    right: Mask = np.bincount(owners, minlength=len(tokens.counts)) == len(base)
    if len(base):
        terms = tokens.terms[is_base][right[owners]].reshape(-1, len(base))
        right[right] = (terms == base).all(axis=1)
    return right


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
    places = [resolve(generation, word) for word in words]
    mask = np.ones(segment.doc_count, np.bool_) if within is None else within.copy()
    if not places:
        return np.zeros(segment.doc_count, np.bool_)
    if field == "title":
        for place in places:
            if place.titles is not None:
                mask &= _holding(segment, Layer.TITLE, place.titles)
    for place in sorted(places, key=lambda place: len(place.strings)):
        if len(place.strings) <= _MANY_STRINGS or len(places) == 1:
            mask &= _holding(segment, Layer.SURFACE, place.strings)
    if field is None and len(places) == 1 and places[0].sure:
        return mask
    proven = np.zeros(segment.doc_count, np.bool_)
    docs = np.flatnonzero(mask)
    proven[_proven(generation, segment, docs, [place.fits for place in places], field)] = True
    return proven


def _holding(segment: Segment, layer: Layer, strings: Sequence[int]) -> Mask:
    """Return which documents hold one of these terms in a layer; in SURFACE also as a piece of a word."""
    mask = np.zeros(segment.doc_count, np.bool_)
    for string_id in strings:
        mask[segment.postings(layer, string_id)[0]] = True
    return mask


def _proven(
    generation: Generation, segment: Segment, docs: Ints, places: Sequence[Mask], field: str | None
) -> Ints:
    """Return those of ``docs`` in whose streams words that fit ``places`` follow each other."""
    anchor, codes = scan.anchor_of(places)
    if codes == 0:
        return np.zeros(0, np.int64)
    if field == "title":
        return docs[_hits(*_titles(generation, segment, docs), places, None)]
    few = codes <= _ANCHOR_CODES
    if few and len(docs) * _SCAN_SHARE > segment.doc_count:
        return _scanned(generation, segment, places, anchor, field)
    found: list[Ints] = [np.zeros(0, np.int64)]
    for start in range(0, len(docs), _BATCH):
        batch = docs[start : start + _BATCH]
        if few:
            data, bounds = segment.streams(batch)
            at = scan.places_of(data, places, anchor)
            ends = None if field is None else scan.title_ends(data, bounds)
            found.append(batch[_outside_titles(at, bounds, ends)])
        else:
            found.append(batch[_hits(*segment.words(batch), places, field)])
    return np.concatenate(found)


def _scanned(
    generation: Generation, segment: Segment, places: Sequence[Mask], anchor: int, field: str | None
) -> Ints:
    """Return the documents that hold the phrase, from a scan of all streams."""
    data, offsets = segment.stream_bytes()
    at = scan.places_of(data, places, anchor)
    return _outside_titles(at, offsets, None if field is None else _title_ends(generation, segment))


def _outside_titles(at: Ints, offsets: npt.NDArray[Any], ends: Ints | None) -> Ints:
    """Return the documents, by their number, of the places ``at``; with ``ends`` of titles of those behind them."""
    docs: Ints = np.searchsorted(offsets, at.astype(offsets.dtype), side="right") - 1
    return docs if ends is None else docs[at >= ends[docs]]


def _titles(generation: Generation, segment: Segment, docs: Ints) -> tuple[npt.NDArray[np.int32], Ints]:
    """Return the streams of the titles of ``docs``, one after the other, and where each starts."""
    data, offsets = segment.stream_bytes()
    starts = offsets[docs].astype(np.int64)
    sizes = _title_ends(generation, segment)[docs] + 1 - starts
    bounds = np.zeros(len(docs) + 1, np.int64)
    np.cumsum(sizes, out=bounds[1:])
    return stream.decode_cut(data[ranges(starts, sizes)], bounds)


def _title_ends(generation: Generation, segment: Segment) -> Ints:
    name = f"title ends {segment.id}"
    ends: Ints | None = generation.caches.get(name)
    if ends is None:
        ends = generation.caches[name] = scan.title_ends(*segment.stream_bytes())
    return ends


def _hits(codes: npt.NDArray[np.int32], offsets: Ints, places: Sequence[Mask], field: str | None) -> Ints:
    """Return which documents, by their number in the batch, hold the phrase."""
    kept = codes != SENTENCE_END
    before = np.zeros(len(codes) + 1, np.int64)
    np.cumsum(kept, out=before[1:])
    codes, offsets = codes[kept], before[offsets]
    count = len(codes) - len(places) + 1
    if count <= 0:
        return np.zeros(0, np.int64)
    # The end of an item fits no place, so nothing reaches across items or documents.
    hits = places[0][codes[:count]]
    for shift, fits in enumerate(places[1:], 1):
        hits &= fits[codes[shift : shift + count]]
    at = np.flatnonzero(hits)
    docs = np.searchsorted(offsets, at, side="right") - 1
    if field is not None:
        ends = np.zeros(len(codes) + 1, np.int64)
        np.cumsum(codes == ITEM_END, out=ends[1:])
        in_title = ends[at] == ends[offsets[docs]]
        docs = docs[in_title if field == "title" else ~in_title]
    return docs[np.flatnonzero(np.diff(docs, prepend=-1))]
