"""The second stage on a cluster: its features as clauses over the fields made for them, and as parts of a score.

What the similarities of the fields don't say, the boosts do: of two terms near each other every further time is a token
of its own, and a sentence scores the sum of the idf of its terms.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cached_property

from searchkit.analysis.token import Layer
from searchkit.engines.opensearch import schema
from searchkit.engines.opensearch.body import Text
from searchkit.engines.opensearch.counts import Counts, Key, bigram_key, pair_key
from searchkit.engines.opensearch.searches import encoded
from searchkit.engines.opensearch.translation import MOST_CLAUSES, Query, boosted_term, clause_count, with_ids
from searchkit.engines.whoosh.lexicon import StoredLexicon
from searchkit.query.plan import SecondStage
from searchkit.ranking import bm25
from searchkit.ranking.features import Feature, FeatureScore, FeatureTerm, neighbours
from searchkit.ranking.weights import K1

Pair = tuple[str, str]


class SecondStageScorer:
    """The second stage of one query."""

    def __init__(self, stage: SecondStage, lexicon: StoredLexicon, counts: Counts) -> None:
        self._stage = stage
        self._counts = counts
        self._texts, ordered, near = neighbours(stage.terms, lambda text: lexicon.remembered_id(text) >= 0)
        self._ordered: list[Pair] = [(self._texts[one], self._texts[other]) for one, other in ordered]
        self._near: list[Pair] = [(self._texts[one], self._texts[other]) for one, other in near]

    @property
    def keys(self) -> list[Key]:
        """What has to be counted before queries are asked for."""
        return [key for one, other in self._near for key in (pair_key(one, other), pair_key(other, one))]

    @cached_property
    def _idfs(self) -> dict[str, float]:
        """How rare each term is in bullets; in titles, if it stands only there."""
        idf = self._counts.idf
        return {text: idf(Layer.BULLETS, text) or idf(Layer.TITLE, text) for text in self._texts}

    def _near_freqs(self) -> list[int]:
        found = self._counts.get(self.keys)
        return [one + other for one, other in zip(found[::2], found[1::2])]

    def _pair_idf(self, doc_freq: int) -> float:
        return bm25.pair_idf(self._counts.statistics().paired, doc_freq)

    def added_to(self, root: Query, sent: str, ids: Sequence[str]) -> str | None:
        """Return the query, as it is sent, that adds its scores to those of ``root`` for the documents ``ids``.

        ``sent`` is ``root`` as it is sent. None if that is more than a cluster takes: then `parts_of` are asked for.
        """
        clauses = list(self._clauses())
        added = encoded(clauses)
        # Each clause has a brace of its own, so most queries need no counting.
        if sent.count("{") + added.count("{") >= MOST_CLAUSES <= clause_count([root, *clauses]):
            return None
        return f'{{"bool":{{"filter":[{encoded(with_ids(ids))}],"must":[{sent}],"should":{added}}}}}'

    def parts_of(self, ids: Sequence[str]) -> list[Query]:
        """Return queries for the documents ``ids`` whose scores add up to those of this stage alone."""
        several: list[list[Query]] = [[]]
        room = MOST_CLAUSES - 1
        for clause in self._clauses():
            count = clause_count(clause)
            if count > room and several[-1]:
                several.append([])
                room = MOST_CLAUSES - 1
            several[-1].append(clause)
            room -= count
        return [
            {"bool": {"filter": [with_ids(ids)], "should": part, "minimum_should_match": 1}}
            for part in several
            if part
        ]

    def ahead(self) -> Iterator[None]:
        """Make what `keys` need not be counted for, step by step."""
        if self._counts.complete:
            _ = self._in_order
            yield
            _ = self._behind
            yield

    def _clauses(self) -> Iterator[Query]:
        """Yield what adds to a score."""
        weights = self._stage.weights
        yield from self._in_order
        for (one, other), freq in zip(self._near, self._near_freqs()):
            gain = weights.near * self._pair_idf(freq)
            for time in range(1, schema.NEAR_TIMES + 1):
                more = _saturation(time) - _saturation(time - 1)
                yield boosted_term(schema.NEAR, schema.near_token(one, other, time), gain * more)
        yield from self._behind

    @cached_property
    def _in_order(self) -> list[Query]:
        weight = self._stage.weights.ordered
        return [
            boosted_term(schema.PAIRS, schema.pair_token(one, other), weight) for one, other in self._ordered
        ]

    @cached_property
    def _behind(self) -> list[Query]:
        weights = self._stage.weights
        clauses = [boosted_term(schema.BIGRAMS, bigram, weights.bigrams) for bigram in self._stage.bigrams]
        held = [
            boosted_term(schema.SENTENCE_TERMS, text, weights.sentence * idf)
            for text, idf in self._idfs.items()
            if idf
        ]
        if held:
            query = {"bool": {"should": held}}
            clauses.append({"nested": {"path": schema.SENTENCES, "score_mode": "max", "query": query}})
        return clauses

    def parts(self, text: Text) -> list[FeatureScore]:
        """Return what each feature adds to the score of a document, those that add something."""
        weights, counts = self._stage.weights, self._counts
        ordered = counts.get([pair_key(*pair) for pair in self._ordered])
        bigrams = counts.get([bigram_key(bigram) for bigram in self._stage.bigrams])
        spelled = counts.statistics().spelled
        pairs, syllables = Counter(text.pairs), Counter(text.bigrams)
        rows = [
            *(
                (Feature.ORDERED, " ".join(pair), weights.ordered, self._pair_idf(freq), freq, tf)
                for pair, freq in zip(self._ordered, ordered)
                if (tf := pairs[schema.pair_token(*pair)])
            ),
            *(
                (Feature.NEAR, " ".join(pair), weights.near, self._pair_idf(freq), freq, tf)
                for pair, freq in zip(self._near, self._near_freqs())
                if (tf := min(text.near[schema.near_pair(*pair)], schema.NEAR_TIMES))
            ),
            *(
                (Feature.BIGRAMS, bigram, weights.bigrams, bm25.idf(max(spelled, freq), freq), freq, tf)
                for bigram, freq in zip(self._stage.bigrams, bigrams)
                if (tf := syllables[bigram])
            ),
        ]
        found = [
            FeatureScore(FeatureTerm(feature, shown, weight), idf, tf, freq, weight * idf * _saturation(tf))
            for feature, shown, weight, idf, freq, tf in rows
        ]
        coverage = max(
            (sum(self._idfs.get(term, 0.0) for term in sentence.split(" ")) for sentence in text.sentences),
            default=0.0,
        )
        if coverage:
            term = FeatureTerm(Feature.SENTENCE, " ".join(self._texts), weights.sentence)
            found.append(FeatureScore(term, coverage, 0, 0, weights.sentence * coverage))
        return found


def _saturation(times: int) -> float:
    return times / (times + K1)
