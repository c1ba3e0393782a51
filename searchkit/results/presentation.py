"""From a document and its score to the hit that is shown."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable

from searchkit.document import Document
from searchkit.query.plan import Plan, PlanTerm
from searchkit.results.highlight import Highlighter, Tokens
from searchkit.results.hit import Hit
from searchkit.results.snippet import best_snippet

_TERMS_OF_A_WORD = 16


class Presenter:
    """Makes the hits of one search.

    ``idf`` gives the rarity of a term of the plan: the best passage is the one with the rarest words. ``matching``
    is as for `Highlighter`.
    """

    def __init__(
        self,
        plan: Plan,
        tokens: Tokens,
        idf: Callable[[PlanTerm], float] | None = None,
        matching: Callable[[Collection[str]], Collection[str]] | None = None,
    ) -> None:
        self._highlighter = Highlighter(plan, tokens, matching)
        self._weights = None if idf is None else _weights(self._highlighter.terms, idf)

    def present(self, document: Document, *, rank: int, score: float) -> Hit:
        """Return the document as a hit, with its best passage and all its matches."""
        highlights, terms = self._highlighter.match(document)
        snippet = best_snippet(document, highlights, self._weights)
        return Hit(rank, score, document, snippet, highlights, terms)


def _weights(terms: Iterable[PlanTerm], idf: Callable[[PlanTerm], float]) -> dict[int, float]:
    """Return what each word of the query is worth: the idf of its most common term."""
    found: dict[int, list[float]] = {}
    for term in terms:
        rarities = found.setdefault(term.word, [])
        if len(rarities) < _TERMS_OF_A_WORD:
            rarities.append(idf(term))
    return {
        word: min((rarity for rarity in rarities if rarity > 0), default=1.0)
        for word, rarities in found.items()
    }
