"""Why a document answers a query, or doesn't: by layer, by word, and which line of a dictionary would help."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from searchkit.analysis.analyzer import WordAnalyzer, is_hangul
from searchkit.analysis.dictionary import UserDictionary, UserWord
from searchkit.analysis.token import FIRST_WORD, Kind, Token, WordKey
from searchkit.analysis.words import Word
from searchkit.engines.base import Snapshot
from searchkit.engines.found import Handle
from searchkit.query.plan import (
    And,
    AnyTerm,
    Author,
    DateRange,
    Id,
    InField,
    MinVotes,
    Node,
    Not,
    Phrase,
    Plan,
    PlanTerm,
)
from searchkit.query.synonyms import looked_for
from searchkit.query.syntax import Parsed
from searchkit.query.terms import Vocabulary
from searchkit.results.explain import PLACES

_GUESSES = frozenset({"keyboard", "choseong", "spelling", "syllables"})
_SHOWN = 3
_CANDIDATES = 3


@dataclass(frozen=True, slots=True)
class WordWhy:
    """What became of one word of the query.

    ``terms`` is what it was looked for by, ``found`` (layer, term) what the document holds of that. ``reason`` is a
    sentence; ``line`` is one for ``dictionary.txt`` that would let the word be found here, None if none would.
    """

    word: str
    terms: tuple[str, ...]
    found: tuple[tuple[str, str], ...]
    reason: str
    line: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return the word as JSON shows it."""
        return {
            "word": self.word,
            "terms": list(self.terms),
            "found": [{"field": field, "term": term} for field, term in self.found],
            "reason": self.reason,
            "dictionary_line": self.line,
        }


@dataclass(frozen=True, slots=True)
class Why:
    """``layers`` is what each layer gave to the score, largest first; ``failed`` the conditions that do not hold."""

    id: str
    matched: bool
    score: float
    layers: tuple[tuple[str, float], ...]
    words: tuple[WordWhy, ...]
    failed: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return everything as JSON shows it."""
        return {
            "format_version": 1,
            "id": self.id,
            "matched": self.matched,
            "score": self.score,
            "layers": [{"layer": name, "score": score} for name, score in self.layers],
            "words": [word.to_dict() for word in self.words],
            "failed": list(self.failed),
        }

    def as_text(self) -> str:
        """Return everything as lines of text."""
        if self.matched:
            lines = [f"{self.id} matches with {self.score:.4f}"]
            lines += [
                f"  {score:8.4f}  {score / self.score if self.score else 0.0:4.0%}  {name}"
                for name, score in self.layers
            ]
        else:
            lines = [f"{self.id} does not match", *(f"  {failed}" for failed in self.failed)]
        for word in self.words:
            lines.append(f"{word.word}: {word.reason}")
            if word.line is not None:
                lines.append(f"  a line in dictionary.txt would help: {word.line}")
        return "\n".join(lines)


def why(
    snapshot: Snapshot,
    vocabulary: Vocabulary,
    analyzer: WordAnalyzer,
    parsed: Parsed,
    plan: Plan,
    handle: Handle,
) -> Why:
    """Say how a document of ``snapshot`` fares with ``plan``, which was made of ``parsed``."""
    layers: dict[str, float] = {}
    for part in snapshot.contributions(plan, handle):
        name = PLACES[part.term.layer]
        layers[name] = layers.get(name, 0.0) + part.score
    failed = tuple(_failed(snapshot, plan, handle))
    teller = _Teller(snapshot, vocabulary, analyzer, handle)
    of_words: dict[int, list[PlanTerm]] = {}
    for node in (plan.root, *plan.filters):
        for term in _terms(node):
            of_words.setdefault(term.word, []).append(term)
    words = tuple(teller.tell(word, of_words.get(number, [])) for number, word in looked_for(parsed))
    return Why(
        id=snapshot.ids([handle])[0],
        matched=not failed,
        score=sum(layers.values()),
        layers=tuple(sorted(layers.items(), key=lambda item: -item[1])),
        words=words,
        failed=failed,
    )


def _terms(node: Node) -> Iterator[PlanTerm]:
    if not isinstance(node, Not):
        yield from getattr(node, "terms", ())
        for child in getattr(node, "children", ()):
            yield from _terms(child)


def _failed(snapshot: Snapshot, plan: Plan, handle: Handle) -> Iterator[str]:
    """Yield the conditions that the document doesn't meet."""
    conditions = [*plan.filters, *(plan.root.children if isinstance(plan.root, And) else (plan.root,))]
    for node, matches in zip(conditions, snapshot.matches(conditions, handle), strict=True):
        if not matches:
            yield _condition(node)


