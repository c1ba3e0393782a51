"""Documents like one: its best terms, taken from its forward stream, become a query."""

from __future__ import annotations

from collections import Counter

import numpy as np

from searchkit.analysis.token import FIRST_WORD, ITEM_END, Kind, Layer
from searchkit.engines.whoosh.generation import Generation
from searchkit.engines.whoosh.segment import Segment
from searchkit.engines.whoosh.term_cache import TermCache
from searchkit.query.plan import AnyTerm, Id, Not, Plan, PlanTerm
from searchkit.ranking.weights import LAYER_WEIGHTS, SIMILAR_TERMS, SIMILAR_TITLE

_LAYERS = (Layer.TITLE, Layer.BULLETS)


def plan_like(generation: Generation, segment: Segment, doc: int) -> Plan:
    """Return a plan for documents that share the rarest and most frequent terms of a document, itself left out.

    Other days' entries of the same paper are left out as well.
    """
    titles, bodies = _count_terms(generation, segment, doc)
    cache = TermCache.of(generation)
    chosen: list[tuple[float, str, float]] = []
    for text in dict.fromkeys((*titles, *bodies)):
        found = [cache.get(layer, text) for layer in _LAYERS]
        if text.isdigit() or max(term.doc_freq for term in found) < 2:
            continue
        tf = bodies[text]
        weight = tf / (tf + 1.0) + (SIMILAR_TITLE if text in titles else 0.0)
        chosen.append((weight * max(term.idf for term in found if term.doc_freq), text, weight))
    chosen.sort(key=lambda item: (-item[0], item[1]))
    terms = tuple(
        PlanTerm(layer, text, LAYER_WEIGHTS[layer] * weight, "similar", number)
        for number, (_, text, weight) in enumerate(chosen[:SIMILAR_TERMS])
        for layer in _LAYERS
    )
    document = segment.document(doc)
    ids = (document.id, *((document.arxiv_id,) if document.arxiv_id else ()))
    return Plan(AnyTerm(terms), tuple(Not(Id(value)) for value in ids))


def _count_terms(generation: Generation, segment: Segment, doc: int) -> tuple[Counter[str], Counter[str]]:
    """Return the base terms of the title, and those of the bullets, with their frequencies."""
    codes, _ = segment.words(np.array([doc]))
    items = np.cumsum(codes == ITEM_END)
    last = len(segment.document(doc).bullets)
    counted: tuple[Counter[str], Counter[str]] = (Counter(), Counter())
    for code, item in zip(codes.tolist(), items.tolist()):
        if code < FIRST_WORD or item > last:
            continue
        for token in generation.lexicon.tokens(code - FIRST_WORD):
            if token.kind is Kind.BASE:
                counted[item > 0][token.text] += 1
    return counted
