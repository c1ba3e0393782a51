"""The plan of a query: which terms, in which layers, must, may or must not be there, and what each is worth.

A plan is all that an engine sees of a query. It names terms by their text, so that every engine can run it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from searchkit.analysis.normalization import fold
from searchkit.analysis.token import Layer

_NAME_WORD = re.compile(r"[^\W_]+")


def name_words(name: str) -> tuple[str, ...]:
    """Return the words of a person's name, in lower case and NFC; planner and engines both cut names with it."""
    return tuple(_NAME_WORD.findall(fold(name).text.lower()))


@dataclass(frozen=True, slots=True)
class SecondStageWeights:
    """What the features of the second stage are worth, and how many documents of the first stage it looks at.

    ``ordered``: two of the query's terms follow each other as they do there; ``near``: they stand within three terms
    of each other, in any order; ``bigrams``: syllable bigrams of its words; ``sentence``: the sentence with most of it.
    """

    window: int
    ordered: float
    near: float
    bigrams: float
    sentence: float


@dataclass(frozen=True, slots=True)
class QueryWeights:
    """What a query's terms are worth.

    ``layers`` holds the weight of a base term in TITLE, BULLETS and PARTS, of a form in SURFACE and of an identifier
    in IDENTIFIERS. ``part`` is multiplied with the weight of a base term for a part of a compound in the query.
    ``particle`` is the weight in SURFACE of a word that is only a particle, beside other words, and ``prefix`` that of
    the words that a prefix stands for. ``piece`` is multiplied with the weight of a piece of an identifier.
    ``id_boost`` is added for the paper whose id was typed. ``second`` is None where there is no second stage.
    """

    layers: Mapping[Layer, float]
    part: float
    particle: float
    prefix: float
    id_boost: float
    piece: float = 1.0
    second: SecondStageWeights | None = None


@dataclass(frozen=True, slots=True)
class PlanTerm:
    """A term that scores: ``weight`` × BM25 of ``text`` in ``layer``.

    ``via`` is how the query led to it: word, surface, identifier, glossary, synonym or a step of the ladder.
    ``word`` is the 0-based number of the query word it comes from.
    """

    layer: Layer
    text: str
    weight: float
    via: str = "word"
    word: int = 0


@dataclass(frozen=True, slots=True)
class AnyTerm:
    """Matches documents that hold at least one of ``terms``; all that are there score. No terms: nothing matches."""

    terms: tuple[PlanTerm, ...]


@dataclass(frozen=True, slots=True)
class PhraseWord:
    """One place of a phrase.

    ``forms`` are the surfaces that fit exactly. With ``tail`` (the last place only) a longer word fits too, if it
    begins with one of the forms and its base terms are ``base``: 모델 fits 모델을, but 모델을 fits only itself.
    """

    forms: tuple[str, ...]
    tail: bool = False
    base: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Phrase:
    """Matches documents where the words stand side by side in one item; scores ``terms``, those that are there.

    ``field`` is None (title, bullets and labels), "title" or "bullets".
    """

    words: tuple[PhraseWord, ...]
    terms: tuple[PlanTerm, ...]
    field: str | None = None


@dataclass(frozen=True, slots=True)
class PhraseTerm:
    """A name that scores as a whole: matches documents where one of ``phrases`` stands in an item of ``field``.

    It adds ``weight`` × idf × 1 / (1 + k1), the idf from the number of documents that match, however often the name
    stands there and however long they are. ``text`` shows it to people; ``field`` is as for `Phrase`.
    """

    text: str
    phrases: tuple[tuple[PhraseWord, ...], ...]
    weight: float
    field: str | None = None
    via: str = "glossary"
    word: int = 0


@dataclass(frozen=True, slots=True)
class InField:
    """Matches documents that hold one of ``forms`` as a word of ``field`` ("title" or "bullets"); scores ``terms``."""

    forms: tuple[str, ...]
    terms: tuple[PlanTerm, ...]
    field: str


@dataclass(frozen=True, slots=True)
class And:
    """Matches what all of ``children`` match; the scores add up."""

    children: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Or:
    """Matches what any of ``children`` matches; the scores add up."""

    children: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """Matches what ``child`` doesn't; never scores."""

    child: Node


@dataclass(frozen=True, slots=True)
class DateRange:
    """Matches documents dated from ``since`` to ``until``, both inclusive ISO dates or None; never scores."""

    since: str | None
    until: str | None


@dataclass(frozen=True, slots=True)
class Author:
    """Matches documents with one author whose name holds all ``words``, as `name_words` cuts it; never scores.

    ``prefix`` lets the words be beginnings of the words of the name.
    """

    words: tuple[str, ...]
    prefix: bool = False


@dataclass(frozen=True, slots=True)
class MinVotes:
    """Matches documents with at least ``votes`` votes; never scores."""

    votes: int


@dataclass(frozen=True, slots=True)
class Id:
    """Matches the document whose id, or whose arXiv id, is ``value``; scores ``boost``."""

    value: str
    boost: float = 0.0


@dataclass(frozen=True, slots=True)
class Everything:
    """Matches every document; never scores."""


Node = (
    AnyTerm | Phrase | PhraseTerm | InField | And | Or | Not | DateRange | Author | MinVotes | Id | Everything
)


@dataclass(frozen=True, slots=True)
class SecondStage:
    """What the best documents of the first stage are scored by once more; it never decides what matches.

    ``terms`` are the base terms of the query in its order, as often as they stand there; ``bigrams`` are the distinct
    syllable bigrams within its words.
    """

    terms: tuple[str, ...]
    bigrams: tuple[str, ...]
    weights: SecondStageWeights


@dataclass(frozen=True, slots=True)
class Plan:
    """A query ready to run: ``root`` decides and scores, ``filters`` only decide (all of them must match).

    ``second`` is None where only the first stage scores.
    """

    root: Node
    filters: tuple[Node, ...] = field(default=())
    second: SecondStage | None = None
