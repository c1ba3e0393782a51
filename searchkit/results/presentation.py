"""From a document and its score to the hit that is shown."""

from __future__ import annotations

from collections.abc import Mapping

from searchkit.document import Document
from searchkit.query.plan import Plan
from searchkit.results.highlight import Highlighter, Tokens
from searchkit.results.hit import Hit
from searchkit.results.snippet import best_snippet


class Presenter:
    """Makes the hits of one search.

    ``weights`` says what each word of the query, by its number, is worth when the best passage is chosen;
    idf is a good choice.
    """

    def __init__(self, plan: Plan, tokens: Tokens, weights: Mapping[int, float] | None = None) -> None:
        self._highlighter = Highlighter(plan, tokens)
        self._weights = weights

    def present(self, document: Document, *, rank: int, score: float) -> Hit:
        """Return the document as a hit, with its best passage and all its matches."""
        highlights, terms = self._highlighter.match(document)
        snippet = best_snippet(document, highlights, self._weights)
        return Hit(rank, score, document, snippet, highlights, terms)


def present(document: Document, plan: Plan, tokens: Tokens, *, rank: int, score: float) -> Hit:
    """Return one document as a hit; for several of one search a `Presenter` is quicker."""
    return Presenter(plan, tokens).present(document, rank=rank, score=score)
