"""Expanding a plan: other names of what a query names, from the glossary of the generation that is searched."""

from __future__ import annotations

from searchkit.engines.whoosh.generation import Generation
from searchkit.query.alternatives import with_alternatives
from searchkit.query.expansion import VIA, Expander
from searchkit.query.plan import Plan
from searchkit.query.syntax import Note, Parsed
from searchkit.query.terms import Vocabulary
from searchkit.ranking.weights import EXPANSION

_NAME = "expander"


def expanded(
    generation: Generation, vocabulary: Vocabulary, parsed: Parsed, made: Plan
) -> tuple[Plan, tuple[Note, ...]]:
    """Return ``made``, the plan of ``parsed``, with other names of what the query names, and what to say about it."""
    if generation.glossary is None or parsed.node is None:
        return made, ()
    found = _expander(generation, vocabulary).alternatives(parsed)
    if not found:
        return made, ()
    notes = tuple(Note(VIA, f"{each.typed} is also {', '.join(each.texts)}") for each in found)
    return with_alternatives(made, found), notes


def _expander(generation: Generation, vocabulary: Vocabulary) -> Expander:
    """Return what lives with ``generation``, made anew for another vocabulary."""
    glossary = generation.glossary
    assert glossary is not None
    kept: tuple[Vocabulary, Expander] | None = generation.caches.get(_NAME)
    if kept is None or kept[0] is not vocabulary:
        expander = Expander(vocabulary, glossary.translations, EXPANSION)
        kept = generation.caches[_NAME] = (vocabulary, expander)
    return kept[1]
