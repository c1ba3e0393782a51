"""What a plan means for execution: what decides, what scores, and which shortcuts are open."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from searchkit.query.plan import (
    And,
    AnyTerm,
    Everything,
    Id,
    InField,
    Node,
    Or,
    Phrase,
    PhraseTerm,
    Plan,
    PlanTerm,
)


class PreparedPlan(NamedTuple):
    """A plan taken apart.

    ``filters`` and ``root`` must match; ``terms``, ``phrases`` and ``boosts`` score, in the order of the plan.
    ``plain``: the root asks for any of ``terms`` and ``phrases`` and nothing else. ``any_decides``: it asks for any of
    the first ``deciding_terms`` and ``deciding_phrases`` of them, and the others only add to scores.
    ``always_scored``: whatever matches holds at least one of these.
    """

    root: Node
    filters: tuple[Node, ...]
    terms: tuple[PlanTerm, ...]
    phrases: tuple[PhraseTerm, ...]
    boosts: tuple[Id, ...]
    plain: bool
    any_decides: bool
    deciding_terms: int
    deciding_phrases: int
    always_scored: bool

    @property
    def ranked(self) -> bool:
        """Whether the best are found by the sums of terms and phrases alone."""
        return self.always_scored and not self.boosts

    @property
    def scored(self) -> bool:
        """Whether anything in the plan scores; else it is a listing."""
        return bool(self.terms or self.phrases or self.boosts)


def prepare(plan: Plan) -> PreparedPlan:
    """Take a plan apart: conditions that never score become filters."""
    root, filters = plan.root, list(plan.filters)
    if isinstance(root, AnyTerm):
        # The most frequent plan by far, and the fastest to run.
        positive = all(term.weight > 0 for term in root.terms)
        count = len(root.terms)
        return PreparedPlan(
            root, plan.filters, root.terms, (), (), positive, positive, count, 0, always_scored=positive
        )
    while isinstance(root, And):
        scoring = tuple(child for child in root.children if _scores(child))
        filters += [child for child in root.children if not _scores(child)]
        if len(scoring) != 1:
            root = And(scoring)
            break
        root = scoring[0]
    terms = tuple(scoring_terms(root))
    phrases = tuple(_phrase_terms(root))
    positive = all(
        weight > 0 for weight in (*(each.weight for each in terms), *(each.weight for each in phrases))
    )
    plain = positive and _plain(root)
    decides = root if plain else _deciding(root)
    extra = decides is not root
    return PreparedPlan(
        root=root,
        filters=tuple(filters),
        terms=terms,
        phrases=phrases,
        boosts=tuple(_boosts(root)),
        plain=plain,
        any_decides=plain or (extra and positive and _plain(decides)),
        deciding_terms=sum(1 for _ in scoring_terms(decides)) if extra else len(terms),
        deciding_phrases=sum(1 for _ in _phrase_terms(decides)) if extra else len(phrases),
        always_scored=positive and _always_scored(root),
    )


def scoring_terms(node: Node) -> Iterator[PlanTerm]:
    """Yield the terms that add to a score, in the order of the plan; nothing below a `Not` does."""
    if isinstance(node, (AnyTerm, Phrase, InField)):
        yield from node.terms
    elif isinstance(node, (And, Or)):
        for child in node.children:
            yield from scoring_terms(child)


def _phrase_terms(node: Node) -> Iterator[PhraseTerm]:
    if isinstance(node, PhraseTerm):
        yield node
    elif isinstance(node, (And, Or)):
        for child in node.children:
            yield from _phrase_terms(child)


def _boosts(node: Node) -> Iterator[Id]:
    if isinstance(node, Id):
        if node.boost:
            yield node
    elif isinstance(node, (And, Or)):
        for child in node.children:
            yield from _boosts(child)


def _scores(node: Node) -> bool:
    return any(True for found in (scoring_terms, _phrase_terms, _boosts) for _ in found(node))


def _deciding(root: Node) -> Node:
    """Return the first child of ``root`` if all others match everything and only add to scores, else ``root``."""
    if isinstance(root, And) and root.children and all(map(_is_bonus, root.children[1:])):
        return root.children[0]
    return root


def _is_bonus(node: Node) -> bool:
    return isinstance(node, Or) and any(isinstance(child, Everything) for child in node.children)


def _plain(node: Node) -> bool:
    return isinstance(node, (AnyTerm, PhraseTerm)) or (
        isinstance(node, Or) and all(map(_plain, node.children))
    )


def _always_scored(node: Node) -> bool:
    if isinstance(node, And):
        return any(map(_always_scored, node.children))
    if isinstance(node, Or):
        return all(map(_always_scored, node.children))
    return isinstance(node, (AnyTerm, PhraseTerm))
