"""Why a document on a cluster scores what it does: computed from its own words, with the statistics of the cluster."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

import numpy as np

from searchkit.analysis.token import Layer
from searchkit.document import Document
from searchkit.engines.found import Contribution
from searchkit.engines.opensearch.body import Text, WordTerms
from searchkit.engines.opensearch.counts import Counts, OnCluster
from searchkit.engines.opensearch.search import matches, run
from searchkit.engines.opensearch.second_stage import SecondStageScorer
from searchkit.engines.opensearch.stored_words import stored_words
from searchkit.engines.whoosh.prepared import prepare
from searchkit.query.plan import Plan, PlanTerm
from searchkit.ranking.bm25 import LENGTH_TABLE, encode_lengths, saturation
from searchkit.ranking.features import Feature, FeatureScore, FeatureTerm
from searchkit.ranking.weights import K1


class WithDocuments(OnCluster, Protocol):
    """A commit whose documents can be read."""

    def documents(self, handles: Sequence[str]) -> list[Document]:
        """Return documents in the order of ``handles``."""


def contributions(snapshot: WithDocuments, plan: Plan, document_id: str) -> list[Contribution | FeatureScore]:
    """Return what each part of ``plan`` adds to the score of a document, in the order of the plan.

    Parts that the document doesn't hold are left out; the list is empty if the document doesn't match.
    """
    prepared = prepare(plan)
    asked = [*prepared.filters, prepared.root, *prepared.phrases, *prepared.boosts]
    held = matches(snapshot, asked, document_id)
    decisive = len(prepared.filters) + 1
    if not all(held[:decisive]):
        return []
    counts = Counts.of(snapshot)
    text = _text(snapshot, document_id)
    parts: list[Contribution | FeatureScore] = []
    frequencies = {layer: Counter(terms) for layer, terms in text.layers.items()}
    for term in prepared.terms:
        tf = frequencies[term.layer][term.text]
        if tf:
            idf, average = counts.idf(term.layer, term.text), counts.average_length(term.layer)
            length = int(LENGTH_TABLE[encode_lengths(np.array([len(text.layers[term.layer])]))[0]])
            score = term.weight * idf * saturation(tf, length, average)
            doc_freq = counts.doc_freq(term.layer, term.text)
            parts.append(Contribution(term, idf, tf, length, average, doc_freq, score))
    names = held[decisive : decisive + len(prepared.phrases)]
    for name, there in zip(prepared.phrases, names):
        if there:
            feature = Feature.NAME if name.field is None else Feature.TITLE_NAME
            shown = FeatureTerm(feature, name.text, name.weight, name.via, name.word)
            idf, doc_freq = counts.name_idf(name), counts.phrase_freqs([name])[0]
            parts.append(FeatureScore(shown, idf, 1, doc_freq, name.weight * idf / (1 + K1)))
    for boost, there in zip(prepared.boosts, held[decisive + len(prepared.phrases) :]):
        if there:
            term = PlanTerm(Layer.IDENTIFIERS, boost.value, boost.boost, via="identifier")
            parts.append(Contribution(term, 0.0, 0, 0, 0.0, 0, boost.boost))
    if plan.second is not None and prepared.scored:
        window = run(snapshot, replace(plan, second=None), limit=plan.second.weights.window, total=False)
        if any(found == document_id for _, found in window.hits):
            parts += SecondStageScorer(plan.second, snapshot.lexicon, counts).parts(text)
    return parts


def _text(snapshot: WithDocuments, document_id: str) -> Text:
    documents = snapshot.documents([document_id])
    lexicon = snapshot.lexicon
    streams = stored_words(documents, lexicon)
    return Text(
        streams.codes.tolist(),
        lambda number: WordTerms.of(lexicon.key(number), lexicon.tokens(number)),
        int(streams.bullets[0]),
    )
