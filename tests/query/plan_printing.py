"""Plans in one line, for people."""

from __future__ import annotations

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
    Plan,
    PlanTerm,
)


def show(plan: Plan) -> str:
    """Print a plan in one line; filters stand behind ``||``."""
    return " || ".join(show_node(node) for node in (plan.root, *plan.filters))


def show_node(node: Node) -> str:
    match node:
        case AnyTerm(terms):
            return _terms(terms) or "NOTHING"
        case Phrase(words, terms, field):
            places = " ".join(
                "|".join(word.forms) + (f"~({' '.join(word.base)})" if word.tail else "") for word in words
            )
            return f'{field or ""}"{places}"{_terms(terms)}'
        case InField(forms, terms, field):
            return f"in-{field}({' '.join(forms)}){_terms(terms)}"
        case Or((Everything(), child)):
            return f"bonus({show_node(child)})"
        case And(children):
            return f"all({', '.join(map(show_node, children))})"
        case Or(children):
            return f"any({', '.join(map(show_node, children))})"
        case Not(child):
            return f"not({show_node(child)})"
        case DateRange(since, until):
            return f"date({since or ''}..{until or ''})"
        case Author(words, prefix):
            return f"author({' '.join(words)}{'*' if prefix else ''})"
        case MinVotes(votes):
            return f"votes>={votes}"
        case Id(value, boost):
            return f"id({value}{f' +{boost:g}' if boost else ''})"
        case Everything():
            return "EVERYTHING"


def _terms(terms: tuple[PlanTerm, ...]) -> str:
    if not terms:
        return ""
    by_text: dict[str, list[str]] = {}
    for term in terms:
        by_text.setdefault(term.text, []).append(f"{term.layer.name[0]}{term.weight:g}")
    return "{" + " ".join(f"{text}:{','.join(layers)}" for text, layers in by_text.items()) + "}"
