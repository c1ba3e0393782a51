"""What ranking looks at besides single terms, and what it adds to a score."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from itertools import pairwise
from typing import NamedTuple


class Feature(Enum):
    """What documents are scored by besides their terms; all but names in the second stage, where only the best are."""

    ORDERED = 0
    """Two terms that follow each other as they do in the query."""
    NEAR = 1
    """Two neighbours of the query within three terms of each other, in any order."""
    BIGRAMS = 2
    """Two neighbouring syllables of a word of the query, in any word."""
    SENTENCE = 3
    """The sentence that holds most of the query, each distinct term counted by its idf."""
    NAME = 4
    """Another name of what the query names, as a whole."""
    TITLE_NAME = 5
    """The same in a title."""


class Neighbours(NamedTuple):
    """The distinct terms of a query, and which of them, by their numbers, follow each other there.

    ``ordered`` are the pairs as they stand there; ``near`` are pairs of two terms, the lower number first.
    """

    terms: tuple[str, ...]
    ordered: tuple[tuple[int, int], ...]
    near: tuple[tuple[int, int], ...]


def neighbours(terms: Sequence[str], known: Callable[[str], bool]) -> Neighbours:
    """Return what the second stage looks for of ``terms``, a query's in its order; ``known`` are in the index."""
    number = {text: place for place, text in enumerate(filter(known, dict.fromkeys(terms)))}
    ordered = dict.fromkeys(
        (number[one], number[other]) for one, other in pairwise(terms) if one in number and other in number
    )
    near = dict.fromkeys((min(pair), max(pair)) for pair in ordered if pair[0] != pair[1])
    return Neighbours(tuple(number), tuple(ordered), tuple(near))


class FeatureTerm(NamedTuple):
    """What is looked for, in the place that a term has in the first stage."""

    layer: Feature
    text: str
    weight: float
    via: str = "word"
    word: int = 0


@dataclass(frozen=True, slots=True)
class FeatureScore:
    """What a feature adds to the score of a document.

    ``score`` is weight × ``idf`` × tf / (tf + k1); for a sentence weight × ``idf``, the sum over the terms it holds,
    and ``tf`` is 0. Lengths don't count. ``doc_freq`` counts the documents that hold it.
    """

    term: FeatureTerm
    idf: float
    tf: int
    doc_freq: int
    score: float
    length: int = 0
    average_length: float = 0.0
