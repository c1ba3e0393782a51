"""Which documents of a segment match? Boolean masks, one operation over all documents at a time."""

from __future__ import annotations

from functools import cached_property

import numpy as np
import numpy.typing as npt

from searchkit.engines.day_numbers import day_number
from searchkit.engines.derived import derived
from searchkit.engines.whoosh.authors import AuthorIndex
from searchkit.engines.whoosh.generation import Generation
from searchkit.engines.whoosh.phrase import match_phrase
from searchkit.engines.whoosh.phrase_terms import PhraseTerms
from searchkit.engines.whoosh.segment import NO_VOTES
from searchkit.engines.whoosh.term_cache import TermCache
from searchkit.query.plan import (
    And,
    AnyTerm,
    Author,
    DateRange,
    Everything,
    Id,
    InField,
    MinVotes,
    Node,
    Not,
    Or,
    Phrase,
    PhraseTerm,
    PhraseWord,
)

Mask = npt.NDArray[np.bool_]


class Matcher:
    """Matches the nodes of a plan against segment number ``index``; ``first`` is its first document among all."""

    def __init__(self, generation: Generation, index: int) -> None:
        self._generation = generation
        self._terms = TermCache.of(generation)
        self.segment = generation.segments[index]
        self.first = generation.joined.starts[index]

    @cached_property
    def authors(self) -> AuthorIndex:
        """The authors of the segment."""
        segment = self.segment
        return derived(self._generation, f"authors {segment.id}", lambda _: AuthorIndex(segment))

    def live(self) -> Mask | None:
        """Return which documents are not deleted, None if none is."""
        return None if self.segment.deleted is None else ~self.segment.deleted

    def restrict(self, within: Mask | None, nodes: tuple[Node, ...]) -> Mask | None:
        """Return what of ``within`` (None: everything) matches all of ``nodes``."""
        # What needs a look at streams comes last, when little is left to look at.
        for node in sorted(nodes, key=_cost):
            found = self.match(node, within)
            if within is not None:
                found &= within
            within = found
        return within

    def match(self, node: Node, within: Mask | None = None) -> Mask:
        """Return a new mask of what matches; outside ``within`` (None: everything) it may hold anything."""
        if isinstance(node, AnyTerm):
            return self._any_term(node)
        if isinstance(node, Or):
            return self._any_of(node, within)
        if isinstance(node, And):
            found = self.restrict(within, node.children)
            return self._all() if found is None else found.copy() if found is within else found
        if isinstance(node, Not):
            return ~self.match(node.child, within)
        if isinstance(node, PhraseTerm):
            return self._phrase_term(node)
        if isinstance(node, Phrase):
            return match_phrase(self._generation, self.segment, node.words, node.field, within)
        if isinstance(node, InField):
            return match_phrase(self._generation, self.segment, (PhraseWord(node.forms),), node.field, within)
        if isinstance(node, DateRange):
            return self._dated(node)
        if isinstance(node, Author):
            return self.authors.match(node.words, prefix=node.prefix)
        if isinstance(node, MinVotes):
            votes = self.segment.votes
            enough: Mask = np.logical_and(votes >= node.votes, votes != NO_VOTES)
            return enough
        if isinstance(node, Id):
            mask = np.zeros(self.segment.doc_count, np.bool_)
            mask[self.docs_of(node.value)] = True
            return mask
        assert isinstance(node, Everything)
        return self._all()

    def docs_of(self, value: str) -> npt.NDArray[np.int64]:
        """Return the documents whose id or whose arXiv id is ``value``."""
        doc = self.segment.find_id(value)
        found = self.segment.find_arxiv(value)
        return found if doc < 0 else np.union1d(found, np.array([doc], np.int64))

    def _all(self) -> Mask:
        return np.ones(self.segment.doc_count, np.bool_)

    def _any_of(self, node: Or, within: Mask | None) -> Mask:
        mask = np.zeros(self.segment.doc_count, np.bool_)
        for child in node.children:
            mask |= self.match(child, within)
        return mask

    def _phrase_term(self, node: PhraseTerm) -> Mask:
        mask = np.zeros(self.segment.doc_count, np.bool_)
        postings = PhraseTerms.of(self._generation).get(node).postings
        if postings is not None:
            postings.mark(mask, self.first)
        return mask

    def _any_term(self, node: AnyTerm) -> Mask:
        mask = np.zeros(self.segment.doc_count, np.bool_)
        for term in node.terms:
            postings = self._terms.get(term.layer, term.text).postings
            if postings is not None:
                postings.mark(mask, self.first)
        return mask

    def _dated(self, node: DateRange) -> Mask:
        dates = self.segment.dates
        mask: Mask = dates > 0
        if node.since is not None:
            mask &= dates >= day_number(node.since, 0)
        if node.until is not None:
            mask &= dates <= day_number(node.until, 99)
        return mask


def _cost(node: Node) -> int:
    if isinstance(node, Not):
        return _cost(node.child)
    if isinstance(node, (And, Or)):
        return max(map(_cost, node.children), default=0)
    return int(isinstance(node, (Phrase, InField)))
