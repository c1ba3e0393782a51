"""From the tree of a query to the plan that engines run.

A word is looked for in one of three senses. *Loose*, the default: any of its terms will do, all that are there score.
*Whole*, for AND, ``+`` and fields: its form, its identifier, or all of its base terms. *Narrow*, for NOT: its form or
its identifier if it is one, else all of its base terms, so that ``-GPT-4`` leaves GPT-3 alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from enum import Enum
from typing import NamedTuple

from searchkit.analysis.token import Kind, Token
from searchkit.analysis.words import Word
from searchkit.query.papers import named_papers, typed_ids
from searchkit.query.plan import (
    And,
    AnyTerm,
    Author,
    DateRange,
    Everything,
    Id,
    InField,
    Node,
    Not,
    Or,
    Phrase,
    PhraseWord,
    Plan,
    QueryWeights,
    SecondStage,
    SecondStageWeights,
    name_words,
)
from searchkit.query.syntax import (
    AndOp,
    DateText,
    FieldGroup,
    Group,
    IdText,
    Note,
    NotOp,
    OrOp,
    Parsed,
    PhraseText,
    Required,
    Words,
)
from searchkit.query.syntax import Node as SyntaxNode
from searchkit.query.terms import Vocabulary, WordTerms, distinct

_NOTHING = AnyTerm(())


class Planned(NamedTuple):
    """A plan, and the notes of parser and planner."""

    plan: Plan
    notes: list[Note]


def plan(
    parsed: Parsed,
    vocabulary: Vocabulary,
    weights: QueryWeights,
    *,
    match_all: bool = False,
    phrases: bool = True,
    filters: Sequence[Node] = (),
) -> Planned:
    """Plan a query.

    With ``match_all`` words that stand side by side are all required; without ``phrases`` quoted words are searched as
    words. A blank query is everything that passes ``filters``.
    """
    if parsed.node is None:
        return Planned(Plan(Everything(), tuple(filters)), list(parsed.notes))
    planner = _Planner(parsed.node, vocabulary, weights, match_all=match_all, phrases=phrases)
    root, more = planner.top(parsed.node)
    second = None if weights.second is None else planner.second(weights.second)
    return Planned(Plan(root, (*filters, *more), second), [*parsed.notes, *planner.terms.notes])


class _Sense(Enum):
    LOOSE = "loose"
    WHOLE = "whole"
    NARROW = "narrow"


class _Parts(NamedTuple):
    """A group, sorted: what scores and must, what scores and may, what only decides."""

    required: list[Node]
    optional: list[Node]
    filters: list[Node]


class _Planner:
    def __init__(
        self,
        root: SyntaxNode,
        vocabulary: Vocabulary,
        weights: QueryWeights,
        *,
        match_all: bool,
        phrases: bool,
    ) -> None:
        self._match_all = match_all
        self._phrases = phrases
        words = list(_words_of(root))
        self.terms = WordTerms(
            vocabulary,
            weights,
            {word.start: number for number, (word, _) in enumerate(words)},
            has_content=any(positive and vocabulary.tokens(word.key) for word, positive in words),
        )
        self._id_boost = weights.id_boost
        self._positive = [word for word, positive in words if positive]

    def second(self, weights: SecondStageWeights) -> SecondStage | None:
        """Return what the second stage looks for, None if there is nothing."""
        terms: list[str] = []
        bigrams: dict[str, None] = {}
        for word in self._positive:
            base = [token for token in self.terms.tokens(word) if token.kind is Kind.BASE]
            terms += (token.text for token in base)
            bigrams.update(dict.fromkeys(_bigrams(word.key.form, base)))
        return SecondStage(tuple(terms), tuple(bigrams), weights) if terms else None

    def top(self, node: SyntaxNode) -> tuple[Node, tuple[Node, ...]]:
        """Plan the whole query; return what decides and scores, and what only decides."""
        children = node.children if isinstance(node, Group) else (node,)
        if not children:
            return _NOTHING, ()
        parts = self._sort(children, _Sense.WHOLE if self._match_all else _Sense.LOOSE, "")
        return _scoring(parts) or Everything(), tuple(parts.filters)

    def _node(self, node: SyntaxNode, sense: _Sense, field: str) -> Node:
        if isinstance(node, Words):
            return self._author(node) if field == "author" else self._chunk(node, sense, field)
        if isinstance(node, PhraseText):
            if field == "author":
                return Author(name_words(node.text)) if name_words(node.text) else _NOTHING
            if self._phrases:
                return self._phrase(node, field)
            return self._chunk(Words(node.words, node.text), sense, field)
        if isinstance(node, IdText):
            return _any([Id(value) for value in typed_ids(node.value)])
        if isinstance(node, DateText):
            return DateRange(node.since, node.until)
        if isinstance(node, FieldGroup):
            return self._node(node.child, sense, node.name)
        if isinstance(node, Required):
            return self._node(node.child, _Sense.WHOLE if sense is _Sense.LOOSE else sense, field)
        if isinstance(node, NotOp):
            return Not(self._node(node.child, _Sense.NARROW, field))
        if isinstance(node, AndOp):
            inner = _Sense.WHOLE if sense is _Sense.LOOSE else sense
            return _all([self._node(child, inner, field) for child in node.children])
        if isinstance(node, OrOp):
            return _any([self._node(child, sense, field) for child in node.children])
        parts = self._sort(node.children, sense, field)
        return _all([node for node in (_scoring(parts), *parts.filters) if node is not None])

    def _sort(self, children: Sequence[SyntaxNode], sense: _Sense, field: str) -> _Parts:
        """Plan what stands side by side."""
        self.terms.join(
            word
            for child in children
            for word in (child.words if isinstance(child, Words) and not child.prefix else (None,))
        )
        every = self._match_all and sense is not _Sense.NARROW
        parts = _Parts([], [], [])
        alternatives: dict[str, list[Node]] = {}
        for child in children:
            name = field if field == "author" else _filtered(child)
            if name and not isinstance(child, NotOp):
                alternatives.setdefault(name, []).append(self._node(child, sense, field))
            elif _only_filters(child):
                parts.filters.append(self._node(child, sense, field))
            elif every or self._is_required(child):
                parts.required.append(self._node(child, _Sense.WHOLE if every else sense, field))
            else:
                parts.optional.append(self._node(child, sense, field))
        parts.filters[:0] = [_any(nodes) for nodes in alternatives.values()]
        return parts

    def _is_required(self, node: SyntaxNode) -> bool:
        """Say whether ``node`` must match beside others: each of its ways holds quotes, ``+`` or a filter."""
        if isinstance(node, PhraseText):
            return self._phrases
        if isinstance(node, Required) or _filtered(node):
            return True
        if isinstance(node, FieldGroup):
            return self._is_required(node.child)
        if isinstance(node, OrOp):
            return all(self._is_required(child) for child in node.children)
        return isinstance(node, AndOp | Group) and any(self._is_required(child) for child in node.children)

    def _chunk(self, chunk: Words, sense: _Sense, field: str) -> Node:
        """Plan words that stand together."""
        words = list(chunk.words)
        nodes = [self._prefix(words.pop(), field)] if chunk.prefix else []
        if sense is _Sense.LOOSE and not field:
            node = _any([*(AnyTerm(self.terms.loose(word)) for word in words), *nodes])
        else:
            # A particle behind a word is no condition: LLM이 AND GPT.
            content = [word for word in words if self.terms.tokens(word)]
            if not content and not nodes:
                content = words
            whole = [self._within(word, field) if field else self._whole(word, sense) for word in content]
            node = _all([*whole, *nodes])
        if field:
            return node
        boost = 0.0 if sense is _Sense.NARROW else self._id_boost
        ids = [Id(value, boost) for value in named_papers(chunk)]
        return _any([*ids, node]) if ids else node

    def _whole(self, word: Word, sense: _Sense) -> Node:
        """Plan a word that must be there as a whole, or, in the narrow sense, must not."""
        tokens = self.terms.tokens(word)
        texts = _base(tokens)
        direct = self.terms.direct(word, tokens)
        named = any(token.kind is Kind.IDENTIFIER for token in tokens)
        if sense is _Sense.NARROW and named:
            return AnyTerm(distinct(direct))
        more = self.terms.parts(word, tokens)
        if len(texts) > 1:
            every = _all([AnyTerm(tuple(self.terms.base(word, [text]))) for text in texts])
            node: Node = Or((AnyTerm(distinct(direct)), every))
        elif not named:
            node = AnyTerm(distinct([*self.terms.base(word, texts), *direct]))
        else:
            # C++ and .NET are not there where C and net are.
            node = AnyTerm(distinct(direct))
            more = self.terms.base(word, texts)
        if sense is _Sense.NARROW or not more:
            return node
        return And((node, _bonus(AnyTerm(distinct(more)))))

    def _within(self, word: Word, field: str) -> Node:
        """Plan a word of a field: all of its base terms, or its form."""
        bases = [AnyTerm((term,)) for term in self.terms.within(word, field, _base(self.terms.tokens(word)))]
        form = InField((word.key.form,), (self.terms.surface(word),), field)
        return Or((_all(bases), form)) if bases else form

    def _prefix(self, word: Word, field: str) -> Node:
        forms, terms = self.terms.expand(word, field)
        if not field:
            return AnyTerm((*forms, *terms))
        inside = InField(tuple(form.text for form in forms), tuple(forms), field)
        return Or((AnyTerm(tuple(terms)), inside)) if terms else inside

    def _phrase(self, phrase: PhraseText, field: str) -> Phrase:
        places = []
        for word in phrase.words:
            tokens = self.terms.tokens(word) if word is phrase.words[-1] else ()
            base = [token for token in tokens if token.kind is Kind.BASE]
            tail = "가" <= word.key.form[0] <= "힣" and _covers(base, len(word.key.form))
            texts = tuple(token.text for token in base) if tail else ()
            places.append(PhraseWord((word.key.form,), tail, texts))
        terms = distinct([term for word in phrase.words for term in self.terms.loose(word)])
        return Phrase(tuple(places), terms, field or None)

    def _author(self, chunk: Words) -> Node:
        words = name_words(chunk.text)
        return Author(words, chunk.prefix) if words else _NOTHING


def _words_of(node: SyntaxNode, positive: bool = True) -> Iterator[tuple[Word, bool]]:
    """Yield the words of a query in its order, and whether they are looked for."""
    if isinstance(node, Words | PhraseText):
        for word in node.words:
            yield word, positive
    elif isinstance(node, NotOp):
        yield from _words_of(node.child, not positive)
    elif isinstance(node, Required | FieldGroup):
        yield from _words_of(node.child, positive and getattr(node, "name", "") != "author")
    elif isinstance(node, AndOp | OrOp | Group):
        for child in node.children:
            yield from _words_of(child, positive)


def _filtered(node: SyntaxNode) -> str:
    """Return the field that ``node`` filters by, and by nothing else; empty if it is no filter."""
    if isinstance(node, IdText):
        return "id"
    if isinstance(node, DateText):
        return "date"
    if isinstance(node, FieldGroup):
        return "author" if node.name == "author" else ""
    if isinstance(node, OrOp | Group):
        names = {_filtered(child) for child in node.children}
        return names.pop() if len(names) == 1 else ""
    return ""


def _only_filters(node: SyntaxNode) -> bool:
    """Say whether nothing in ``node`` can score."""
    if isinstance(node, AndOp | OrOp | Group):
        return all(_only_filters(child) for child in node.children)
    return isinstance(node, NotOp) or bool(_filtered(node))


def _scoring(parts: _Parts) -> Node | None:
    """Return what scores; None if the group only decides."""
    if not parts.required:
        return _any(parts.optional) if parts.optional else None
    may = [_bonus(_any(parts.optional))] if parts.optional else []
    return _all([*parts.required, *may])


def _bonus(node: Node) -> Node:
    """Let ``node`` score without deciding."""
    return Or((Everything(), node))


def _any(nodes: Sequence[Node]) -> Node:
    flat = [inner for node in nodes for inner in (node.children if isinstance(node, Or) else (node,))]
    return flat[0] if len(flat) == 1 else Or(tuple(flat)) if flat else _NOTHING


def _all(nodes: Sequence[Node]) -> Node:
    flat = [inner for node in nodes for inner in (node.children if isinstance(node, And) else (node,))]
    return flat[0] if len(flat) == 1 else And(tuple(flat)) if flat else _NOTHING


def _base(tokens: Sequence[Token]) -> list[str]:
    return list(dict.fromkeys(token.text for token in tokens if token.kind is Kind.BASE))


def _bigrams(form: str, base: Sequence[Token]) -> Iterator[str]:
    """Yield the syllable bigrams of a word, without its particles and endings."""
    start = min((token.start for token in base), default=0)
    end = max((token.start + token.length for token in base), default=0)
    for at in range(start, end - 1):
        if "가" <= form[at] <= "힣" and "가" <= form[at + 1] <= "힣":
            yield form[at : at + 2]


def _covers(tokens: Sequence[Token], size: int) -> bool:
    """Say whether ``tokens`` cover a form of ``size`` without a gap: no particle or ending is left."""
    end = 0
    for token in tokens:
        if token.start != end:
            return False
        end += token.length
    return end == size
