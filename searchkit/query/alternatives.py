"""Other words for some of a query: they are added to its plan, beside what was typed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from searchkit.analysis.token import Layer
from searchkit.query.plan import And, AnyTerm, Everything, InField, Node, Or, Phrase, Plan, PlanTerm


@dataclass(frozen=True, slots=True)
class Alternative:
    """``node`` may stand for the query's words number ``words``; ``texts`` are what it says, for people."""

    words: frozenset[int]
    node: Node
    code: str
    typed: str
    texts: tuple[str, ...]


def terms_of(node: Node) -> Iterator[PlanTerm]:
    """Yield the terms of ``node`` that score, in the order of the plan."""
    if isinstance(node, AnyTerm | Phrase | InField):
        yield from node.terms
    elif isinstance(node, And | Or):
        for child in node.children:
            yield from terms_of(child)


def map_terms(node: Node, change: Callable[[PlanTerm], PlanTerm]) -> Node:
    """Return ``node`` with each of its scoring terms changed."""
    if isinstance(node, AnyTerm | Phrase | InField):
        return replace(node, terms=tuple(map(change, node.terms)))
    if isinstance(node, And | Or):
        return replace(node, children=tuple(map_terms(child, change) for child in node.children))
    return node


def weighted(node: Node, factor: float) -> Node:
    """Return ``node`` with all of its terms worth ``factor`` as much."""
    return map_terms(node, lambda term: replace(term, weight=term.weight * factor))


def meant(node: Node, code: str, word: int, factor: float) -> Node:
    """Return ``node`` as what a step says of a word."""
    return map_terms(node, lambda term: replace(term, weight=term.weight * factor, via=code, word=word))


def any_of(nodes: Sequence[Node]) -> Node:
    """Return any of ``nodes``; a term that several of them have counts once."""
    if all(isinstance(node, AnyTerm) or _is_any(node) for node in nodes):
        kept: dict[tuple[Layer, str], PlanTerm] = {}
        for node in nodes:
            for term in terms_of(node):
                known = kept.get((term.layer, term.text))
                if known is None or known.weight < term.weight:
                    kept[term.layer, term.text] = term
        return AnyTerm(tuple(kept.values()))
    return nodes[0] if len(nodes) == 1 else Or(tuple(nodes))


def _is_any(node: Node) -> bool:
    return isinstance(node, Or) and all(
        isinstance(child, AnyTerm) or _is_any(child) for child in node.children
    )


def without_worthless(node: Node) -> Node:
    """Drop terms of no weight: they would match."""
    if isinstance(node, AnyTerm):
        return AnyTerm(tuple(term for term in node.terms if term.weight))
    if isinstance(node, And | Or):
        return replace(node, children=tuple(map(without_worthless, node.children)))
    return node


def with_alternatives(plan: Plan, alternatives: Sequence[Alternative]) -> Plan:
    """Return ``plan`` with each alternative accepted wherever its words are."""
    root = plan.root
    for alternative in alternatives:
        root = _extended(root, alternative)
    return plan if root is plan.root else replace(plan, root=root)


def with_bonus(plan: Plan, alternatives: Sequence[Alternative]) -> Plan:
    """Return ``plan`` with the terms of the alternatives scored where they are; what matches stays."""
    if not alternatives:
        return plan
    more = Or((Everything(), *(alternative.node for alternative in alternatives)))
    return replace(plan, root=And((plan.root, more)))


def _extended(node: Node, alternative: Alternative) -> Node:
    if _within(node, alternative.words):
        return _either(node, alternative.node)
    if isinstance(node, Or):
        if any(_within(child, alternative.words) for child in node.children):
            return _either(node, alternative.node)
        return _with_children(node, alternative)
    if isinstance(node, And):
        own = [child for child in node.children if _within(child, alternative.words)]
        if not own:
            return _with_children(node, alternative)
        group = own[0] if len(own) == 1 else And(tuple(own))
        at = next(index for index, child in enumerate(node.children) if child is own[0])
        rest = [child for child in node.children if not any(child is each for each in own)]
        rest.insert(at, _either(group, alternative.node))
        return rest[0] if len(rest) == 1 else And(tuple(rest))
    return node


def _with_children(node: And | Or, alternative: Alternative) -> Node:
    children = tuple(_extended(child, alternative) for child in node.children)
    same = all(one is other for one, other in zip(children, node.children))
    return node if same else replace(node, children=children)


def _within(node: Node, words: frozenset[int]) -> bool:
    """Say whether ``node`` is about some of ``words`` and nothing else."""
    if isinstance(node, Phrase | InField):
        return False
    found = {term.word for term in terms_of(node)}
    return bool(found) and found <= words


def _either(node: Node, other: Node) -> Node:
    return Or((*(node.children if isinstance(node, Or) else (node,)), other))
