"""Which places of a document match a query, in the original text.

A word of the document matches through its terms, found the way the index found them: split, then the
lexicon. What is marked is the place of the term (모델 in 모델을); the whole word only where nothing but its
surface matches.

Where the caller knows which words of the documents can match, only the chunks that hold one of these are split.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from dataclasses import field as default
from functools import lru_cache
from itertools import chain
from typing import NamedTuple

from searchkit.analysis.token import Context, Kind, Layer, Token, WordKey
from searchkit.analysis.words import Word, split_chunk
from searchkit.document import Document
from searchkit.query.plan import (
    AnyTerm,
    Author,
    Id,
    InField,
    Node,
    Not,
    Phrase,
    PhraseTerm,
    PhraseWord,
    Plan,
    PlanTerm,
)
from searchkit.ranking.weights import PARTICLE_WEIGHT
from searchkit.results.hit import Highlight, MatchedTerm
from searchkit.results.page_text import PageText, Pieces, Text

Tokens = Callable[[WordKey], Sequence[Token]]
"""Gives the tokens of a word, from the lexicon of the index."""

_CHUNK = re.compile(r"\S+")
_KIND_LAYERS = {
    Kind.PART: Layer.PARTS,
    Kind.IDENTIFIER: Layer.IDENTIFIERS,
    Kind.SURFACE: Layer.SURFACE,
}
_BASE_LAYERS = {"title": Layer.TITLE, "bullets": Layer.BULLETS}
_MAX_CACHED_CHUNK = 128
_Placed = tuple[int, Word]
"""Where the chunk of a word begins, and the word."""
_OTHER: _Placed = (0, Word(0, 0, WordKey(Context.FREE, "")))
_cached_split = lru_cache(maxsize=32_768)(split_chunk)


class _Cause(NamedTuple):
    """What leads to places: terms, and the numbers of their words.

    ``faint``: they are only a particle that stands beside better words of the query.
    """

    terms: tuple[PlanTerm, ...]
    words: tuple[int, ...]
    faint: bool

    @classmethod
    def of(cls, terms: Iterable[PlanTerm]) -> _Cause:
        """Return ``terms`` as one cause; what stands there repeatedly counts once."""
        found = tuple(dict.fromkeys(terms))
        words = tuple(sorted({term.word for term in found}))
        return cls(found, words, all(term.weight <= PARTICLE_WEIGHT for term in found))


class _Mark(NamedTuple):
    """A place in a text, and what led to it."""

    start: int
    end: int
    cause: _Cause


_Place = tuple[str, int, list[_Mark]]
"""Field, item and what was found there."""


@dataclass(slots=True)
class _Wanted:
    """What a plan looks for, taken apart: terms by layer and text, forms by field, and the rest."""

    terms: dict[tuple[Layer, str], list[PlanTerm]] = default(default_factory=dict)
    forms: dict[tuple[str, str], list[PlanTerm]] = default(default_factory=dict)
    phrases: list[Phrase] = default(default_factory=list)
    ids: list[Id] = default(default_factory=list)
    authors: list[Author] = default(default_factory=list)

    def collect(self, node: Node) -> None:
        """Add what makes a document match ``node``; what stands under a Not doesn't."""
        if isinstance(node, AnyTerm):
            for term in node.terms:
                self.terms.setdefault((term.layer, term.text), []).append(term)
        elif isinstance(node, InField):
            worth = {term.text: term for term in node.terms}
            for form in node.forms:
                term = worth.get(form) or PlanTerm(Layer.SURFACE, form, 1.0, "surface")
                self.forms.setdefault((node.field, form), []).append(term)
        elif isinstance(node, Phrase):
            self.phrases.append(node)
        elif isinstance(node, PhraseTerm):
            shown = (PlanTerm(Layer.BULLETS, node.text, node.weight, node.via, node.word),)
            self.phrases += (Phrase(words, shown, node.field) for words in node.phrases)
        elif isinstance(node, Id):
            self.ids.append(node)
        elif isinstance(node, Author):
            self.authors.append(node)
        elif not isinstance(node, Not):
            for child in getattr(node, "children", ()):
                self.collect(child)


