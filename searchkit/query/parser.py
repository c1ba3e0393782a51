"""Query text becomes a tree; whatever a person types does, in linear time."""

from __future__ import annotations

from searchkit.query.lexer import Kind, Notes, Token, tokenize
from searchkit.query.syntax import (
    NO_WORDS,
    OPERATOR_AS_WORD,
    AndOp,
    FieldGroup,
    Group,
    Node,
    Note,
    NotOp,
    OrOp,
    Parsed,
    Required,
)


def parse(text: str, *, strict: bool = False) -> Parsed:
    """Read a query; what makes no sense as syntax is searched as words or left out, and noted.

    Raises:
        QuerySyntaxError: only if ``strict``, where there would be a note about syntax.
    """
    if not text.strip():
        return Parsed(None)
    notes = Notes(strict=strict)
    node = _Parser(tokenize(text, notes), notes).parse()
    if node is None:
        nothing = Note(NO_WORDS, "The query holds no word, so there is nothing to search for")
        return Parsed(Group(()), (*notes, nothing))
    return Parsed(node, tuple(notes))


class _Parser:
    """Reads balanced tokens; the depth of recursion is that of the brackets."""

    def __init__(self, tokens: list[Token], notes: Notes) -> None:
        self._tokens = tokens
        self._at = 0
        self._notes = notes

    def parse(self) -> Node | None:
        """Read up to the bracket that closes, or to the end; None if nothing is there."""
        items: list[Node | Token] = []
        while self._at < len(self._tokens):
            token = self._tokens[self._at]
            if token.kind is Kind.CLOSE:
                break
            if token.kind is Kind.OPERATOR:
                self._at += 1
                items.append(token)
            elif (node := self._operand()) is not None:
                items.append(node)
        return _joined(self._negated(items), self._notes)

    def _operand(self) -> Node | None:
        """Read an operand with its signs and its field; None if it is empty."""
        token = self._tokens[self._at]
        self._at += 1
        if token.kind is Kind.OPEN:
            node = self.parse()
            self._at += 1
            return node
        if token.kind is Kind.LEAF:
            return token.node
        following = self._tokens[self._at] if self._at < len(self._tokens) else None
        if following is None or following.start != token.end or following.kind in (Kind.CLOSE, Kind.OPERATOR):
            return None
        child = self._operand()
        if child is None:
            return None
        if token.kind is Kind.FIELD:
            return FieldGroup(token.text, child)
        return NotOp(child) if token.text == "-" else Required(child)

    def _negated(self, items: list[Node | Token]) -> list[Node | Token]:
        """Bind each NOT to the operand behind it."""
        result: list[Node | Token] = []
        for item in reversed(items):
            if (
                isinstance(item, Token)
                and item.text == "NOT"
                and result
                and not isinstance(result[-1], Token)
            ):
                child = result[-1]
                result[-1] = child.child if isinstance(child, NotOp) else NotOp(child)
            else:
                result.append(item)
        return result[::-1]


def _joined(items: list[Node | Token], notes: Notes) -> Node | None:
    """Bind AND, then OR, to the operands at their sides; those that lack one are words."""
    clauses: list[list[list[Node]]] = []  # side by side, joined by OR, joined by AND
    pending = ""
    for index, item in enumerate(items):
        if not isinstance(item, Token):
            if pending == "AND":
                clauses[-1][-1].append(item)
            elif pending == "OR":
                clauses[-1].append([item])
            else:
                clauses.append([[item]])
            pending = ""
            continue
        before, behind = items[index - 1 : index], items[index + 1 : index + 2]
        if item.text != "NOT" and all(side and not isinstance(side[0], Token) for side in (before, behind)):
            pending = item.text
        elif item.node is not None:
            notes.add(
                OPERATOR_AS_WORD, f"{item.text} joins nothing here, so it was searched as a word", item.start
            )
            clauses.append([[item.node]])
    nodes = [
        _all(OrOp, [_all(AndOp, alternative) for alternative in alternatives]) for alternatives in clauses
    ]
    return _all(Group, nodes) if nodes else None


def _all(kind: type[AndOp | OrOp | Group], nodes: list[Node]) -> Node:
    return nodes[0] if len(nodes) == 1 else kind(tuple(nodes))
