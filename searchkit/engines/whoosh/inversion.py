"""Inversion: from the words of documents to postings, by sorting whole arrays."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from searchkit.analysis.token import FIRST_WORD, ITEM_END, Kind, Layer
from searchkit.engines.whoosh.lexicon import StoredLexicon, ranges

Ints = npt.NDArray[np.int64]

_REGIONS = 3
_TITLE, _BULLETS, _LABELS = range(_REGIONS)
_COUNT_BITS = 8
_COUNT_MAX = (1 << _COUNT_BITS) - 1


@dataclass(frozen=True, slots=True)
class Postings:
    """One layer of a batch: the documents of term i, ``terms[i]``, are ``docs[offsets[i]:offsets[i+1]]``.

    Terms ascend, and so do the documents of each.

    ``frequencies`` run parallel to ``docs``; ``lengths`` has the number of tokens of each document.
    """

    terms: Ints
    offsets: Ints
    docs: Ints
    frequencies: Ints
    lengths: Ints


def invert(
    codes: npt.NDArray[np.int32], offsets: Ints, bullets: Ints, lexicon: StoredLexicon
) -> dict[Layer, Postings]:
    """Invert the streams of a batch: ``codes`` of all documents, cut by ``offsets``, with ``bullets`` bullets each."""
    doc_count = len(offsets) - 1
    word_ids, docs, regions, counts = _count_words(codes, offsets, bullets)
    distinct, which = _distinct(word_ids)
    tokens = lexicon.expand(distinct)
    token_starts = np.cumsum(tokens.counts) - tokens.counts
    sizes = tokens.counts[which]
    rows = np.repeat(np.arange(len(which), dtype=np.int64), sizes)
    at = ranges(token_starts[which], sizes)
    kinds, terms = tokens.kinds[at], tokens.terms[at]
    token_docs, token_counts, token_regions = docs[rows], counts[rows], regions[rows]
    base = kinds == Kind.BASE
    chosen = {
        Layer.TITLE: base & (token_regions == _TITLE),
        Layer.BULLETS: base & (token_regions == _BULLETS),
        Layer.PARTS: kinds == Kind.PART,
        Layer.IDENTIFIERS: kinds == Kind.IDENTIFIER,
    }
    layers = {
        layer: _postings(terms[mask], token_docs[mask], token_counts[mask], doc_count)
        for layer, mask in chosen.items()
    }
    pieces = kinds == Kind.SURFACE
    layers[Layer.SURFACE] = _postings(
        np.concatenate((tokens.forms[which], terms[pieces])),
        np.concatenate((docs, token_docs[pieces])),
        np.concatenate((counts, token_counts[pieces])),
        doc_count,
    )
    return layers


def _count_words(codes: npt.NDArray[np.int32], offsets: Ints, bullets: Ints) -> tuple[Ints, Ints, Ints, Ints]:
    """Return word id, document, region and frequency of each distinct combination, in that order."""
    doc_count = len(offsets) - 1
    doc_of = np.repeat(np.arange(doc_count, dtype=np.int64), np.diff(offsets))
    ends = np.cumsum(codes == ITEM_END, dtype=np.int64)
    before = np.zeros(doc_count, np.int64)
    inner = offsets[:-1] > 0
    before[inner] = ends[offsets[:-1][inner] - 1]
    words = np.flatnonzero(codes >= FIRST_WORD)
    docs = doc_of[words]
    items = ends[words] - before[docs]
    regions = np.where(items == 0, _TITLE, np.where(items <= bullets[docs], _BULLETS, _LABELS))
    ids = codes[words].astype(np.int64) - FIRST_WORD
    keys, counts = _count((ids * doc_count + docs) * _REGIONS + regions)
    rest, regions = np.divmod(keys, _REGIONS)
    ids, docs = np.divmod(rest, max(doc_count, 1))
    return ids, docs, regions, counts


def _count(keys: Ints) -> tuple[Ints, Ints]:
    keys = np.sort(keys)
    starts = _run_starts(keys)
    return keys[starts], np.diff(np.append(starts, len(keys)))


def _run_starts(keys: Ints) -> Ints:
    if not len(keys):
        return np.zeros(0, np.int64)
    change = np.empty(len(keys), np.bool_)
    change[0] = True
    np.not_equal(keys[1:], keys[:-1], out=change[1:])
    return np.flatnonzero(change)


def _distinct(ascending: Ints) -> tuple[Ints, Ints]:
    """Return the distinct values and, for each element, the index of its value."""
    starts = _run_starts(ascending)
    return ascending[starts], np.repeat(
        np.arange(len(starts), dtype=np.int64), np.diff(np.append(starts, len(ascending)))
    )


def _postings(terms: Ints, docs: Ints, counts: Ints, doc_count: int) -> Postings:
    lengths = np.bincount(docs, weights=counts, minlength=doc_count).astype(np.int64)
    keys = terms * max(doc_count, 1) + docs
    if counts.max(initial=0) <= _COUNT_MAX:
        # The count rides in the low bits: sorting one array is far cheaper than sorting indexes.
        packed = np.sort(keys << _COUNT_BITS | counts)
        keys, counts = packed >> _COUNT_BITS, packed & _COUNT_MAX
    else:
        order = np.argsort(keys, kind="stable")
        keys, counts = keys[order], counts[order]
    starts = _run_starts(keys)
    frequencies = np.add.reduceat(counts, starts) if len(starts) else counts
    terms, docs = np.divmod(keys[starts], max(doc_count, 1))
    term_starts = _run_starts(terms)
    return Postings(terms[term_starts], np.append(term_starts, len(terms)), docs, frequencies, lengths)
