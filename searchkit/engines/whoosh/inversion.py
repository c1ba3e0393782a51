"""Inversion: from the words of documents to postings, by sorting whole arrays."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from searchkit.analysis.token import FIRST_WORD, ITEM_END, Kind, Layer
from searchkit.engines.whoosh.lexicon import StoredLexicon, ranges

Ints = npt.NDArray[np.int64]
Numbers = npt.NDArray[Any]

_REGIONS = 3
_TITLE, _BULLETS = 0, 1
"""Labels, the third region, have no base terms."""
_COUNT_BITS = 8
_COUNT_MAX = (1 << _COUNT_BITS) - 1


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
    """The distinct (word, document, region) of a batch: ``which`` numbers words, ``counts`` their occurrences."""

    which: npt.NDArray[np.int32]
    docs: npt.NDArray[np.int32]
    regions: npt.NDArray[np.int8]
    counts: npt.NDArray[np.int32]


def invert(
    codes: npt.NDArray[np.int32], offsets: Ints, bullets: Ints, lexicon: StoredLexicon
) -> Iterator[tuple[Layer, Postings]]:
    """Yield the postings of each layer of a batch.

    ``codes`` are the streams of all documents, cut by ``offsets``, with ``bullets`` bullets each. One layer is in
    memory at a time.
    """
    doc_count = len(offsets) - 1
    distinct, words = _count_words(codes, offsets, bullets)
    tokens = lexicon.expand(distinct)
    word_of_token = np.repeat(np.arange(len(distinct), dtype=np.int32), tokens.counts)
    everywhere = words.regions >= _TITLE
    for layer, kind, rows in (
        (Layer.TITLE, Kind.BASE, words.regions == _TITLE),
        (Layer.BULLETS, Kind.BASE, words.regions == _BULLETS),
        (Layer.PARTS, Kind.PART, everywhere),
        (Layer.SURFACE, Kind.SURFACE, everywhere),
        (Layer.IDENTIFIERS, Kind.IDENTIFIER, everywhere),
    ):
        chosen = tokens.kinds == kind
        owners, terms = word_of_token[chosen], tokens.terms[chosen]
        if layer is Layer.SURFACE:
            owners = np.concatenate((np.arange(len(distinct), dtype=np.int32), owners))
            terms = np.concatenate((tokens.forms, terms))
            order = np.argsort(owners, kind="stable")
            owners, terms = owners[order], terms[order]
        sizes = np.bincount(owners, minlength=len(distinct)).astype(np.int64)
        yield layer, _postings(_select(words, rows), sizes, terms, doc_count)


def _select(words: _Words, rows: npt.NDArray[np.bool_]) -> _Words:
    if rows.all():
        return words
    return _Words(words.which[rows], words.docs[rows], words.regions[rows], words.counts[rows])


def _count_words(codes: npt.NDArray[np.int32], offsets: Ints, bullets: Ints) -> tuple[Ints, _Words]:
    """Return the distinct word ids, ascending, and the distinct (word, document, region) in that order."""
    doc_count = len(offsets) - 1
    # Items are counted over the whole batch; the first item of each document is its title.
    items = np.cumsum(codes == ITEM_END, dtype=np.int32)
    before = np.zeros(doc_count, np.int32)
    inner = offsets[:-1] > 0
    before[inner] = items[offsets[:-1][inner] - 1]
    docs = np.repeat(np.arange(doc_count, dtype=np.int32), np.diff(offsets))
    items -= np.repeat(before, np.diff(offsets))
    regions = (items > 0).astype(np.int8)
    regions += items > bullets.astype(np.int32)[docs]
    words = codes >= FIRST_WORD
    keys = codes[words].astype(np.int64)
    keys -= FIRST_WORD
    keys *= doc_count
    keys += docs[words]
    keys *= _REGIONS
    keys += regions[words]
    del items, docs, regions, words
    keys.sort()
    starts = _run_starts(keys)
    counts = np.diff(np.append(starts, len(keys))).astype(np.int32)
    keys = keys[starts]
    region = (keys % _REGIONS).astype(np.int8)
    keys //= _REGIONS
    doc = (keys % max(doc_count, 1)).astype(np.int32)
    keys //= max(doc_count, 1)
    word_starts = _run_starts(keys)
    sizes = np.diff(np.append(word_starts, len(keys)))
    which = np.repeat(np.arange(len(word_starts), dtype=np.int32), sizes)
    return keys[word_starts], _Words(which, doc, region, counts)


def _run_starts(keys: Ints) -> Ints:
    if not len(keys):
        return np.zeros(0, np.int64)
    change = np.empty(len(keys), np.bool_)
    change[0] = True
    np.not_equal(keys[1:], keys[:-1], out=change[1:])
    return np.flatnonzero(change)


def _postings(words: _Words, sizes: Ints, terms: Ints, doc_count: int) -> Postings:
    """Return the postings of a layer in which word i has ``sizes[i]`` of ``terms``, which stand in word order."""
    row_sizes = sizes[words.which]
    at = ranges((np.cumsum(sizes) - sizes)[words.which], row_sizes)
    keys = terms[at]
    del at
    docs = np.repeat(words.docs, row_sizes)
    counts = np.repeat(words.counts, row_sizes)
    lengths = np.bincount(docs, weights=counts, minlength=doc_count).astype(np.int64)
    keys *= max(doc_count, 1)
    keys += docs
    del docs
    if counts.max(initial=0) <= _COUNT_MAX:
        # The count rides in the low bits: sorting one array is far cheaper than sorting indexes.
        keys <<= _COUNT_BITS
        keys |= counts
        keys.sort()
        counts = (keys & _COUNT_MAX).astype(np.int32)
        keys >>= _COUNT_BITS
    else:
        order = np.argsort(keys, kind="stable")
        keys, counts = keys[order], counts[order]
    starts = _run_starts(keys)
    frequencies = np.add.reduceat(counts, starts) if len(starts) else counts
    keys = keys[starts]
    posted = (keys % max(doc_count, 1)).astype(np.uint16 if doc_count <= 1 << 16 else np.uint32)
    keys //= max(doc_count, 1)
    term_starts = _run_starts(keys)
    return Postings(
        keys[term_starts],
        np.append(term_starts, len(keys)),
        posted,
        frequencies.astype(np.uint8 if frequencies.max(initial=0) <= _COUNT_MAX else np.uint32),
        lengths,
    )
