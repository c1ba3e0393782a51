"""Why a document on a cluster scores what it does: computed from its own words, with the statistics of the cluster."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from searchkit.analysis.token import Layer
from searchkit.engines.found import Contribution
from searchkit.engines.opensearch import schema
from searchkit.engines.opensearch.body import WordTerms, body
from searchkit.engines.opensearch.stored_words import stored_words
from searchkit.engines.opensearch.translation import terms_of_second_stage
from searchkit.engines.whoosh.prepared import prepare
from searchkit.query.plan import Id, Plan, PlanTerm, SecondStage
from searchkit.ranking import bm25
from searchkit.ranking.bm25 import LENGTH_TABLE, encode_lengths, saturation
from searchkit.ranking.features import Feature, FeatureScore, FeatureTerm
from searchkit.ranking.weights import K1

if TYPE_CHECKING:
    from searchkit.engines.opensearch.snapshot import ClusterSnapshot


def contributions(snapshot: ClusterSnapshot, plan: Plan, handle: str) -> list[Contribution | FeatureScore]:
    """Return what each part of ``plan`` adds to the score of a document, in the order of the plan.

    Parts that the document doesn't hold are left out; the list is empty if the document doesn't match.
    """
    prepared = prepare(plan)
    if not all(snapshot.matches([prepared.root, *prepared.filters], handle)):
        return []
    held = _Held(snapshot, handle)
    parts: list[Contribution | FeatureScore] = []
    for term in prepared.terms:
        tf = held.times(schema.LAYER_FIELDS[term.layer], term.text)
        if tf:
            idf, average = snapshot.idf(term.layer, term.text), snapshot.average_length(term.layer)
            length = held.length(term.layer)
            score = term.weight * idf * saturation(tf, length, average)
            freq = snapshot.doc_freq(term.layer, term.text)
            parts.append(Contribution(term, idf, tf, length, average, freq, score))
    for name, there in zip(prepared.phrases, snapshot.matches(prepared.phrases, handle)):
        if there:
            feature = Feature.NAME if name.field is None else Feature.TITLE_NAME
            shown = FeatureTerm(feature, name.text, name.weight, name.via, name.word)
            idf = snapshot.name_idf(name)
            freq = snapshot.phrase_freqs([name])[0]
            parts.append(FeatureScore(shown, idf, 1, freq, name.weight * idf / (1 + K1)))
    for boost in prepared.boosts:
        if snapshot.matches([Id(boost.value)], handle)[0]:
            term = PlanTerm(Layer.IDENTIFIERS, boost.value, boost.boost, via="identifier")
            parts.append(Contribution(term, 0.0, 0, 0, 0.0, 0, boost.boost))
    if plan.second is not None and prepared.scored:
        window = snapshot.run(replace(plan, second=None), limit=plan.second.weights.window, total=False)
        if any(found == handle for _, found in window.hits):
            parts += _second_stage(snapshot, plan.second, held)
    return parts


class _Held:
    """What the cluster was sent for a document."""

    def __init__(self, snapshot: ClusterSnapshot, handle: str) -> None:
        lexicon = snapshot.lexicon
        documents = snapshot.documents([handle])

        def word(number: int) -> WordTerms:
            return WordTerms.of(lexicon.key(number), lexicon.tokens(number))

        codes = stored_words(documents, lexicon).codes.tolist()
        self._fields: dict[str, Any] = body(documents[0], codes, word, ())
        self._counts: dict[str, Counter[str]] = {}

    def times(self, field: str, text: str) -> int:
        """Return how often a field holds a term."""
        found = self._counts.get(field)
        if found is None:
            found = self._counts[field] = Counter(self._fields.get(field, "").split(" "))
        return found[text]

    def length(self, layer: Layer) -> int:
        """Return the length of a layer as BM25 sees it."""
        exact = self._fields["lengths"].get(schema.LAYER_FIELDS[layer], 0)
        return int(LENGTH_TABLE[encode_lengths(np.array([exact]))[0]])

    def sentences(self) -> list[set[str]]:
        """Return the terms of each sentence."""
        return [set(each["terms"].split(" ")) for each in self._fields.get(schema.SENTENCES, ())]


def _second_stage(snapshot: ClusterSnapshot, stage: SecondStage, held: _Held) -> list[FeatureScore]:
    weights = stage.weights
    terms, pairs = terms_of_second_stage(stage)
    found: list[FeatureScore] = []

    def add(feature: Feature, text: str, weight: float, idf: float, tf: int, freq: int) -> None:
        if tf:
            score = weight * idf * tf / (tf + K1)
            found.append(FeatureScore(FeatureTerm(feature, text, weight), idf, tf, freq, score))

    paired, spelled = snapshot.documents_in(schema.PAIRS), snapshot.documents_in(schema.BIGRAMS)
    for pair in pairs:
        freq = snapshot.side_by_side(*pair)
        tf = held.times(schema.PAIRS, schema.pair_token(*pair))
        add(Feature.ORDERED, " ".join(pair), weights.ordered, bm25.idf(paired, max(freq, 1)), tf, freq)
    for one, other in dict.fromkeys((min(pair), max(pair)) for pair in pairs if pair[0] != pair[1]):
        times = range(1, schema.NEAR_TIMES + 1)
        tf = sum(held.times(schema.NEAR, schema.near_token(one, other, time)) for time in times)
        freq = snapshot.side_by_side(one, other) + snapshot.side_by_side(other, one)
        add(Feature.NEAR, f"{one} {other}", weights.near, snapshot.near_idf(one, other), tf, freq)
    for bigram in stage.bigrams:
        (freq,) = snapshot.counts.of([{"term": {schema.BIGRAMS: bigram}}])
        tf = held.times(schema.BIGRAMS, bigram)
        add(Feature.BIGRAMS, bigram, weights.bigrams, bm25.idf(spelled, freq), tf, freq)
    idfs = {term: snapshot.sentence_idf(term) for term in terms}
    coverage = max(
        (sum(idfs[term] for term in terms if term in sentence) for sentence in held.sentences()), default=0.0
    )
    if coverage:
        shown = FeatureTerm(Feature.SENTENCE, " ".join(terms), weights.sentence)
        found.append(FeatureScore(shown, coverage, 0, 0, weights.sentence * coverage))
    return found
