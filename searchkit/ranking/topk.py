"""The k best documents for a sum of words, without scoring everything.

What a word adds to each document that holds it are its *impacts*. The documents of the rarest words come first: what
the other words add is looked up for them, and the k-th best of them is the *floor*. Then comes one word after the
other, the rarest first: a document that holds none of the words before can only be among the best if this word and
those after it can lift it to the floor. Mostly none can, and the search ends; of a word that can, only impacts that are
great enough are looked at. Common words come last and together: the greatest impacts in each block of documents say
which blocks are worth a look.

All this happens in float32, so it yields candidates with some slack; `exact` then scores them in float64, adding
terms always in the order of the query, so that equal documents get equal scores wherever and however they were found.

Source: the order of the words is that of Turtle and Flood, "Query evaluation: strategies and optimizations" (1995).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from searchkit.ranking.ascending import distinct
from searchkit.ranking.common_impacts import ColumnImpacts
from searchkit.ranking.impacts import (
    BLOCK,
    NO_DOCS,
    NO_SCORES,
    SLACK,
    CommonImpacts,
    Impacts,
    docs_in_blocks,
    kth,
    padded,
    sums_in_blocks,
)
from searchkit.ranking.postings import Postings
from searchkit.ranking.rare_impacts import RareImpacts
from searchkit.ranking.scratch import Scratch

Array = npt.NDArray[Any]
Floats = npt.NDArray[np.float64]
Docs = npt.NDArray[np.intp]
Mask = npt.NDArray[np.bool_]

_RARE_SHARE = 32
"""Words that stand in no more than one document of so many are rare, and added up first."""
_MANY_LISTED = 8
"""Of more words that aren't common all are added up first: looking each of them up for all others takes longer."""
_LEAST_TOP = 64
_TOP = 2
"""So many times the documents wanted, and at least `_LEAST_TOP`, are scored to set a first floor."""
_FEW_WORDS = 4
_SCANNED_SHARE = 8
"""Of more words than `_FEW_WORDS` all is added up if their documents are more than one of so many,"""
_MOST_SCANNED = 1 << 18
"""and there are no more documents than these."""
_SAMPLE = 512
_LEAST_SAMPLED = 4
"""How many must be promising among the `_SAMPLE` or more that are looked at to find out what is."""
_FEW = 64
"""For no more documents than these nothing is dropped on the way: that costs more than it saves."""
_MOST_STRONG = 16
"""One block of so many sets the floor, at most."""
_MANY_BLOCKS = 4
"""Where more than one block of so many is worth a look, all documents are."""


def best(
    words: Sequence[Impacts],
    k: int,
    *,
    doc_count: int,
    scratch: Scratch,
    allowed: Mask | None = None,
) -> tuple[Docs, Array]:
    """Return documents, ascending, among which are the ``k`` best, ties with the last of them included.

    With them come their scores in float32, the sums over ``words``; scores of what is returned are above 0. Only
    documents in ``allowed`` count, if given.
    """
    search = _Search(k, doc_count, scratch, allowed)
    if len(words) > 1 or allowed is not None:
        search.run(words)
    elif words:
        search.keep(*words[0].top(search.most))
    return search.found()


