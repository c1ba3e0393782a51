"""Queries of every kind, made from documents by a seed, and what it means that two engines answer one alike."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from searchkit import Document
from searchkit.query.jamo import initials, is_hangul
from searchkit.results.hit import Results

NEAR_TIE = 0.03
"""Scores that differ by less, relative to the greater, may stand in either order."""
DEPTH = 10
DEEP = 60
_MIN_NAME = 2


@dataclass(frozen=True)
class Ask:
    """A query with the options of `SearchIndex.search`, and the name of its kind."""

    kind: str
    query: str
    options: dict[str, Any] = field(default_factory=dict)


def asks(documents: Sequence[Document], count: int, seed: int) -> Iterator[Ask]:
    """Yield ``count`` queries, as many of each kind."""
    maker = _Maker(documents, random.Random(seed))
    kinds = list(maker.kinds.items())
    for number in range(count):
        name, make = kinds[number % len(kinds)]
        made = make()
        yield made if isinstance(made, Ask) else Ask(name, made)


class _Maker:
    def __init__(self, documents: Sequence[Document], draw: random.Random) -> None:
        self._documents = documents
        self._draw = draw
        self.kinds: dict[str, Callable[[], str | Ask]] = {
            "one word": self._word,
            "two words": lambda: self._run(2),
            "several words": lambda: self._run(draw.randint(3, 7)),
            "words of two documents": lambda: f"{self._run(2)} {self._run(1)}",
            "title": lambda: self._document().title,
            "title words": lambda: " ".join(draw.sample(self._document().title.split(), 2)),
            "mixed": lambda: f"{self._run(1)} {self._title_word()}",
            "phrase": lambda: f'"{self._run(2)}"',
            "phrase and words": lambda: f'"{self._run(2)}" {self._word()}',
            "excluded": lambda: f"{self._run(2)} -{self._word()}",
            "and": lambda: f"{self._word()} AND {self._word()}",
            "or not": lambda: f"({self._word()} OR {self._word()}) NOT {self._word()}",
            "title field": lambda: f"title:{self._title_word()} {self._word()}",
            "bullets field": lambda: f"bullets:{self._word()}",
            "wildcard": lambda: f"{self._word()[:2]}*",
            "range of dates": lambda: f"{self._word()} date:[2023-12-01 TO 2024-04-30]",
            "since": lambda: self._with(since="2024-03", until="2024-06-15"),
            "votes": lambda: self._with(min_votes=draw.randint(1, 40)),
            "author": lambda: self._with(author=self._author()),
            "author field": lambda: f"author:{self._author().split()[-1]} {self._word()}",
            "by date": lambda: self._with(sort="date"),
            "by votes": lambda: self._with(sort="votes", match_any=True),
            "second page": lambda: self._with(offset=10),
            "page behind the window": lambda: Ask("page behind the window", "모델", {"offset": 195}),
            "facets": lambda: self._with(facets=True),
            "listing": lambda: Ask("listing", "", {"facets": True, "offset": draw.randint(0, 30)}),
            "id": lambda: self._document().arxiv_id or self._document().id,
            "id field": lambda: f"id:{self._document().id}",
            "misspelt": self._misspelt,
            "first consonants": self._first_consonants,
            "joined": lambda: self._run(2).replace(" ", ""),
            "glossary": lambda: draw.choice(
                [
                    "강화 학습",
                    "RAG",
                    "대규모 언어 모델",
                    "확산 모델",
                    "diffusion",
                    "LLM",
                    "어텐션",
                    "지식 증류",
                ]
            ),
            "literal": lambda: self._with(expand=False),
            "odd": lambda: draw.choice(
                ["C++", "GPT4", "GPT 4", '"', "((", "AND", "😀", "?", "27.3", "모델 모델 모델", "비지도 학습"]
            ),
        }

    def _with(self, **options: Any) -> Ask:
        return Ask(f"with {', '.join(options)}", self._run(self._draw.randint(1, 3)), options)

    def _document(self) -> Document:
        return self._draw.choice(self._documents)

    def _run(self, size: int) -> str:
        """Return neighbouring words of a bullet."""
        while True:
            words = self._draw.choice(self._document().bullets or ("",)).split()
            if len(words) >= size:
                start = self._draw.randrange(len(words) - size + 1)
                return " ".join(word.strip('"()[]*:“”') for word in words[start : start + size])

    def _word(self) -> str:
        while True:
            word = self._run(1).strip(".,-_'!?")
            if len(word) > 1:
                return word

    def _title_word(self) -> str:
        return self._draw.choice(self._document().title.split()).strip('"()[]*:')

    def _author(self) -> str:
        while True:
            authors = self._document().authors
            if authors:
                return self._draw.choice(authors)

    def _hangul(self) -> str:
        while True:
            word = self._word()
            if is_hangul(word) and len(word) >= _MIN_NAME:
                return word

    def _misspelt(self) -> str:
        word = self._hangul()
        at = self._draw.randrange(len(word))
        return word[:at] + chr(0xAC00 + (ord(word[at]) - 0xAC00 + 28) % 11_172) + word[at + 1 :]

    def _first_consonants(self) -> str:
        return initials(self._hangul())


def disagreement(
    ours: Results, deeper: Callable[[], Results], theirs: Results, *, ranked: bool
) -> str | None:
    """Say how ``theirs`` differs from ``ours``, None if but in near ties.

    ``deeper`` gets ours with more hits, from the same place on. ``ranked`` says that hits are sorted by score alone.
    """
    if ours.total != theirs.total:
        return f"total {ours.total} and {theirs.total}"
    if ours.facets != theirs.facets:
        return f"facets {ours.facets} and {theirs.facets}"
    if _codes(ours) != _codes(theirs):
        return f"notes {_codes(ours)} and {_codes(theirs)}"
    if len(ours) != len(theirs):
        return f"{len(ours)} hits and {len(theirs)}"
    ids, others = [hit.id for hit in ours], [hit.id for hit in theirs]
    if ids == others:
        return None if not ranked else _scores_differ(ours, theirs)
    if not ranked:
        return f"{ids} and {others}"
    scores = {hit.id: hit.score for hit in deeper()}
    least = min((hit.score for hit in ours), default=0.0)
    missing = [each for each in others if each not in scores]
    if missing:
        return f"{missing} aren't among our best {len(scores)}"
    for place, one in enumerate(others):
        for other in others[place + 1 :]:
            if scores[one] < scores[other] * (1 - NEAR_TIE):
                return f"{one} ({scores[one]:.3f}) stands above {other} ({scores[other]:.3f})"
    for hit in ours:
        if hit.id not in others and hit.score * (1 - NEAR_TIE) > least:
            return f"{hit.id} ({hit.score:.3f}) is missing; the last scores {least:.3f}"
    return None


def _codes(results: Results) -> list[str]:
    """Return the codes of notes; a word is analysed only once in a process, whoever asks."""
    return [note.code for note in results.notes if note.code != "analyzed"]


def _scores_differ(ours: Results, theirs: Results) -> str | None:
    for one, other in zip(ours, theirs):
        if abs(one.score - other.score) > NEAR_TIE * max(abs(one.score), abs(other.score)):
            return f"{one.id} scores {one.score:.3f} and {other.score:.3f}"
    return None


def same_shown(ours: Results, theirs: Results) -> bool:
    """Say whether the hits that both have are shown alike: document, passage, highlights and terms."""
    shown = {hit.id: (hit.document, hit.snippet, hit.highlights, hit.matched_terms) for hit in ours}
    return all(
        shown[hit.id] == (hit.document, hit.snippet, hit.highlights, hit.matched_terms)
        for hit in theirs
        if hit.id in shown
    )
