"""Inversion: from the words of documents to postings, by sorting whole arrays.

Documents are inverted some thousand at a time, so that arrays stay small, on several threads: numpy lets go of the
interpreter while it works. The pieces are then put in their places, term by term.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from searchkit.analysis.ranges import ranges, run_sizes, run_starts
from searchkit.analysis.token import FIRST_WORD, ITEM_END, Kind, Layer
from searchkit.engines.whoosh.blocks_of_documents import BLOCK, map_blocks
from searchkit.engines.whoosh.lexicon import WordLevels

Ints = npt.NDArray[np.int64]
Numbers = npt.NDArray[Any]

_REGION_BITS = 2
_REGION_MASK = (1 << _REGION_BITS) - 1
_TITLE, _BULLETS = 0, 1
"""Labels, the third region, have no base terms."""
_DOC_BITS = BLOCK.bit_length()
_DOC_MASK = (1 << _DOC_BITS) - 1
_PLACE_BITS = _DOC_BITS + _REGION_BITS
_COUNT_BITS = 20
_BYTE = 255


@dataclass(frozen=True, slots=True)
class Postings:
    """One layer of a batch: the documents of term i, ``terms[i]``, are ``docs[offsets[i]:offsets[i+1]]``.

    Terms ascend, and so do the documents of each. ``frequencies`` run parallel to ``docs``; ``lengths`` has the number
    of tokens of each document.
    """

    terms: Ints
    offsets: Ints
    docs: Numbers
    frequencies: Numbers
    lengths: Ints


@dataclass(frozen=True, slots=True)
class _Words:
    """The distinct (word, document, region) of a block: ``which`` numbers words, ``counts`` their occurrences.

    Counts fit in their bits: a word that occurs more often stands here several times.
    """

    which: Ints
    docs: Ints
    regions: Ints
    counts: Ints

    def take(self, rows: Ints) -> _Words:
        """Return these rows."""
        return _Words(
            self.which.take(rows), self.docs.take(rows), self.regions.take(rows), self.counts.take(rows)
        )


@dataclass(frozen=True, slots=True)
class _Terms:
    """The terms of a layer: word i has ``sizes[i]`` of ``terms``, from ``starts[i]`` on.

    The low bits of the terms are left free for a document and a count.
    """

    sizes: Ints
    starts: Ints
    terms: Ints


def invert(
    codes: npt.NDArray[np.int32], offsets: Ints, bullets: Ints, lexicon: WordLevels
) -> list[dict[Layer, Postings]]:
    """Return the postings of each layer of a batch, in blocks of documents for `join_postings`.

    ``codes`` are the streams of all documents, cut by ``offsets``, with ``bullets`` bullets each.
    """
    there = np.zeros(lexicon.word_count + FIRST_WORD, np.bool_)
    there[codes] = True
    distinct = np.flatnonzero(there[FIRST_WORD:])
    numbers = np.zeros(len(there), np.int32)
    numbers[distinct + FIRST_WORD] = np.arange(len(distinct), dtype=np.int32)
    terms = _terms_of_layers(distinct, lexicon)
    return map_blocks(partial(_invert_block, codes, offsets, bullets, numbers, terms), len(offsets) - 1)


def join_postings(several: Sequence[Postings]) -> Postings:
    """Return the postings of all documents, those of each of ``several`` counted on from the ones before."""
    if len(several) == 1:
        return several[0]
    top = max((int(each.terms[-1]) + 1 for each in several if len(each.terms)), default=0)
    totals = np.zeros(top, np.int64)
    for each in several:
        totals[each.terms] += np.diff(each.offsets)
    terms = np.flatnonzero(totals)
    offsets = np.zeros(len(terms) + 1, np.int64)
    np.cumsum(totals[terms], out=offsets[1:])
    places = totals
    places[terms] = offsets[:-1]
    doc_count = sum(len(each.lengths) for each in several)
    docs = np.empty(int(offsets[-1]), np.uint16 if doc_count <= 1 << 16 else np.uint32)
    frequencies = np.empty(len(docs), np.result_type(np.uint8, *(each.frequencies for each in several)))
    first = 0
    for each in several:
        sizes = np.diff(each.offsets)
        at = ranges(places[each.terms], sizes)
        docs[at] = np.add(each.docs, first, dtype=docs.dtype)
        frequencies[at] = each.frequencies
        places[each.terms] += sizes
        first += len(each.lengths)
    return Postings(terms, offsets, docs, frequencies, np.concatenate([each.lengths for each in several]))


def _terms_of_layers(distinct: Ints, lexicon: WordLevels) -> dict[Layer, _Terms]:
    tokens = lexicon.expand(distinct)
    word_of_token = np.repeat(np.arange(len(distinct), dtype=np.int32), tokens.counts)
    found = {}
    for layer, kind in (
        (Layer.TITLE, Kind.BASE),
        (Layer.PARTS, Kind.PART),
        (Layer.SURFACE, Kind.SURFACE),
        (Layer.IDENTIFIERS, Kind.IDENTIFIER),
    ):
        chosen = tokens.kinds == kind
        owners, terms = word_of_token[chosen], tokens.terms[chosen]
        if layer is Layer.SURFACE:
            owners = np.concatenate((np.arange(len(distinct), dtype=np.int32), owners))
            terms = np.concatenate((tokens.forms, terms))
            order = np.argsort(owners, kind="stable")
            owners, terms = owners[order], terms[order]
        sizes = np.bincount(owners, minlength=len(distinct)).astype(np.int64)
        found[layer] = _Terms(sizes, np.cumsum(sizes) - sizes, terms << (_DOC_BITS + _COUNT_BITS))
    found[Layer.BULLETS] = found[Layer.TITLE]
    return found


def _invert_block(
    codes: npt.NDArray[np.int32],
    offsets: Ints,
    bullets: Ints,
    numbers: npt.NDArray[np.int32],
    terms: dict[Layer, _Terms],
    first: int,
) -> dict[Layer, Postings]:
    """Return the postings of the documents from ``first`` on, a block of them, by layer."""
    bounds = offsets[first : first + BLOCK + 1]
    words = _count_words(
        codes[bounds[0] : bounds[-1]], bounds - bounds[0], bullets[first : first + BLOCK], numbers
    )
    doc_count = len(bounds) - 1
    title, in_bullets = (words.take((words.regions == region).nonzero()[0]) for region in (_TITLE, _BULLETS))
    rows = {Layer.TITLE: title, Layer.BULLETS: in_bullets}
    return {layer: _postings(rows.get(layer, words), terms[layer], doc_count) for layer in Layer}


def _count_words(
    codes: npt.NDArray[np.int32], offsets: Ints, bullets: Ints, numbers: npt.NDArray[np.int32]
) -> _Words:
    """Return the distinct (word, document, region), words by their number, in that order."""
    doc_count = len(offsets) - 1
    sizes = np.diff(offsets)
    # Items are counted over the whole block; the first item of each document is its title.
    items = np.cumsum(codes == ITEM_END, dtype=np.int32)
    before = np.zeros(doc_count, np.int32)
    inner = offsets[:-1] > 0
    before[inner] = items[offsets[:-1][inner] - 1]
    docs = np.repeat(np.arange(doc_count, dtype=np.int32), sizes)
    items -= np.repeat(before, sizes)
    places = (items > 0).astype(np.int32)
    places += items > bullets.astype(np.int32)[docs]
    docs <<= _REGION_BITS
    places |= docs
    words = np.flatnonzero(codes >= FIRST_WORD)
    keys = numbers[codes[words]].astype(np.int64)
    keys <<= _PLACE_BITS
    keys |= places[words]
    keys.sort()
    starts = run_starts(keys)
    counts = run_sizes(starts, len(keys))
    keys = keys.take(starts)
    found = _Words(keys >> _PLACE_BITS, keys >> _REGION_BITS & _DOC_MASK, keys & _REGION_MASK, counts)
    most = (1 << _COUNT_BITS) - 1
    if counts.max(initial=0) <= most:
        return found
    pieces = -(-counts // most)
    done = ranges(np.zeros_like(pieces), pieces) * most
    split = found.take(np.repeat(np.arange(len(counts)), pieces))
    return _Words(split.which, split.docs, split.regions, np.minimum(split.counts - done, most))


def _postings(words: _Words, terms: _Terms, doc_count: int) -> Postings:
    """Return the postings of a layer."""
    sizes = terms.sizes.take(words.which)
    lengths = np.bincount(words.docs, weights=words.counts * sizes, minlength=doc_count).astype(np.int64)
    # Document and count ride in the low bits: sorting one array is far cheaper than sorting indexes.
    tails = words.docs << _COUNT_BITS
    tails |= words.counts
    single, several = (sizes == 1).nonzero()[0], (sizes > 1).nonzero()[0]
    keys = terms.terms.take(terms.starts.take(words.which.take(single)))
    keys |= tails.take(single)
    if len(several):
        sizes = sizes.take(several)
        more = terms.terms.take(ranges(terms.starts.take(words.which.take(several)), sizes))
        more |= np.repeat(tails.take(several), sizes)
        keys = np.concatenate((keys, more))
    keys.sort()
    frequencies = keys & ((1 << _COUNT_BITS) - 1)
    keys >>= _COUNT_BITS
    starts = run_starts(keys)
    if len(starts) < len(keys):
        frequencies = np.add.reduceat(frequencies, starts)
        keys = keys.take(starts)
    posted = (keys & _DOC_MASK).astype(np.uint16)
    keys >>= _DOC_BITS
    term_starts = run_starts(keys)
    return Postings(
        keys.take(term_starts),
        np.append(term_starts, len(keys)),
        posted,
        frequencies.astype(np.uint8 if frequencies.max(initial=0) <= _BYTE else np.uint32),
        lengths,
    )
