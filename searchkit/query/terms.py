"""The terms of a query's words, each with its layer and its weight."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

from searchkit.analysis.identifiers import is_url, latin_tokens
from searchkit.analysis.token import Kind, Layer, Token, WordKey
from searchkit.analysis.words import LATIN_LETTERS, Word
from searchkit.query.papers import arxiv_ids
from searchkit.query.plan import PlanTerm, QueryWeights
from searchkit.query.syntax import WILDCARD_CUT, Note

MAX_EXPANSIONS = 1024
"""Words that a prefix stands for."""
MAX_ALL_EXPANSIONS = 4096
"""The same, of all prefixes of a query."""
MAX_JOINED = 4
"""Neighbouring words that are tried as one identifier: Qwen 2.5 VL."""

FIELD_LAYERS = {"title": Layer.TITLE, "bullets": Layer.BULLETS}
_BASE_LAYERS = (Layer.TITLE, Layer.BULLETS, Layer.PARTS)
_PREFIX_LAYERS = (Layer.TITLE, Layer.BULLETS, Layer.IDENTIFIERS)


class Vocabulary(Protocol):
    """What the planner needs to know of an index; engines serve it."""

    def tokens(self, key: WordKey) -> tuple[Token, ...]:
        """Return the tokens of a word, from the index if it is known there, else analysed."""

    def expand(self, prefix: str, limit: int) -> list[str]:
        """Return at most ``limit`` forms of words that begin with ``prefix``, in the order of their bytes."""

    def has_string(self, text: str) -> bool:
        """Say whether ``text`` is a term or a form in the index."""


class WordTerms:
    """Gives the terms of the words of one query; ``numbers`` has the number of each by its place.

    ``has_content`` says whether any of them has a term besides its form. ``notes`` grows as prefixes are expanded.
    """

    def __init__(
        self, vocabulary: Vocabulary, weights: QueryWeights, numbers: Mapping[int, int], *, has_content: bool
    ) -> None:
        self.notes: list[Note] = []
        self._vocabulary = vocabulary
        self._weights = weights
        self._numbers = numbers
        self._has_content = has_content
        self._joined: dict[int, list[str]] = {}
        self._expansions_left = MAX_ALL_EXPANSIONS

    def tokens(self, word: Word) -> tuple[Token, ...]:
        """Return the tokens of a word."""
        return self._vocabulary.tokens(word.key)

    def loose(self, word: Word) -> tuple[PlanTerm, ...]:
        """Return all terms of a word, as a loose word has them."""
        tokens = self.tokens(word)
        return distinct(
            [
                *self.base(word, [token.text for token in tokens if token.kind is Kind.BASE]),
                *self.direct(word, tokens),
                *self.parts(word, tokens),
                *self._pieces(word, tokens),
            ]
        )

    def base(self, word: Word, texts: Iterable[str]) -> list[PlanTerm]:
        """Return ``texts``, base terms of ``word``, in all layers where they count."""
        layers, number = self._weights.layers, self._numbers[word.start]
        named = any(token.kind is Kind.IDENTIFIER for token in self.tokens(word))
        share = self._weights.piece if named else 1.0
        return [
            PlanTerm(layer, text, layers[layer] * share, "word", number)
            for text in texts
            for layer in _BASE_LAYERS
        ]

    def direct(self, word: Word, tokens: Sequence[Token]) -> list[PlanTerm]:
        """Return the terms that stand for the word as a whole: its form and its identifiers."""
        layers, number = self._weights.layers, self._numbers[word.start]
        identifiers = [token.text for token in tokens if token.kind is Kind.IDENTIFIER]
        return [
            self.surface(word),
            *(
                PlanTerm(Layer.IDENTIFIERS, text, layers[Layer.IDENTIFIERS], "identifier", number)
                for text in (*identifiers, *self._joined.get(word.start, ()))
            ),
        ]

    def parts(self, word: Word, tokens: Sequence[Token]) -> list[PlanTerm]:
        """Return the parts of compounds in ``word``."""
        layers, number = self._weights.layers, self._numbers[word.start]
        return [
            PlanTerm(
                layer,
                token.text,
                layers[layer] * (1.0 if layer is Layer.PARTS else self._weights.part),
                "word",
                number,
            )
            for token in tokens
            if token.kind is Kind.PART
            for layer in _BASE_LAYERS
        ]

    def _pieces(self, word: Word, tokens: Sequence[Token]) -> list[PlanTerm]:
        """Return other spellings (café, cafe) and the words in the path of a URL that names no paper."""
        form = word.key.form
        found = [token for token in tokens if token.kind is Kind.SURFACE]
        if not is_url(form):
            found = [token for token in found if token.length == len(form)]
        elif arxiv_ids(form):
            found = []
        else:
            path = form.index("/", form.find("://") + 3 if "://" in form else 0)
            found = [token for token in found if token.start > path]
        surface, number = self._weights.layers[Layer.SURFACE], self._numbers[word.start]
        return [PlanTerm(Layer.SURFACE, token.text, surface, "surface", number) for token in found]

    def within(self, word: Word, field: str, texts: Iterable[str]) -> list[PlanTerm]:
        """Return ``texts``, base terms of ``word``, in the layer of ``field``."""
        layer = FIELD_LAYERS[field]
        number, weight = self._numbers[word.start], self._weights.layers[layer]
        return [PlanTerm(layer, text, weight, "word", number) for text in texts]

    def surface(self, word: Word) -> PlanTerm:
        """Return the form of ``word``."""
        weight = self._weights.layers[Layer.SURFACE]
        if self._has_content and not self.tokens(word):
            weight = self._weights.particle
        return PlanTerm(Layer.SURFACE, word.key.form, weight, "surface", self._numbers[word.start])

    def expand(self, word: Word, field: str) -> tuple[list[PlanTerm], list[PlanTerm]]:
        """Return the forms that begin with ``word``, and other terms: in Latin script pieces of identifiers count."""
        form = word.key.form
        limit = min(MAX_EXPANSIONS, self._expansions_left)
        found = self._vocabulary.expand(form, limit + 1)
        if len(found) > limit:
            found = found[:limit]
            self.notes.append(
                Note(WILDCARD_CUT, f"Too many words begin with {form!r}; {limit:,} of them were searched")
            )
        self._expansions_left -= len(found)
        number, weights = self._numbers[word.start], self._weights
        surfaces = [PlanTerm(Layer.SURFACE, text, weights.prefix, "surface", number) for text in found]
        if not LATIN_LETTERS.match(form):
            return surfaces, []
        layers = (FIELD_LAYERS[field],) if field else _PREFIX_LAYERS
        return surfaces, [
            PlanTerm(
                layer,
                text,
                weights.layers[layer],
                "identifier" if layer is Layer.IDENTIFIERS else "word",
                number,
            )
            for text in found
            for layer in layers
        ]

    def join(self, words: Iterable[Word | None]) -> None:
        """Find neighbours that are an identifier of the index when written as one: GPT 4. None parts neighbours."""
        run: list[Word] = []
        for word in words:
            if word is None or not LATIN_LETTERS.match(word.key.form) or is_url(word.key.form):
                run = []
                continue
            run = [*run, word][-MAX_JOINED:]
            for size in range(2, len(run) + 1):
                whole = _identifier([each.key.form for each in run[-size:]])
                if whole and self._vocabulary.has_string(whole):
                    self._joined.setdefault(run[-size].start, []).append(whole)


def distinct(terms: Sequence[PlanTerm]) -> tuple[PlanTerm, ...]:
    """Keep the first, and most valued, of equal terms."""
    kept: dict[tuple[Layer, str], PlanTerm] = {}
    for term in terms:
        known = kept.get((term.layer, term.text))
        if known is None or term.weight > known.weight:
            kept[term.layer, term.text] = term
    return tuple(kept.values())


def _identifier(forms: Sequence[str]) -> str:
    """Return what ``forms`` are as one identifier, empty if they are none."""
    form = "-".join(forms)
    for token in latin_tokens(form):
        if token.kind is Kind.IDENTIFIER and token.length == len(form):
            return token.text
    return ""