class Highlighter:
    """Finds what a plan matches in documents; made for the few that are shown.

    ``tokens`` is called for the words of the documents and should remember its answers.
    """

    def __init__(self, plan: Plan, tokens: Tokens) -> None:
        self._tokens = tokens
        self._wanted = _Wanted()
        for node in (plan.root, *plan.filters):
            self._wanted.collect(node)
        self._phrases = phrases = [phrase for phrase in self._wanted.phrases if phrase.words]
        self._open_phrases = [phrase for phrase in phrases if phrase.words[0].tail]
        self._phrases_by_form = {
            form: [each for each in phrases if each.words[0].tail or form in each.words[0].forms]
            for form in {form for phrase in phrases for form in phrase.words[0].forms}
        }
        self._marks: dict[tuple[str, str], list[_Mark]] = {}
        self._causes: dict[int, _Cause] = {}
        self._matching: frozenset[str] | None = None

    @property
    def texts(self) -> frozenset[str]:
        """The terms and forms that mark a word which is one or has one."""
        return frozenset(text for _, text in chain(self._wanted.terms, self._wanted.forms))

    def look_for(self, forms: Collection[str]) -> None:
        """Hear the forms of the words that hold one of `texts` in documents that are matched from now on.

        Those that were given before count on. Before the first call every word is looked at.
        """
        self._matching = (self._matching or frozenset()).union(forms)

    @property
    def terms(self) -> Iterator[PlanTerm]:
        """The terms that mark something."""
        for wanted in (*self._wanted.terms.values(), *self._wanted.forms.values()):
            yield from wanted
        for phrase in self._wanted.phrases:
            yield from phrase.terms

    def match(
        self, documents: Sequence[Document]
    ) -> Iterator[tuple[tuple[Highlight, ...], tuple[MatchedTerm, ...]]]:
        """Yield for each document the places that match, in the order of title and bullets, and the terms found there.

        Highlights never overlap or touch within a text.
        """
        page = PageText(documents)
        pieces = None if self._matching is None else page.holding(self._matching)
        named = page.holding_phrases(self._phrases)
        texts: list[list[int]] = [[] for _ in documents]
        for number in range(len(page.texts)) if pieces is None else sorted({*pieces, *named}):
            texts[page.texts[number][0]].append(number)
        for place, document in enumerate(documents):
            odd = page.odd.get(place)
            found = self._in_page(page, texts[place], pieces, named) if odd is None else self._in_each(odd)
            yield self._matches(document, list(found))

    def _in_page(
        self,
        page: PageText,
        numbers: Sequence[int],
        pieces: dict[int, Pieces] | None,
        named: dict[int, Pieces],
    ) -> Iterator[_Place]:
        """Yield the places in those texts of ``page`` that hold any."""
        for number in numbers:
            _, (field, item, text) = page.texts[number]
            chunks = _chunks(text) if pieces is None else page.within(number, pieces.get(number, {}))
            words = _words(text, page.within(number, named[number])) if number in named else []
            marks = self._in_text(field, text, chunks, words)
            if marks:
                yield field, item, marks

    def _matches(
        self, document: Document, places: Sequence[_Place]
    ) -> tuple[tuple[Highlight, ...], tuple[MatchedTerm, ...]]:
        only_faint = all(mark.cause.faint for _, _, marks in places for mark in marks)
        highlights: list[Highlight] = []
        found: dict[tuple[str, str], MatchedTerm] = {}
        seen: set[tuple[int, str]] = set()
        for field, item, marks in places:
            shown = field in _BASE_LAYERS
            for start, end, cause in marks:
                if (id(cause), field) not in seen:
                    seen.add((id(cause), field))
                    for term in cause.terms:
                        key = term.text, field
                        if key not in found or found[key].via == "surface":
                            found[key] = MatchedTerm(term.text, field, term.via)
                if shown and (only_faint or not cause.faint):
                    highlights.append(Highlight(field, item, start, end, cause.words))
        return tuple(highlights), (*found.values(), *self._outside_text(document))

    def _in_each(self, texts: Sequence[Text]) -> Iterator[_Place]:
        """Yield the places in each of ``texts``, whatever these look like."""
        for field, item, text in texts:
            chunks = _chunks(text)
            words = [(at, word) for at, end in chunks for word in _split(text[at:end])]
            yield field, item, self._in_text(field, text, chunks, words)

    def _in_text(
        self, place: str, text: str, pieces: Iterable[tuple[int, int]], words: Sequence[_Placed]
    ) -> list[_Mark]:
        """Return the places in a text: of words in its ``pieces`` between blanks, and of phrases among ``words``."""
        marks: list[_Mark] = []
        known = self._marks
        for at, end in pieces:
            piece = text[at:end]
            within = known.get((place, piece))
            if within is None:
                within = known[place, piece] = self._in_piece(piece, place)
            if within:
                marks += [_Mark(at + start, at + stop, cause) for start, stop, cause in within]
        named = self._in_order(words, place) if words else []
        return _merged(marks + named) if named else marks

    def _in_piece(self, piece: str, place: str) -> list[_Mark]:
        if piece.split() == [piece]:
            return self._in_chunk(piece, place)
        return [
            _Mark(begin + start, begin + stop, cause)
            for begin, end in _chunks(piece)
            for start, stop, cause in self._in_chunk(piece[begin:end], place)
        ]

    def _in_chunk(self, chunk: str, place: str) -> list[_Mark]:
        marks: list[_Mark] = []
        terms, forms, matching = self._wanted.terms, self._wanted.forms, self._matching
        base = _BASE_LAYERS.get(place)
        for word in _split(chunk):
            form = word.key.form
            if matching is not None and form not in matching:
                continue
            better: list[_Mark] = []
            surface: list[_Mark] = []
            for kind, text, start, length in self._tokens(word.key) if terms else ():
                layer = base if kind is Kind.BASE else _KIND_LAYERS[kind]
                wanted = terms.get((layer, text)) if layer is not None else None
                if wanted:
                    into = surface if layer is Layer.SURFACE else better
                    into.append(_Mark(*word.span(start, length), self._cause(wanted)))
            whole = [*terms.get((Layer.SURFACE, form), ()), *forms.get((place, form), ())]
            if better and (whole or surface):
                # Their terms count as found, but what is marked is the better place.
                rest = chain(whole, *(mark.cause.terms for mark in surface))
                begin, end, cause = better[0]
                better[0] = _Mark(begin, end, _Cause.of((*cause.terms, *rest)))
            marks += better or surface
            if whole and not better:
                marks.append(_Mark(word.start, word.end, _Cause.of(whole)))
        return _merged(_without_faint(marks))

    def _cause(self, terms: list[PlanTerm]) -> _Cause:
        found = self._causes.get(id(terms))
        if found is None:
            found = self._causes[id(terms)] = _Cause.of(terms)
        return found

    def _in_order(self, words: Sequence[_Placed], place: str) -> list[_Mark]:
        """Return the places of phrases among ``words``."""
        marks: list[_Mark] = []
        for first, (begin, word) in enumerate(words):
            for phrase in self._phrases_by_form.get(word.key.form, self._open_phrases):
                following = words[first : first + len(phrase.words)]
                if len(following) < len(phrase.words):
                    continue
                if phrase.field is not None and (phrase.field == "title") != (place == "title"):
                    continue
                for wanted, (_, other) in zip(phrase.words, following):
                    if self._fits(wanted, other) is None:
                        break
                else:
                    at, last = following[-1]
                    length = self._fits(phrase.words[-1], last) or len(last.key.form)
                    end = at + last.span(0, length)[1]
                    marks.append(_Mark(begin + word.start, end, self._cause_of(phrase)))
        return marks

    def _cause_of(self, phrase: Phrase) -> _Cause:
        found = self._causes.get(id(phrase))
        if found is None:
            words = tuple(PlanTerm(Layer.SURFACE, place.forms[0], 1.0, "surface") for place in phrase.words)
            found = self._causes[id(phrase)] = _Cause.of(phrase.terms or words)
        return found

    def _fits(self, place: PhraseWord, word: Word) -> int | None:
        """Return how much of the form of ``word`` fits ``place``, None if it doesn't."""
        form = word.key.form
        if form in place.forms:
            return len(form)
        if place.tail:
            for beginning in place.forms:
                if form.startswith(beginning):
                    base = tuple(token.text for token in self._tokens(word.key) if token.kind is Kind.BASE)
                    if base == place.base:
                        return len(beginning)
        return None

    def _outside_text(self, document: Document) -> Iterator[MatchedTerm]:
        for node in self._wanted.ids:
            if node.value in (document.id, document.arxiv_id):
                yield MatchedTerm(node.value, "id", "identifier")
        for author in self._wanted.authors:
            yield MatchedTerm(" ".join(author.words), "author", "word")


