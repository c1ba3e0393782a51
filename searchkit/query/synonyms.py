"""Synonyms of the user: which words of a query are looked for under other names as well, and how a plan says so.

A line of ``synonyms.txt`` is ``a, b, c``, where each stands for all, or ``a => b, c``, where a query with a finds b and
c, but not the other way round. Each may be several words, which are then looked for side by side. ``#`` at the
beginning of a line, or behind a space, begins a comment.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from searchkit.analysis.dictionary import BadLine
from searchkit.analysis.token import Kind
from searchkit.analysis.words import Word, split
from searchkit.query.plan import (
    And,
    AnyTerm,
    Everything,
    Node,
    Or,
    Phrase,
    PhraseWord,
    PlanTerm,
    QueryWeights,
)
from searchkit.query.syntax import (
    AndOp,
    FieldGroup,
    Group,
    NotOp,
    OrOp,
    Parsed,
    PhraseText,
    Required,
    Words,
)
from searchkit.query.syntax import Node as SyntaxNode
from searchkit.query.terms import Vocabulary, WordTerms, distinct

MAX_WORDS = 8
MAX_NAMES = 64
MAX_ADDED = 64
"""So many names are added to one query at most."""
_COMMENT = re.compile(r"(?:^|\s)#.*")
_ARROW = "=>"


class Rule(NamedTuple):
    """A line: a query that holds one of ``names`` also looks for ``others``, itself excepted."""

    names: tuple[str, ...]
    others: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Synonyms:
    """The lines of a file of synonyms, in their order."""

    rules: tuple[Rule, ...] = ()

    @classmethod
    def parse(cls, lines: Iterable[str]) -> tuple[Synonyms, tuple[BadLine, ...]]:
        """Read the lines of a file; return what they say and the lines that were skipped. Never raises."""
        rules: list[Rule] = []
        bad: list[BadLine] = []
        for number, line in enumerate(lines, start=1):
            text = _COMMENT.sub("", line).strip("\ufeff \t\r\n")
            if not text:
                continue
            left, arrow, right = text.partition(_ARROW)
            names, others = _names(left), _names(right)
            problem = _problem(names, others, arrow=bool(arrow))
            if problem:
                bad.append(BadLine(number, problem))
            else:
                rules.append(Rule(names, others if arrow else names))
        return cls(tuple(rules)), tuple(bad)

    def words(self) -> Iterator[Word]:
        """Yield all words of all names, and names of several words written as one."""
        for names, others in self.rules:
            for name in dict.fromkeys((*names, *others)):
                words = split(name)
                yield from words
                yield from split(_joined(words))


def _names(text: str) -> tuple[str, ...]:
    return tuple(" ".join(name.split()) for name in text.split(",")) if text.strip() else ()


def _problem(names: Sequence[str], others: Sequence[str], *, arrow: bool) -> str | None:
    """Say what is wrong with a line, None if nothing is."""
    if arrow and any(_ARROW in name for name in others):
        return f"it has more than one {_ARROW}: use one line for each"
    if arrow and not (names and others):
        return f"one side of {_ARROW} is empty: write a {_ARROW} b"
    if not arrow and len(names) < 2:
        return f"it has one name only: write a, b or a {_ARROW} b"
    if len(names) + len(others) > MAX_NAMES:
        return f"it has more than {MAX_NAMES} names: split it"
    for name in (*names, *others):
        if not name:
            return "a name between commas is empty: leave the comma out"
        size = len(split(name))
        if not size:
            return f"{name!r} holds no word: leave it out"
        if size > MAX_WORDS:
            return f"{name!r:.60} has {size} words: use {MAX_WORDS} at most"
    return None


class SynonymFinder:
    """The synonyms of a generation, ready for queries. Thread-safe: it only reads."""

    def __init__(self, synonyms: Synonyms, vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary
        self._others: dict[tuple[str, ...], dict[str, None]] = {}
        for names, others in synonyms.rules:
            for name in names:
                key = tuple(text for word in split(name) for text in self._texts(word))
                known = self._others.setdefault(key, {})
                known.update((other, None) for other in others if other != name)
        self._longest = max(map(len, self._others), default=0)

    def _texts(self, word: Word) -> tuple[str, ...]:
        """Return the base terms of a word, its form if it has none."""
        texts = tuple(token.text for token in self._vocabulary.tokens(word.key) if token.kind is Kind.BASE)
        return texts or (word.key.form,)

    def add(self, root: Node, parsed: Parsed, weights: QueryWeights, share: float) -> Node:
        """Return ``root``, the plan of ``parsed``, with other names for the words of the query.

        Quoted words, words of fields and words that must not be there stay as they are. The terms of other names weigh
        ``share`` of what they would as words of the query.
        """
        if not self._others or parsed.node is None:
            return root
        added = 0
        for run in _runs(parsed.node):
            for numbers, name in self._found(run):
                if added == MAX_ADDED:
                    return root
                other = other_name(name, self._vocabulary, weights, share, min(numbers))
                if other is not None:
                    root = _attach(root, numbers, other)
                    added += 1
        return root

    def _found(self, run: Sequence[tuple[int, Word]]) -> Iterator[tuple[frozenset[int], str]]:
        """Yield the numbers of words that have other names, and each of these."""
        content = [(number, self._texts(word)) for number, word in run if self._vocabulary.tokens(word.key)]
        for start in range(len(content)):
            key: tuple[str, ...] = ()
            for stop in range(start, len(content)):
                key += content[stop][1]
                if len(key) > self._longest:
                    break
                numbers = frozenset(number for number, _ in content[start : stop + 1])
                for name in self._others.get(key, ()):
                    yield numbers, name


def _runs(root: SyntaxNode) -> list[list[tuple[int, Word]]]:
    """Return the words that may have other names, with their numbers, those that stand side by side together."""
    runs: list[list[tuple[int, Word]]] = [[]]
    count = 0

    def visit(node: SyntaxNode, eligible: bool) -> None:
        nonlocal count
        if isinstance(node, Words | PhraseText):
            whole = len(node.words) - (isinstance(node, Words) and node.prefix)
            for index, word in enumerate(node.words):
                if eligible and isinstance(node, Words) and index < whole:
                    runs[-1].append((count, word))
                else:
                    runs.append([])
                count += 1
        for child in _children(node):
            if not isinstance(node, Group):
                runs.append([])
            visit(child, eligible and not isinstance(node, NotOp | FieldGroup))
            if not isinstance(child, Words):
                runs.append([])

    visit(root, True)
    return [run for run in runs if run]


def looked_for(parsed: Parsed) -> list[tuple[int, Word]]:
    """Return the words that a query looks for, each with its number."""
    found: list[tuple[int, Word]] = []
    count = 0

    def visit(node: SyntaxNode, positive: bool) -> None:
        nonlocal count
        for word in node.words if isinstance(node, Words | PhraseText) else ():
            if positive:
                found.append((count, word))
            count += 1
        for child in _children(node):
            named = isinstance(node, FieldGroup) and node.name == "author"
            visit(child, positive != isinstance(node, NotOp) and not named)

    if parsed.node is not None:
        visit(parsed.node, True)
    return found


def _children(node: SyntaxNode) -> Sequence[SyntaxNode]:
    if isinstance(node, AndOp | OrOp | Group):
        return node.children
    return (node.child,) if isinstance(node, Required | NotOp | FieldGroup) else ()


def other_name(
    name: str, vocabulary: Vocabulary, weights: QueryWeights, share: float, number: int, via: str = "synonym"
) -> Node | None:
    """Plan ``name`` as another name of word ``number`` of a query: one word as a whole, several as a phrase."""
    words = split(name)
    terms = WordTerms(vocabulary, weights, {word.start: number for word in words}, has_content=True)

    def marked(found: Iterable[PlanTerm]) -> tuple[PlanTerm, ...]:
        return distinct([replace(term, weight=term.weight * share, via=via) for term in found])

    if not words:
        return None
    tokens = {word.start: vocabulary.tokens(word.key) for word in words}
    bases = {
        at: tuple(dict.fromkeys(t.text for t in found if t.kind is Kind.BASE)) for at, found in tokens.items()
    }
    word = words[-1]
    base, own = bases[word.start], tokens[word.start]
    if len(words) == 1 and (len(base) < 2 or any(token.kind is Kind.IDENTIFIER for token in own)):
        direct = marked(terms.direct(word, own))
        return AnyTerm(direct if len(base) != 1 else distinct([*marked(terms.base(word, base)), *direct]))
    scored = marked(term for each in words for term in terms.loose(each))
    places = [PhraseWord((each.key.form,), False, ()) for each in words[:-1]]
    phrase = Phrase((*places, _last_place(word, base)), scored)
    joined = _joined(words)
    if not joined:
        return phrase
    (as_one,) = split(joined)
    base = tuple(token.text for token in vocabulary.tokens(as_one.key) if token.kind is Kind.BASE)
    # The terms score already; twice the same would count double.
    return Or((phrase, Phrase((_last_place(as_one, base),), marked([terms.surface(as_one)]))))


def _last_place(word: Word, base: tuple[str, ...]) -> PhraseWord:
    """Let a word fit with a particle or as a plural."""
    form = word.key.form
    if "가" <= form[0] <= "힣":
        return PhraseWord((form,), True, base)
    return PhraseWord(tuple(dict.fromkeys((form, *base, f"{form}s"))) if len(base) == 1 else (form,))


def _joined(words: Sequence[Word]) -> str:
    """Return Hangul words written as one, empty if they can't be."""
    whole = "".join(word.key.form for word in words)
    one = len(words) > 1 and all("가" <= char <= "힣" for char in whole) and len(split(whole)) == 1
    return whole if one else ""


