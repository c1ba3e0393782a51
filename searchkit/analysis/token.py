"""Terms of a word, and the layers of the index they go to."""

from __future__ import annotations

from enum import IntEnum
from typing import NamedTuple

ITEM_END = 0
"""In a stream of words: the end of the title, a bullet or a label."""
SENTENCE_END = 1
"""In a stream of words: the end of a sentence."""
FIRST_WORD = 2
"""In a stream of words: what is added to the number of a word."""


class Context(IntEnum):
    """What stands directly before a word; the same letters mean other things behind other neighbours."""

    FREE = 0
    """White space, an opening bracket or quote, Hangul's own start: the word stands alone."""
    GLUED = 1
    """Hangul directly behind a letter, a closing bracket or another sign."""
    DIGIT = 2
    """Hangul directly behind a digit."""


class Kind(IntEnum):
    """What a term is to its word."""

    BASE = 0
    """The base path: joined nouns, stems, pieces of identifiers, in text order. Positions count these."""
    PART = 1
    """A part of a compound noun."""
    IDENTIFIER = 2
    """A whole identifier, without separators (GPT-4 and GPT4 both give gpt4)."""
    SURFACE = 3
    """A surface form besides the word's own, which every word has without saying so: the pieces of a URL."""


class Layer(IntEnum):
    """Where postings live. BASE terms go to TITLE or BULLETS, by the place of the word; labels have SURFACE only."""

    TITLE = 0
    BULLETS = 1
    PARTS = 2
    SURFACE = 3
    IDENTIFIERS = 4


class Token(NamedTuple):
    """One term of a word: ``start`` and ``length`` are code points within the word's form."""

    kind: Kind
    text: str
    start: int
    length: int


class WordKey(NamedTuple):
    """What the lexicon is keyed by: the same key always gives the same tokens."""

    context: Context
    form: str
    """The word in NFC, full-width letters narrowed, lower case."""
