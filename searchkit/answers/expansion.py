"""Expanding a plan: other names of what a query names, from the glossary of the snapshot and from its titles."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from searchkit.analysis.token import Layer
from searchkit.answers.titles import Titles
from searchkit.query.alternatives import with_alternatives, with_bonus
from searchkit.query.expansion import VIA, Expander, Translation
from searchkit.query.plan import Plan
from searchkit.query.syntax import Note, Parsed
from searchkit.query.terms import Vocabulary
from searchkit.ranking.weights import EXPANSION

if TYPE_CHECKING:
    from searchkit.engines.base import Snapshot

_NAME = "expander"
_CACHED = 16_384
_NAMING = (Layer.BULLETS, Layer.TITLE, Layer.IDENTIFIERS)


def expanded(
    snapshot: Snapshot, vocabulary: Vocabulary, parsed: Parsed, made: Plan, *, ranked: bool
) -> tuple[Plan, tuple[Note, ...]]:
    """Return ``made``, the plan of ``parsed``, with other names of what the query names, and what to say about it.

    What titles say only adds to the score, so it is left out where hits aren't ``ranked`` by that.
    """
    if parsed.node is None:
        return made, ()
    expander = _expander(snapshot, vocabulary)
    found = expander.alternatives(parsed)
    made = with_alternatives(made, found)
    notes = [Note(VIA, f"{each.typed} is also {', '.join(each.texts)}") for each in found]
    titles = Titles.of(snapshot)

    def worth(text: str, number: int) -> bool:
        return expander.known(found, number) < EXPANSION.titles.sure and titles.may_stand(text, made)

    whole = expander.whole(parsed, worth, titles.cut) if ranked else None
    if whole is not None:
        said = titles.about(whole, made)
        if said:
            titled = expander.by_titles(whole, said, expander.known(found, whole.word))
            made = with_bonus(made, [titled])
            text = f"papers about {titled.typed} are often titled {', '.join(titled.texts)}"
            notes.append(Note("titles", text))
    return made, tuple(notes)


def _expander(snapshot: Snapshot, vocabulary: Vocabulary) -> Expander:
    """Return what lives with ``snapshot``, made anew for another vocabulary."""
    glossary = snapshot.glossary
    kept: tuple[Vocabulary, Expander] | None = snapshot.caches.get(_NAME)
    if kept is None or kept[0] is not vocabulary:
        translations = _nothing if glossary is None else glossary.translations

        @lru_cache(maxsize=_CACHED)
        def documents(text: str) -> int:
            return max(snapshot.doc_freq(layer, text) for layer in _NAMING)

        expander = Expander(vocabulary, translations, documents, EXPANSION)
        kept = snapshot.caches[_NAME] = (vocabulary, expander)
    return kept[1]


def _nothing(key: str, least: int) -> tuple[Translation, ...]:
    """Return the other names of any name in an index without a glossary."""
    return ()
