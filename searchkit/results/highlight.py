"""Which places of a document match a query, in the original text.

A word of the document matches through its terms, found the way the index found them: split, then the
lexicon. What is marked is the place of the term (모델 in 모델을); the whole word only where nothing but its
surface matches.

Where the caller knows which words of the documents can match, only the chunks that hold one of these are split.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from dataclasses import field as default
from functools import lru_cache
from itertools import accumulate, chain
from typing import NamedTuple

from searchkit.analysis.normalization import fold
from searchkit.analysis.token import Context, Kind, Layer, Token, WordKey
from searchkit.analysis.words import Word, same_signs, split_chunk
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
_Text = tuple[str, int, str]
"""Field, item and text."""
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
        phrases = [phrase for phrase in self._wanted.phrases if phrase.words]
        self._open_phrases = [phrase for phrase in phrases if phrase.words[0].tail]
        self._forms_of_phrases = {form for phrase in phrases for word in phrase.words for form in word.forms}
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

    def match(self, document: Document) -> tuple[tuple[Highlight, ...], tuple[MatchedTerm, ...]]:
        """Return the places that match, in the order of title and bullets, and the terms found there.

        Highlights never overlap or touch within a text.
        """
        texts = list(_texts(document))
        plain = _plain("\n".join([text for *_, text in texts]))
        places = list(self._in_texts(texts, plain) if plain is not None else self._in_each(texts))
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

    def _in_texts(self, texts: Sequence[_Text], whole: str) -> Iterator[tuple[str, int, list[_Mark]]]:
        """Yield the places in those texts, which read ``whole`` line by line, that hold any."""
        starts = [0, *accumulate(len(text) + 1 for *_, text in texts)]
        forms = self._matching
        pieces = None if forms is None else _pieces(whole, starts, forms)
        there = {form for form in self._forms_of_phrases if form in whole}
        named = _pieces(whole, starts, _worth_looking_for(there, self._wanted.phrases)) if there else {}
        for number, (field, item, text) in enumerate(texts):
            if pieces is not None and number not in pieces and number not in named:
                continue
            begin = starts[number]
            chunks = _chunks(text, None if pieces is None else _within(begin, pieces.get(number, {})))
            words = _words(text, _within(begin, named[number])) if number in named else []
            marks = self._in_text(field, chunks, words)
            if marks:
                yield field, item, marks

    def _in_each(self, texts: Sequence[_Text]) -> Iterator[tuple[str, int, list[_Mark]]]:
        """Yield the places in each of ``texts``, whatever these look like."""
        for field, item, text in texts:
            words = [(at, word) for at, chunk in _chunks(text) for word in _split(chunk)]
            yield field, item, self._in_text(field, _chunks(text), words)

    def _in_text(
        self, place: str, chunks: Iterable[tuple[int, str]], words: Sequence[_Placed]
    ) -> list[_Mark]:
        """Return the places in a text: of words in its ``chunks``, and of phrases among ``words``."""
        marks: list[_Mark] = []
        known = self._marks
        for at, chunk in chunks:
            within = known.get((place, chunk))
            if within is None:
                within = known[place, chunk] = self._in_chunk(chunk, place)
            if within:
                marks += [_Mark(at + start, at + end, cause) for start, end, cause in within]
        named = self._in_order(words, place)
        return _merged(marks + named) if named else marks

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


def _texts(document: Document) -> Iterator[_Text]:
    yield "title", 0, document.title
    for item, bullet in enumerate(document.bullets):
        yield "bullets", item, bullet
    for item, label in enumerate(document.labels):
        if label:
            yield "labels", item, label


def _plain(text: str) -> str | None:
    """Return ``text`` as forms are written, each code point at its place; None where that can't be had."""
    folded, offsets = fold(text)
    if offsets is not None or "Σ" in folded:  # how a sigma is lower-cased depends on what follows
        return None
    plain = same_signs(folded.lower())
    return plain if len(plain) == len(text) else None


def _chunks(text: str, pieces: Sequence[tuple[int, int]] | None = None) -> Iterator[tuple[int, str]]:
    """Yield the chunks of ``text``, or of its ``pieces``, and where they begin."""
    for start, end in ((0, len(text)),) if pieces is None else pieces:
        for match in _CHUNK.finditer(text, start, end):
            yield match.start(), match.group()


def _pieces(whole: str, starts: Sequence[int], forms: Iterable[str]) -> dict[int, dict[int, int]]:
    """Return where each piece between blanks that holds one of ``forms`` begins and ends, by the number of the text.

    The texts stand in ``whole`` from ``starts`` on, with one character after each.
    """
    found: dict[int, dict[int, int]] = {}
    for form in forms:
        at = whole.find(form)
        while at >= 0:
            number = bisect_right(starts, at) - 1
            begin, stop = starts[number], starts[number + 1] - 1
            end = whole.find(" ", at, stop)
            end = stop if end < 0 else end
            found.setdefault(number, {})[max(begin, whole.rfind(" ", begin, at) + 1)] = end
            at = whole.find(form, end)
    return found


def _within(begin: int, pieces: dict[int, int]) -> list[tuple[int, int]]:
    """Return ``pieces`` of a text that stands from ``begin`` on, in its order, by their places in it."""
    return sorted((at - begin, stop - begin) for at, stop in pieces.items())


def _words(text: str, pieces: Sequence[tuple[int, int]]) -> list[_Placed]:
    """Return the words of ``pieces`` of a text, and something that fits nowhere for those between two of them."""
    words: list[_Placed] = []
    before = 0
    for start, end in pieces:
        if words and any(_split(chunk) for _, chunk in _chunks(text, ((before, start),))):
            words.append(_OTHER)
        words += [(at, word) for at, chunk in _chunks(text, ((start, end),)) for word in _split(chunk)]
        before = end
    return words


def _worth_looking_for(there: set[str], phrases: Sequence[Phrase]) -> set[str]:
    """Return those of the forms that are ``there`` with which one of ``phrases`` may be there, too."""
    found: set[str] = set()
    for phrase in phrases:
        if not any(there.isdisjoint(word.forms) for word in phrase.words):
            found.update(form for word in phrase.words for form in word.forms if form in there)
    return found


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