def _split(chunk: str) -> list[Word]:
    """Return the words of a chunk, remembered if it isn't very long."""
    return _cached_split(chunk) if len(chunk) <= _MAX_CACHED_CHUNK else split_chunk(chunk)


def _chunks(text: str) -> list[tuple[int, int]]:
    """Return where the chunks of ``text`` begin and end."""
    return [match.span() for match in _CHUNK.finditer(text)]


def _words(text: str, pieces: Sequence[tuple[int, int]]) -> list[_Placed]:
    """Return the words of ``pieces`` of a text, and something that fits nowhere for those between two of them."""
    words: list[_Placed] = []
    before = 0
    for start, end in pieces:
        if words and any(_split(chunk) for chunk in text[before:start].split()):
            words.append(_OTHER)
        for begin, after in _chunks(text[start:end]):
            words += [(start + begin, word) for word in _split(text[start + begin : start + after])]
        before = end
    return words


def _without_faint(marks: list[_Mark]) -> list[_Mark]:
    """Return what is better than faint, if anything is."""
    return [mark for mark in marks if not mark.cause.faint] or marks


def _merged(marks: list[_Mark]) -> list[_Mark]:
    """Return ``marks`` in text order, those that overlap or touch made one."""
    if len(marks) < 2:
        return marks
    marks = sorted(marks, key=lambda mark: (mark.start, -mark.end))
    merged = [marks[0]]
    for mark in marks[1:]:
        last = merged[-1]
        if mark.start <= last.end:
            cause = _Cause.of((*last.cause.terms, *mark.cause.terms))
            merged[-1] = _Mark(last.start, max(last.end, mark.end), cause)
        else:
            merged.append(mark)
    return merged