class _Search:
    """One search: the floor so far, and what was found above it."""

    def __init__(self, k: int, doc_count: int, scratch: Scratch, allowed: Mask | None) -> None:
        self.most = max(_LEAST_TOP, _TOP * k)
        self._k = k
        self._doc_count = doc_count
        self._scratch = scratch
        self._floor = 0.0
        self._allowed = allowed
        self._found: list[tuple[Docs, Array]] = []

    def run(self, words: Sequence[Impacts]) -> None:
        """Go through ``words`` until those that are left can't lift a document to the floor."""
        listed: list[RareImpacts] = []
        common: list[CommonImpacts] = []
        for word in sorted(words, key=_count):
            if isinstance(word, RareImpacts):
                listed.append(word)
            elif isinstance(word, CommonImpacts):
                common.append(word)
        scanned = len(words) > _FEW_WORDS and self._doc_count <= _MOST_SCANNED
        if scanned and sum(word.count for word in listed) * _SCANNED_SHARE > self._doc_count:
            self.keep(*self._whole(words))
            return
        ordered = [*listed, *common]
        most = self._doc_count if len(listed) > _MANY_LISTED else self._doc_count // _RARE_SHARE
        rare = listed[:1] + [word for word in listed[1:] if word.count <= most]
        reach = sum(word.bound for word in ordered[len(rare) :])
        if rare:
            self._add_rare(rare, ordered[len(rare) :], reach)
        for at in range(len(rare), len(listed)):
            if reach < self._limit(0.0):
                return
            reach -= listed[at].bound
            docs, scores = self._allow(*listed[at].above(self._limit(reach)))
            docs, scores = self._without(listed[:at], docs, scores)
            self._complete(docs, scores, ordered[at + 1 :], reach)
        if common and reach >= self._limit(0.0):
            self._add_common(common, listed)

    def keep(self, docs: Docs, scores: Array) -> None:
        """Take documents, ascending, that weren't taken before, with all that ``words`` add to them."""
        if len(scores) > self._k:
            self._floor = max(self._floor, kth(scores, self._k))
        docs, scores = self._above(docs, scores, 0.0)
        if not len(docs):
            return
        self._found.append((docs, scores))
        if len(self._found) > 1:
            together = np.concatenate([each for _, each in self._found])
            if len(together) >= self._k:
                self._floor = max(self._floor, kth(together, self._k))

    def found(self) -> tuple[Docs, Array]:
        """Return what was found, ascending."""
        if len(self._found) < 2:
            return self._found[0] if self._found else (NO_DOCS, NO_SCORES)
        docs, scores = (np.concatenate(each) for each in zip(*self._found))
        docs, scores = self._above(docs, scores, 0.0)
        order = docs.argsort()
        return docs.take(order), scores.take(order)

    def _limit(self, reach: float) -> float:
        """Return what a document must have if ``reach`` is the most that it may still get."""
        return self._floor * (1 - SLACK) - reach * (1 + SLACK)

    def _above(self, docs: Docs, scores: Array, reach: float) -> tuple[Docs, Array]:
        limit = self._limit(reach)
        if limit <= 0.0:
            return docs, scores
        kept = (scores >= np.float32(limit)).nonzero()[0]
        return docs.take(kept), scores.take(kept)

    def _allow(self, docs: Docs, scores: Array) -> tuple[Docs, Array]:
        if self._allowed is None:
            return docs, scores
        kept = self._allowed[docs]
        return docs[kept], scores[kept]

    def _without(self, words: Sequence[Impacts], docs: Docs, scores: Array) -> tuple[Docs, Array]:
        """Leave out the documents that hold one of ``words``."""
        for word in words:
            if not len(docs):
                break
            kept = (~word.holds(docs)).nonzero()[0]
            docs, scores = docs.take(kept), scores.take(kept)
        return docs, scores

    def _raise_floor(self, docs: Docs, scores: Array, others: Sequence[Impacts]) -> None:
        """Score some promising documents, so that fewer others are worth a look."""
        docs, scores = self._allow(docs, scores)
        if len(docs) < self._k:
            return
        scores = scores.copy()
        for word in others:
            word.add_at(docs, scores)
        self._floor = max(self._floor, kth(scores, self._k))

    def _complete(self, docs: Docs, scores: Array, others: Sequence[Impacts], reach: float) -> None:
        """Keep documents once they have what ``others`` add; ``reach`` is the most that these can."""
        if others:
            scores = scores.copy()
        for at, word in enumerate(others):
            if len(docs) > _FEW:
                # Documents that hold a second word show where the floor will be.
                if at == 1 and len(docs) > _SAMPLE:
                    strong = _strong(scores, self.most)
                    self._raise_floor(docs.take(strong), scores.take(strong), others[at:])
                docs, scores = self._above(docs, scores, reach)
            if not len(docs):
                return
            word.add_at(docs, scores)
            reach -= word.bound
        self.keep(docs, scores)

    def _add_rare(self, rare: Sequence[RareImpacts], others: Sequence[Impacts], reach: float) -> None:
        """Look at the documents of ``rare`` words."""
        if len(rare) == 1:
            docs, scores = self._allow(*rare[0].above(self._limit(reach)))
        else:
            docs, scores = self._sums(rare, reach)
        self._complete(docs, scores, others, reach)

    def _sums(self, rare: Sequence[RareImpacts], reach: float) -> tuple[Docs, Array]:
        """Return the sums of ``rare`` words for those documents that ``reach`` could lift to the floor."""
        sums = self._scratch.zeros(self._doc_count)
        holders = []
        for word in rare:
            at, scores = word.listed
            np.add.at(sums, at, scores)
            holders.append(at)
        touched = np.concatenate(holders)
        docs = touched if self._allowed is None else touched[self._allowed[touched]]
        scores = sums.take(docs)
        # A document stands here once for each of its words: the best k documents are in the best k × words.
        enough = self._k * len(rare)
        if len(scores) >= enough:
            self._floor = max(self._floor, kth(scores, enough))
        docs = distinct(self._above(docs, scores, reach)[0])
        scores = sums.take(docs)
        sums[touched] = 0.0
        self._scratch.cleaned()
        return docs, scores

    def _add_common(self, words: Sequence[CommonImpacts], before: Sequence[Impacts]) -> None:
        """Look at the documents that hold common ``words``, and none of those ``before``."""
        peaks = words[0].peaks
        for word in words[1:]:
            peaks = peaks + word.peaks
        if len(peaks) > _SAMPLE:
            # The blocks that promise most set the floor.
            strong = _strong(peaks, min(self.most * len(words), len(peaks) // _MOST_STRONG))
            sums = self._sums_in(words, strong)
            if len(sums) > self._k:
                self._floor = max(self._floor, kth(sums, self._k))
        limit = self._limit(0.0)
        blocks = (peaks >= np.float32(limit)).nonzero()[0]
        if len(blocks) * _MANY_BLOCKS > len(peaks):
            docs, scores = self._whole(words)
        else:
            sums = self._sums_in(words, blocks)
            at = (sums >= np.float32(limit) if limit > 0.0 else sums > 0.0).nonzero()[0]
            docs, scores = docs_in_blocks(blocks, at), sums.take(at)
        self.keep(*self._without(before, docs, scores))

    def _sums_in(self, words: Sequence[CommonImpacts], blocks: Docs) -> Array:
        """Return the sums of ``words`` for the documents in ``blocks``, 0 for those that aren't allowed."""
        sums = sums_in_blocks(words, blocks)
        if self._allowed is not None:
            allowed = np.zeros(padded(self._doc_count), np.bool_)
            allowed[: self._doc_count] = self._allowed
            sums *= allowed.reshape(-1, BLOCK).take(blocks, axis=0).ravel()
        return sums

    def _whole(self, words: Sequence[Impacts]) -> tuple[Docs, Array]:
        """Return the documents that ``words`` lift to the floor, by adding everything, and their sums."""
        sums = self._scratch.column(padded(self._doc_count))
        columns = [word.column for word in words if isinstance(word, ColumnImpacts)]
        if len(columns) > 1:
            np.add(columns[0], columns[1], out=sums)
        else:
            sums.fill(0.0)
        for column in columns[2:] if len(columns) > 1 else columns:
            sums += column
        for word in words:
            if not isinstance(word, ColumnImpacts):
                word.add_to(sums)
        if self._allowed is not None:
            np.multiply(sums[: self._doc_count], self._allowed, out=sums[: self._doc_count])
        # Each of these is the sum of another document, and the maximum of rows is fast.
        greatest = sums.reshape(BLOCK, -1).max(axis=0)
        if len(greatest) >= self._k:
            self._floor = max(self._floor, kth(greatest, self._k))
        limit = self._limit(0.0)
        docs = (sums >= np.float32(limit) if limit > 0.0 else sums > 0.0).nonzero()[0]
        return docs, sums.take(docs)


def _strong(scores: Array, wanted: int) -> Docs:
    """Return places of great ones among more than `_SAMPLE` scores: about ``wanted``, but maybe fewer or more."""
    step = len(scores) // _SAMPLE
    sample = scores[::step]
    least = kth(sample, min(max(wanted // step, _LEAST_SAMPLED), len(sample)))
    return (scores >= np.float32(least)).nonzero()[0][: 4 * wanted]


def _count(word: Impacts) -> int:
    return word.count


def exact(terms: Sequence[tuple[Postings, float, Floats]], docs: Docs) -> Floats:
    """Return the float64 scores of ``docs``, ascending.

    ``terms`` are (term, gain, what is added to the frequency in each of ``docs``), in the order in which they add up.
    """
    total = np.zeros(len(docs), np.float64)
    for term, gain, own in terms:
        part = term.frequency_at(docs).astype(np.float64)
        part /= part + own
        part *= gain
        total += part
    return total
