"""The k best documents of one segment for a sum of words, without scoring everything.

What a word adds to each document that holds it are its *impacts*. Those of rare words are added up first, for their
own documents only; those of common ones are looked up for the documents that still have a chance. Only where documents
without any rare word could be among the best, everything is added, common words as whole columns, and the greatest
score of each block of documents says which blocks are worth a look.

All this happens in float32, so it yields candidates with some slack; `exact` then scores them in float64, adding
terms always in the order of the query, so that equal documents get equal scores wherever and however they were found.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from searchkit.ranking.ascending import distinct
from searchkit.ranking.impacts import BLOCK, NO_DOCS, NO_SCORES, Impacts, Postings, Scratch, padded

Array = npt.NDArray[Any]
Floats = npt.NDArray[np.float64]
Docs = npt.NDArray[np.intp]
Mask = npt.NDArray[np.bool_]

SLACK = 1e-4
"""By how much bounds in float32 are widened, relative to themselves; rounding stays far below."""
_MANY_BLOCKS = 16
"""There are at least so many blocks for each document wanted, unless blocks get too small."""
_LEAST_BLOCK = 16
_HOPELESS = 0.5
_CHUNK = 1 << 20
"""So many (term, document) pairs are scored at once, to bound memory."""


def best(
    words: Sequence[Impacts],
    k: int,
    *,
    doc_count: int,
    scratch: Scratch,
    floor: float = 0.0,
    allowed: Mask | None = None,
) -> tuple[Docs, Array]:
    """Return documents, ascending, among which are the ``k`` best, ties with the last of them included.

    With them come their scores in float32, the sums over ``words``; scores of what is returned are above 0. Only
    documents in ``allowed`` count, if given, and only scores of ``floor`` and more.
    """
    rare = [word for word in words if not word.common]
    common = [word for word in words if word.common]
    if not rare and common:
        fewest = min(common, key=lambda word: word.count)
        if fewest.column is None:
            rare = [fewest]
            common.remove(fewest)
    reach = sum(word.bound for word in common) * (1 + SLACK)
    most = sum(word.bound for word in rare) * (1 + SLACK)
    if most + reach < floor:
        return NO_DOCS, NO_SCORES
    # Next to much stronger common words the rare ones hardly ever fill the page.
    if rare and most >= reach * _HOPELESS:
        docs, scores, floor = _from_rare(rare, common, k, reach, doc_count, scratch, floor, allowed)
        if not common or reach < floor:
            return docs, scores
    return _from_all(words, k, doc_count, scratch, floor, allowed)


def _from_rare(
    rare: list[Impacts],
    common: list[Impacts],
    k: int,
    reach: float,
    doc_count: int,
    scratch: Scratch,
    floor: float,
    allowed: Mask | None,
) -> tuple[Docs, Array, float]:
    """Return the best among the documents of rare words, and the floor that they set."""
    if len(rare) == 1:
        docs, scores = rare[0].listed
        if allowed is not None:
            kept = allowed[docs]
            docs, scores = docs[kept], scores[kept]
        docs, scores, floor = _prune(docs, scores, k, floor, reach)
    else:
        sums = scratch.zeros(doc_count)
        holders = []
        for word in rare:
            at, scores = word.listed
            np.add.at(sums, at, scores)
            holders.append(at)
        touched = np.concatenate(holders)
        docs = touched if allowed is None else touched[allowed[touched]]
        # A document stands here once for each of its words: the best k documents are in the best k × words.
        docs, _, floor = _prune(docs, sums.take(docs), k * len(rare), floor, reach)
        docs = distinct(docs)
        scores = sums.take(docs)
        sums[touched] = 0.0
        scratch.cleaned()
    for word in common:
        scores = scores + word.at(docs, scratch, doc_count)
    return _prune(docs, scores, k, floor, 0.0)


def _prune(docs: Docs, scores: Array, k: int, floor: float, reach: float) -> tuple[Docs, Array, float]:
    """Drop what can't get into the best ``k`` even by adding ``reach``; raise the floor to the score of the k-th."""
    if len(scores) > k:
        floor = max(floor, _kth(scores, k))
    limit = floor * (1 - SLACK) - reach
    if limit <= 0.0:
        return docs, scores, floor
    kept = scores >= np.float32(limit)
    return docs[kept], scores[kept], floor


def _kth(scores: Array, k: int) -> float:
    """Return the k-th greatest of more than ``k`` scores."""
    ordered = scores.copy()
    ordered.partition(len(scores) - k)
    return float(ordered[len(scores) - k])


def _from_all(
    words: Sequence[Impacts],
    k: int,
    doc_count: int,
    scratch: Scratch,
    floor: float,
    allowed: Mask | None,
) -> tuple[Docs, Array]:
    """Return the best of all documents, by adding everything."""
    if not words:
        return NO_DOCS, NO_SCORES
    sums = scratch.column(padded(doc_count))
    columns = [word.column for word in words if word.column is not None]
    if len(columns) > 1:
        np.add(columns[0], columns[1], out=sums)
    elif columns:
        np.copyto(sums, columns[0])
    else:
        sums.fill(0.0)
    for column in columns[2:]:
        np.add(sums, column, out=sums)
    for word in words:
        if word.column is None:
            docs, scores = word.listed
            np.add.at(sums, docs, scores)
    if allowed is not None:
        np.multiply(sums[:doc_count], allowed, out=sums[:doc_count])
    rows = BLOCK
    while rows > _LEAST_BLOCK and len(sums) // rows < k * _MANY_BLOCKS:
        rows >>= 1
    # A block is every n-th part of the documents, not a run of them: the maximum of rows is far faster.
    table = sums.reshape(rows, -1)
    peaks = table.max(axis=0)
    if len(peaks) > k:
        floor = max(floor, _kth(peaks, k))
    blocks = np.flatnonzero(peaks >= np.float32(floor * (1 - SLACK)))
    inside = table[:, blocks]
    if inside.size > k:
        floor = max(floor, _kth(inside.ravel(), k))
    at, places = np.nonzero((inside >= np.float32(floor * (1 - SLACK))) & (inside > 0.0))
    docs = at * table.shape[1] + blocks[places]
    return docs, inside[at, places]


def exact(terms: Sequence[tuple[Postings, float, int]], factors: Sequence[Array], docs: Docs) -> Floats:
    """Return the float64 scores of ``docs``, ascending.

    ``terms`` are (term, gain, row), in the order in which they are added; ``factors[row]`` is what is added to the
    frequency in each of ``docs``.
    """
    step = max(_CHUNK // max(len(terms), 1), 1)
    if len(docs) > step:
        cuts = range(0, len(docs), step)
        return np.concatenate(
            [exact(terms, [row[cut : cut + step] for row in factors], docs[cut : cut + step]) for cut in cuts]
        )
    if not terms:
        return np.zeros(len(docs), np.float64)
    parts = np.empty((len(terms), len(docs)), np.float64)
    for index, (term, _, _) in enumerate(terms):
        parts[index] = term.frequency_at(docs)
    parts /= parts + np.array(factors)[[row for _, _, row in terms]]
    parts *= np.array([gain for _, gain, _ in terms])[:, None]
    # Cumulative sums add one row after the other; `sum` may add pairwise, which rounds otherwise.
    total: Floats = parts.cumsum(axis=0)[-1]
    return total
