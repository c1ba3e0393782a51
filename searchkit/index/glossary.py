"""The glossary for people: the pairs, and where the documents say so."""

from __future__ import annotations

from collections.abc import Collection

from searchkit.analysis.glossary import name_key, pairs_of
from searchkit.analysis.glosses import Gloss, glosses
from searchkit.document import Document
from searchkit.engines.base import Snapshot
from searchkit.query.expansion import Translation
from searchkit.results.glossary_entry import GlossaryEntry

MAX_PLACES = 3

_Keys = frozenset[str]


def entries(snapshot: Snapshot, term: str, limit: int) -> list[GlossaryEntry]:
    """Return the other names of ``term``, or all pairs if it is blank, those with most evidence first."""
    glossary = snapshot.glossary
    if glossary is None:
        return []
    typed = " ".join(term.split())
    found: list[tuple[tuple[str, ...], Translation]]
    found = (
        [((typed,), each) for each in glossary.translations(name_key(typed))] if typed else glossary.pairs()
    )
    found = found[: max(limit, 0)]
    keys = [frozenset((name_key(names[0]), name_key(each.spellings[0]))) for names, each in found]
    places = _places(snapshot, set(keys))
    return [
        GlossaryEntry(
            name=names[0],
            other=each.spellings[0],
            documents=each.documents,
            user=each.certain,
            places=tuple(places.get(pair, ())),
            spellings=each.spellings[1:],
        )
        for pair, (names, each) in zip(keys, found)
    ]


def _places(snapshot: Snapshot, wanted: Collection[_Keys]) -> dict[_Keys, list[str]]:
    """Return some of the places where documents say each of the ``wanted`` pairs."""
    pairs = {gloss: pair for gloss, pair in pairs_of(snapshot.gloss_counts()).items() if pair in wanted}
    places: dict[_Keys, list[str]] = {}
    for gloss, handles in snapshot.glossing(sorted(pairs), MAX_PLACES).items():
        known = places.setdefault(pairs[gloss], [])
        for document in snapshot.documents(handles[: MAX_PLACES - len(known)]):
            place = _place(document, gloss)
            known += [] if place in known else [place]
    return places


def _place(document: Document, gloss: Gloss) -> str:
    line = document.line
    for number, bullet in zip(document.bullet_lines, document.bullets):
        if gloss in glosses([bullet]):
            line = number
            break
    return f"{document.source or document.id}{'' if line is None else f':{line}'}"
