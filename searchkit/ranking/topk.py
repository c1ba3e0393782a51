"""The k best documents of one segment for a weighted sum of terms, without scoring everything.

A term is *rare* (its postings, with a saturation each) or *common* (a column with a saturation for every document).
Rare terms are added up first, for their own documents only; common ones are looked up for those that still have
a chance. Only where documents without any rare term could be among the best, whole columns are added, and the greatest
score of each block of documents says which blocks are worth a look.

All this happens in float32, so it yields candidates with some slack; `exact` then scores them in float64, adding
terms always in the order of the query, so that equal documents get equal scores wherever and however they were found.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
Floats = npt.NDArray[np.float64]
Docs = npt.NDArray[np.intp]
Mask = npt.NDArray[np.bool_]

SLACK = 1e-4
"""By how much bounds in float32 are widened, relative to themselves; rounding stays far below."""
_BLOCK = 256
_FEW = 512
_CHUNK = 1 << 20
"""So many (term, document) pairs are scored at once, to bound memory."""

NO_DOCS: Docs = np.zeros(0, np.intp)
_NO_SCORES: Array = np.zeros(0, np.float32)


class RareTerm:
    """The postings of a term: ``frequencies`` in documents, ascending, with ``saturations`` (float32) beside them."""

    __slots__ = ("bound", "frequencies", "saturations", "stored")

    def __init__(self, docs: Array, frequencies: Array, factors: Array) -> None:
        """Take raw postings, one or more; ``factors`` (float32) is what is added to the frequency in each."""
        self.stored = docs
        self.frequencies = frequencies
        values = frequencies.astype(np.float32)
        self.saturations: Array = np.divide(values, values + factors, out=values)
        self.bound = float(self.saturations.max(initial=0.0))

    @property
    def docs(self) -> Docs:
        """The documents, in the type that numpy takes as an index; made anew each time, as it is wide."""
        return self.stored.astype(np.intp)

    @property
    def nbytes(self) -> int:
        """Memory in bytes; documents and frequencies are mapped."""
        return int(self.saturations.nbytes)

    def frequency_at(self, docs: Docs) -> Array:
        """Return the frequency in each of ``docs``, ascending; 0 where the term is not."""
        return _frequency_at(self.stored, self.frequencies, docs)

    def mark(self, mask: Mask) -> None:
        """Set ``mask`` for the documents that hold the term."""
        mask[self.docs] = True


class CommonTerm:
    """A term as a column: a saturation (float32) for every document, padded with 0."""

    __slots__ = ("bound", "column", "frequencies", "stored")

    def __init__(self, postings: RareTerm, doc_count: int) -> None:
        """Spread the postings of a term in a segment of ``doc_count`` documents."""
        self.stored = postings.stored
        self.frequencies = postings.frequencies
        self.column: Array = np.zeros(padded(doc_count), np.float32)
        self.column[postings.docs] = postings.saturations
        self.bound = postings.bound

    @property
    def nbytes(self) -> int:
        """Memory in bytes; documents and frequencies are mapped."""
        return int(self.column.nbytes)

    def frequency_at(self, docs: Docs) -> Array:
        """Return the frequency in each of ``docs``, ascending; 0 where the term is not."""
        return _frequency_at(self.stored, self.frequencies, docs)

    def mark(self, mask: Mask) -> None:
        """Set ``mask`` for the documents that hold the term."""
        np.logical_or(mask, self.column[: len(mask)], out=mask)


def _frequency_at(stored: Array, frequencies: Array, docs: Docs) -> Array:
    if len(docs) <= _FEW:
        # A search among numbers of another type would convert all of them.
        wanted = docs.astype(stored.dtype)
        at = stored.searchsorted(wanted)
        there = stored.take(at, mode="clip") == wanted
        found: Array = frequencies.take(at, mode="clip") * there
        return found
    table = np.zeros(max(int(docs[-1]), int(stored[-1])) + 1, frequencies.dtype)
    table[stored.astype(np.intp)] = frequencies
    return table[docs]


Term = RareTerm | CommonTerm
Weighted = Sequence[tuple[Term, float]]


def padded(doc_count: int) -> int:
    """Return the size of a column for so many documents: whole blocks."""
    return -(-doc_count // _BLOCK) * _BLOCK


class Scratch(threading.local):
    """The accumulators of a thread, kept from query to query."""

    def __init__(self) -> None:
        self._zeros: Array = np.zeros(0, np.float32)
        self._dirty = False
        self._columns: tuple[Array, Array] = (self._zeros, self._zeros)

    def zeros(self, size: int) -> Array:
        """Return an accumulator that holds only zeros; give it back with `cleaned` once it does so again."""
        if self._dirty or len(self._zeros) < size:
            self._zeros = np.zeros(max(size, len(self._zeros)), np.float32)
        self._dirty = True
        return self._zeros[:size]

    def cleaned(self) -> None:
        """Say that the accumulator holds only zeros again."""
        self._dirty = False

    def columns(self, size: int) -> tuple[Array, Array]:
        """Return two arrays with any content."""
        if len(self._columns[0]) < size:
            self._columns = np.empty(size, np.float32), np.empty(size, np.float32)
        return self._columns[0][:size], self._columns[1][:size]


def best(
    terms: Weighted,
    k: int,
    *,
    doc_count: int,
    scratch: Scratch,
    floor: float = 0.0,
    allowed: Mask | None = None,
) -> tuple[Docs, Array]:
    """Return documents, ascending, among which are the ``k`` best, ties with the last of them included.

    With them come their scores in float32. A score is the sum of gain × saturation over ``terms``, each of which has
    postings; gains are above 0, and so is the score of what is returned. Only documents in ``allowed`` count, if given,
    and only scores of ``floor`` and more.
    """
    rare = [(term, gain) for term, gain in terms if isinstance(term, RareTerm)]
    common = [(term, gain) for term, gain in terms if isinstance(term, CommonTerm)]
    reach = sum(term.bound * gain for term, gain in common) * (1 + SLACK)
    if sum(term.bound * gain for term, gain in rare) * (1 + SLACK) + reach < floor:
        return NO_DOCS, _NO_SCORES
    if rare:
        docs, scores, floor = _from_rare(rare, common, k, reach, doc_count, scratch, floor, allowed)
        if not common or reach < floor:
            return docs, scores
    return _from_columns(rare, common, k, doc_count, scratch, floor, allowed)


def _from_rare(
    rare: list[tuple[RareTerm, float]],
    common: list[tuple[CommonTerm, float]],
    k: int,
    reach: float,
    doc_count: int,
    scratch: Scratch,
    floor: float,
    allowed: Mask | None,
) -> tuple[Docs, Array, float]:
    """Return the best among the documents of rare terms, and the floor that they set."""
    if len(rare) == 1:
        term, gain = rare[0]
        docs = term.docs
        scores: Array = term.saturations * np.float32(gain)
        if allowed is not None:
            kept = allowed[docs]
            docs, scores = docs[kept], scores[kept]
        docs, scores, floor = _prune(docs, scores, k, floor, reach)
    else:
        sums = scratch.zeros(doc_count)
        holders = [term.docs for term, _ in rare]
        for (term, gain), at in zip(rare, holders):
            sums[at] += term.saturations * np.float32(gain)
        touched = np.concatenate(holders)
        docs = touched if allowed is None else touched[allowed[touched]]
        # A document stands here once for each of its terms: the best k documents are in the best k × terms.
        docs, _, floor = _prune(docs, sums[docs], k * len(rare), floor, reach)
        docs = _distinct(docs)
        scores = sums[docs]
        sums[touched] = 0.0
        scratch.cleaned()
    for column, gain in common:
        scores = scores + column.column[docs] * np.float32(gain)
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
    return float(np.partition(scores, len(scores) - k)[len(scores) - k])


def _distinct(docs: Docs) -> Docs:
    docs = np.sort(docs)
    first = np.ones(len(docs), np.bool_)
    np.not_equal(docs[1:], docs[:-1], out=first[1:])
    return docs[first]


def _from_columns(
    rare: list[tuple[RareTerm, float]],
    common: list[tuple[CommonTerm, float]],
    k: int,
    doc_count: int,
    scratch: Scratch,
    floor: float,
    allowed: Mask | None,
) -> tuple[Docs, Array]:
    """Return the best of all documents, by adding whole columns."""
    if not common:
        return NO_DOCS, _NO_SCORES
    sums, product = scratch.columns(padded(doc_count))
    column, gain = common[0]
    np.multiply(column.column, np.float32(gain), out=sums)
    for column, gain in common[1:]:
        np.multiply(column.column, np.float32(gain), out=product)
        np.add(sums, product, out=sums)
    for term, gain in rare:
        sums[term.docs] += term.saturations * np.float32(gain)
    if allowed is not None:
        np.multiply(sums[:doc_count], allowed, out=sums[:doc_count])
    # A block is every 256th part of the documents, not a run of them: the maximum of rows is far faster.
    table = sums.reshape(_BLOCK, -1)
    peaks = table.max(axis=0)
    if len(peaks) > k:
        floor = max(floor, _kth(peaks, k))
    blocks = np.flatnonzero(peaks >= np.float32(floor * (1 - SLACK)))
    inside = table[:, blocks]
    if inside.size > k:
        floor = max(floor, _kth(inside.ravel(), k))
    rows, places = np.nonzero((inside >= np.float32(floor * (1 - SLACK))) & (inside > 0.0))
    docs: Docs = rows * table.shape[1] + blocks[places]
    return docs, inside[rows, places]


def exact(terms: Sequence[tuple[Term, float, int]], factors: Sequence[Array], docs: Docs) -> Floats:
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