def _condition(node: Node) -> str:
    """Say in words what a node asks for."""
    if isinstance(node, Phrase):
        words = " ".join(place.forms[0] for place in node.words)
        return f"“{words}” does not stand there word by word"
    if isinstance(node, Not):
        held = " ".join(dict.fromkeys(term.text for term in _terms(node.child)))
        return f"it holds what must not be there{': ' if held else ''}{held}"
    if isinstance(node, DateRange):
        return f"its date is not from {node.since or 'the beginning'} to {node.until or 'today'}"
    if isinstance(node, Author):
        return f"no author has all of these in the name: {' '.join(node.words)}"
    if isinstance(node, MinVotes):
        return f"it has fewer than {node.votes} votes, or none are known"
    if isinstance(node, Id):
        return f"its id is not {node.value}"
    if isinstance(node, InField):
        return f"its {node.field} does not hold {' '.join(node.forms[:_SHOWN])}"
    texts = list(dict.fromkeys(term.text for term in _terms(node)))
    return (
        f"it holds none of: {', '.join(texts[:10])}{' …' if len(texts) > 10 else ''}"
        if texts
        else "nothing can match"
    )


class _Teller:
    """Says what becomes of words in one document."""

    def __init__(
        self,
        snapshot: Snapshot,
        vocabulary: Vocabulary,
        analyzer: WordAnalyzer,
        handle: Handle,
    ) -> None:
        self._snapshot = snapshot
        self._vocabulary = vocabulary
        self._analyzer = analyzer
        self._handle = handle
        codes, _ = snapshot.words([handle])
        ids = sorted({code - FIRST_WORD for code in codes.tolist() if code >= FIRST_WORD})
        self._keys = [snapshot.lexicon.key(word_id) for word_id in ids]

    def tell(self, word: Word, terms: Sequence[PlanTerm]) -> WordWhy:
        """Say what became of ``word``, which was looked for by ``terms``."""
        form = word.key.form
        texts = tuple(dict.fromkeys(term.text for term in terms)) or (form,)
        found: dict[tuple[str, str], None] = {}
        guesses: set[str] = set()
        direct = False
        documents = 0
        held = self._snapshot.matches([AnyTerm((term,)) for term in terms], self._handle)
        for term, holds in zip(terms, held, strict=True):
            documents = max(documents, self._snapshot.doc_freq(term.layer, term.text))
            if holds:
                found[PLACES[term.layer], term.text] = None
                if term.via in _GUESSES:
                    guesses.add(term.via)
                else:
                    direct = True
        if found:
            places = "; ".join(f"{text} {name}" for name, text in found)
            if direct:
                return WordWhy(form, texts, tuple(found), f"found as {places}")
            line = self._helpful_line(word.key, self._near(form))
            reason = f"found by a guess only ({', '.join(sorted(guesses))}), as {places}"
            return WordWhy(form, texts, tuple(found), reason, line)
        near = self._near(form)
        elsewhere = f"{documents:,} other documents hold it" if documents else "no document holds it"
        if not near:
            return WordWhy(
                form,
                texts,
                (),
                f"not in this document, nor a word like it; {elsewhere}. If it stands there under another name, a "
                f"line in synonyms.txt helps: {form}, …",
            )
        cuts = ", ".join(
            f"{key.form} ({' '.join(_meeting(self._vocabulary.tokens(key))) or 'no term'})"
            for key in near[:_SHOWN]
        )
        reason = f"looked for as {' '.join(texts)}; the document has {cuts}; {elsewhere}"
        return WordWhy(form, texts, (), reason, self._helpful_line(word.key, near))

    def _near(self, form: str) -> list[WordKey]:
        """Return words of the document that share most of the letters with ``form``, best first."""
        if not is_hangul(form):
            return []
        shared = [(len(_common(form, key.form)), key) for key in self._keys if is_hangul(key.form)]
        least = max(2, (len(form) + 1) // 2)
        return [key for size, key in sorted(shared, key=lambda item: (-item[0], item[1])) if size >= least]

    def _helpful_line(self, wanted: WordKey, near: Sequence[WordKey]) -> str | None:
        """Return a line for the dictionary with which ``wanted`` and one of ``near`` have a term in common."""
        known = self._analyzer.dictionary.words
        for candidate in list(dict.fromkeys(_common(wanted.form, key.form) for key in near))[:_CANDIDATES]:
            dictionary = UserDictionary((*known, UserWord(candidate, "NNG")))
            analysed = self._analyzer.with_dictionary(dictionary).analyze([wanted, *near[:_SHOWN]])
            sets = [set(_meeting(tokens)) for tokens in analysed]
            if any(sets[0] & others for others in sets[1:]):
                return candidate
        return None


def _meeting(tokens: Iterable[Token]) -> list[str]:
    """Return the terms by which words meet."""
    return list(dict.fromkeys(token.text for token in tokens if token.kind in (Kind.BASE, Kind.PART)))


def _common(one: str, other: str) -> str:
    """Return the longest piece that two words share."""
    best = ""
    for start in range(len(one)):
        stop = start + len(best) + 1
        while stop <= len(one) and one[start:stop] in other:
            best = one[start:stop]
            stop += 1
    return best
