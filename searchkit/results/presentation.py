"""From a document and its score to the hit that is shown."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from typing import NamedTuple

from searchkit.document import Document
from searchkit.query.plan import Plan, PlanTerm
from searchkit.results.highlight import Highlighter, Tokens
from searchkit.results.hit import Highlight, Hit, MatchedTerm, Snippet
from searchkit.results.snippet import best_snippet

_TERMS_OF_A_WORD = 16


class Shown(NamedTuple):
    """What is shown of a document, whatever its rank and its score."""

    document: Document
    snippet: Snippet
    highlights: tuple[Highlight, ...]
    matched_terms: tuple[MatchedTerm, ...]

    def hit(self, *, rank: int, score: float) -> Hit:
        """Return the document as a hit."""
        return Hit(rank, score, self.document, self.snippet, self.highlights, self.matched_terms)


class Presenter:
    """Makes the hits of one search.

    ``idf`` gives the rarity of a term of the plan: the best passage is the one with the rarest words.
    """

    def __init__(
        self,
        plan: Plan,
        tokens: Tokens,
        idf: Callable[[PlanTerm], float] | None = None,
    ) -> None:
        self._highlighter = Highlighter(plan, tokens)
        self._weights = None if idf is None else _weights(self._highlighter.terms, idf)

    def look_for(self, matching: Callable[[Collection[str]], Collection[str]]) -> None:
        """Hear which words can match in documents that are presented from now on, as `Highlighter.look_for` does.

        ``matching`` gives the forms of their words that hold one of the texts it is given.
        """
        self._highlighter.look_for(matching(self._highlighter.texts))

    def present(self, documents: Sequence[Document]) -> Iterator[Shown]:
        """Yield what is shown of each document: its best passage and all its matches."""
        for document, (highlights, terms) in zip(documents, self._highlighter.match(documents), strict=True):
            yield Shown(document, best_snippet(document, highlights, self._weights), highlights, terms)


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
