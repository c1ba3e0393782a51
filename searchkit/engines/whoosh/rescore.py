"""The second stage: the best documents of the first are scored once more, by what postings don't say.

A document gets Σ weight × idf × tf / (tf + k1) over pairs of neighbours in order, pairs near each other in any order,
and syllable bigrams, and the greatest Σ idf of distinct terms of the query in one of its sentences, weighted too.
Lengths don't count: b is 0 for these features.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from searchkit.analysis.token import Layer
from searchkit.engines.derived import derived
from searchkit.engines.whoosh.generation import Generation
from searchkit.engines.whoosh.neighbours import StoredNeighbours, pair_key
from searchkit.engines.whoosh.occurrences import NEAR, Occurrences, StreamWords
from searchkit.engines.whoosh.syllables import bigram_number
from searchkit.engines.whoosh.term_cache import TermCache
from searchkit.query.plan import SecondStage
from searchkit.ranking import bm25
from searchkit.ranking.ascending import firsts
from searchkit.ranking.features import Feature, FeatureScore, FeatureTerm, neighbours
from searchkit.ranking.weights import K1

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
_PairList = Sequence[tuple[int, int]]

_NAME = "neighbours"
_CACHED = 16_384


class NeighbourStatistics:
    """In how many live documents of a generation pairs and bigrams stand. Thread-safe."""

    def __init__(self, generation: Generation) -> None:
        self._tables = [
            (StoredNeighbours(segment.file), None if segment.gone is None else StoredNeighbours(segment.gone))
            for segment in generation.segments
        ]
        self.paired = sum(here.paired - (gone.paired if gone else 0) for here, gone in self._tables)
        self.spelled = sum(here.spelled - (gone.spelled if gone else 0) for here, gone in self._tables)
        self._pairs: dict[tuple[int, int], int] = {}
        self._bigrams: dict[str, int] = {}

    @classmethod
    def of(cls, generation: Generation) -> NeighbourStatistics:
        """Return what lives with ``generation``."""
        return derived(generation, _NAME, cls)

    def pair(self, first: int, second: int) -> int:
        """Return how many live documents hold a term (by its string id) and another behind it."""
        found = self._pairs.get((first, second))
        if found is None:
            if len(self._pairs) >= _CACHED:
                self._pairs.clear()
            key = pair_key(first, second)
            found = self._pairs[first, second] = sum(
                here.pairs.get(key) - (gone.pairs.get(key) if gone else 0) for here, gone in self._tables
            )
        return found

    def bigram(self, text: str) -> int:
        """Return how many live documents hold a syllable bigram."""
        found = self._bigrams.get(text)
        if found is None:
            if len(self._bigrams) >= _CACHED:
                self._bigrams.clear()
            key = bigram_number(text)
            found = self._bigrams[text] = sum(
                here.bigrams.get(key) - (gone.bigrams.get(key) if gone else 0) for here, gone in self._tables
            )
        return found


class Rescorer:
    """Scores documents by the second stage of one query."""

    def __init__(self, generation: Generation, stage: SecondStage) -> None:
        self._generation = generation
        self._stage = stage
        cache = TermCache.of(generation)
        statistics = NeighbourStatistics.of(generation)
        self._texts, self._ordered, self._near = neighbours(
            stage.terms, lambda text: cache.string_id(text) >= 0
        )
        self._idfs = np.array([_idf(cache, text) for text in self._texts], np.float64)
        self._pairs = _Pairs(self._ordered, self._near, len(self._texts))
        string_ids = [cache.string_id(text) for text in self._texts]

        def freq(one: int, other: int) -> int:
            return statistics.pair(string_ids[one], string_ids[other])

        ordered_freqs = [freq(*pair) for pair in self._ordered]
        near_freqs = [freq(*pair) + freq(*pair[::-1]) for pair in self._near]
        freqs = [(text, statistics.bigram(text)) for text in stage.bigrams]
        self._bigrams = [(text, freq) for text, freq in freqs if freq]
        weights = stage.weights
        paired, spelled = statistics.paired, statistics.spelled
        self._factors = [
            *((weights.ordered, bm25.pair_idf(paired, freq), freq) for freq in ordered_freqs),
            *((weights.near, bm25.pair_idf(paired, freq), freq) for freq in near_freqs),
            *((weights.bigrams, bm25.idf(spelled, freq), freq) for _, freq in self._bigrams),
        ]
        self._gains = np.array([weight * idf for weight, idf, _ in self._factors], np.float64)
        self._marked = StreamWords.of(generation).marked(string_ids, [text for text, _ in self._bigrams])

    def scores(self, docs: Ints) -> Floats:
        """Return what the second stage adds to each of ``docs``, ascending."""
        frequencies, sentences = self._features(docs)
        parts = frequencies / (frequencies + K1) * self._gains[:, None]
        parts = np.concatenate((parts, self._stage.weights.sentence * sentences[None]))
        # Row after row, so that equal documents get equal scores: see `exact` in topk.
        scores: Floats = parts.cumsum(axis=0)[-1]
        return scores

    def parts(self, doc: int) -> list[FeatureScore]:
        """Return what each feature adds to the score of a document, those that add something."""
        frequencies, sentences = self._features(np.array([doc], np.int64))
        found = []
        for (layer, text), tf, (weight, idf, freq) in zip(
            self._names(), frequencies[:, 0].tolist(), self._factors, strict=True
        ):
            if tf:
                score = weight * idf * tf / (tf + K1)
                found.append(FeatureScore(FeatureTerm(layer, text, weight), idf, int(tf), freq, score))
        if sentences[0]:
            weight, coverage = self._stage.weights.sentence, float(sentences[0])
            term = FeatureTerm(Feature.SENTENCE, " ".join(self._texts), weight)
            found.append(FeatureScore(term, coverage, 0, 0, weight * coverage))
        return found

    def _names(self) -> list[tuple[Feature, str]]:
        return [
            *((Feature.ORDERED, self._named(pair)) for pair in self._ordered),
            *((Feature.NEAR, self._named(pair)) for pair in self._near),
            *((Feature.BIGRAMS, text) for text, _ in self._bigrams),
        ]

    def _named(self, pair: tuple[int, int]) -> str:
        return " ".join(self._texts[number] for number in pair)

    def _features(self, docs: Ints) -> tuple[Floats, Floats]:
        """Return how often each pair and bigram (rows) stands in ``docs``, and what their best sentences cover."""
        found = self._marked.find(*self._generation.joined.streams(docs))
        pairs, pair_docs = self._pairs.find(found)
        rows = np.concatenate((*pairs, found.bigrams + self._pairs.count))
        counts = np.bincount(
            rows * found.doc_count + np.concatenate((*pair_docs, found.bigram_docs)),
            minlength=len(self._gains) * found.doc_count,
        )
        return counts.reshape(-1, found.doc_count).astype(np.float64), self._best_sentences(found)

    def _best_sentences(self, found: Occurrences) -> Floats:
        best = np.zeros(found.doc_count, np.float64)
        count = len(self._texts)
        if not len(found.terms):
            return best
        # Sorting brings terms of a sentence together, always in the same order, so that sums are equal to the last bit.
        keys = found.sentences * count + found.terms
        keys.sort()
        keys = keys.take(firsts(keys))
        sentences = keys // count
        starts = firsts(sentences)
        covered = np.add.reduceat(self._idfs.take(keys - sentences * count), starts)
        docs = found.docs.take(found.sentences.searchsorted(sentences.take(starts)))
        begin = firsts(docs)
        best[docs.take(begin)] = np.maximum.reduceat(covered, begin)
        return best


class _Pairs:
    """Pairs of terms by their numbers, to be counted in documents: ``ordered``, then ``near`` in either order."""

    def __init__(self, ordered: _PairList, near: _PairList, term_count: int) -> None:
        self.count = len(ordered) + len(near)
        self._rows = np.full((2, term_count * term_count), -1, np.int64)
        self._term_count = term_count
        for row, (one, other) in enumerate(ordered):
            self._rows[0, one * term_count + other] = row
        for row, (one, other) in enumerate(near, len(ordered)):
            self._rows[1, [one * term_count + other, other * term_count + one]] = row

    def find(self, found: Occurrences) -> tuple[list[Ints], list[Ints]]:
        """Return the rows of the pairs that stand there, and their documents, in several arrays."""
        rows: list[Ints] = []
        docs: list[Ints] = []
        if not self.count:
            return rows, docs
        first, positions = found.terms * self._term_count, found.positions
        for shift in range(1, NEAR + 1):
            apart = positions[shift:] - positions[:-shift]
            close = (apart <= NEAR).nonzero()[0]
            pair = first.take(close) + found.terms.take(close + shift)
            owners = found.docs.take(close)
            if shift == 1:
                rows.append(np.where(apart.take(close) == 1, self._rows[0].take(pair), -1))
                docs.append(owners)
            rows.append(self._rows[1].take(pair))
            docs.append(owners)
        kept = [row >= 0 for row in rows]
        return [row[one] for row, one in zip(rows, kept)], [each[one] for each, one in zip(docs, kept)]


def _idf(cache: TermCache, text: str) -> float:
    """Return how rare a term is in bullets; in titles, if it stands only there."""
    return cache.get(Layer.BULLETS, text).idf or cache.get(Layer.TITLE, text).idf