def _numbers(node: Node) -> frozenset[int]:
    """Return the numbers of the query's words that ``node`` looks for as such."""
    if isinstance(node, AnyTerm):
        return frozenset(term.word for term in node.terms if term.via in ("word", "surface", "identifier"))
    if isinstance(node, And | Or):
        return frozenset().union(*map(_numbers, node.children))
    return frozenset()


def _attach(node: Node, numbers: frozenset[int], other: Node) -> Node:
    """Let ``other`` do as well where all the words ``numbers`` would do."""
    if not isinstance(node, And | Or):
        return Or((node, other))
    of_children = [_numbers(child) for child in node.children]
    for index, found in enumerate(of_children):
        if numbers <= found and (found != numbers or isinstance(node, And)):
            children = list(node.children)
            children[index] = _attach(children[index], numbers, other)
            return type(node)(tuple(children))
    if isinstance(node, Or):
        return Or((*node.children, other))
    chosen = [index for index, found in enumerate(of_children) if found and found <= numbers]
    if frozenset().union(*(of_children[index] for index in chosen)) != numbers:
        return And((*node.children, Or((Everything(), other))))
    replaced = Or((And(tuple(node.children[index] for index in chosen)), other))
    rest = [child for index, child in enumerate(node.children) if index not in chosen]
    return And((*rest, replaced)) if rest else replaced
