"""Documents like one: its best terms, taken from its forward stream, become a query."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from searchkit.analysis.token import FIRST_WORD, ITEM_END, Kind, Layer
from searchkit.document import Document
from searchkit.query.plan import AnyTerm, Id, Not, Plan, PlanTerm
from searchkit.ranking.weights import LAYER_WEIGHTS, SIMILAR_TERMS, SIMILAR_TITLE

if TYPE_CHECKING:
    from searchkit.engines.base import Snapshot
    from searchkit.engines.found import Handle

_LAYERS = (Layer.TITLE, Layer.BULLETS)


def plan_like(snapshot: Snapshot, handle: Handle, document: Document) -> Plan:
    """Return a plan for documents that share the rarest and most frequent terms of ``document``, itself left out.

    Other days' entries of the same paper are left out as well.
    """
    titles, bodies = _count_terms(snapshot, handle, document)
    texts = [text for text in dict.fromkeys((*titles, *bodies)) if not text.isdigit()]
    chosen: list[tuple[float, str, float]] = []
    for text in texts:
        if max(snapshot.doc_freq(layer, text) for layer in _LAYERS) < 2:
            continue
        tf = bodies[text]
        weight = tf / (tf + 1.0) + (SIMILAR_TITLE if text in titles else 0.0)
        chosen.append((weight * max(snapshot.idf(layer, text) for layer in _LAYERS), text, weight))
    chosen.sort(key=lambda item: (-item[0], item[1]))
    terms = tuple(
        PlanTerm(layer, text, LAYER_WEIGHTS[layer] * weight, "similar", number)
        for number, (_, text, weight) in enumerate(chosen[:SIMILAR_TERMS])
        for layer in _LAYERS
    )
    ids = (document.id, *((document.arxiv_id,) if document.arxiv_id else ()))
    return Plan(AnyTerm(terms), tuple(Not(Id(value)) for value in ids))


def _count_terms(snapshot: Snapshot, handle: Handle, document: Document) -> tuple[Counter[str], Counter[str]]:
    """Return the base terms of the title, and those of the bullets, with their frequencies."""
    codes, _ = snapshot.words([handle])
    items = (codes == ITEM_END).cumsum()
    last = len(document.bullets)
    counted: tuple[Counter[str], Counter[str]] = (Counter(), Counter())
    for code, item in zip(codes.tolist(), items.tolist()):
        if code < FIRST_WORD or item > last:
            continue
        for token in snapshot.lexicon.tokens(code - FIRST_WORD):
            if token.kind is Kind.BASE:
                counted[item > 0][token.text] += 1
    return counted
