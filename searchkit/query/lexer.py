"""Query text is cut into operands and operators here; words are those of the analysis and are never torn.

Signs count only where people mean them: ``-`` and ``+`` at the beginning of a word, ``:`` directly between the name of
a field and what is looked for, brackets that don't hang on a word, quotes in pairs. All others are punctuation.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import Enum
from typing import NamedTuple

from searchkit.analysis.words import Word, split
from searchkit.errors import QuerySyntaxError
from searchkit.query.dates import date_range
from searchkit.query.syntax import (
    BAD_DATE,
    EMPTY_QUOTES,
    FIELDS,
    QUERY_CUT,
    TOO_DEEP,
    TOO_MANY_WORDS,
    UNBALANCED,
    UNKNOWN_FIELD,
    WILDCARD_IGNORED,
    DateText,
    IdText,
    Node,
    Note,
    PhraseText,
    Words,
)

MAX_LENGTH = 1024
"""Code points of a query."""
MAX_WORD = 256
"""Code points of a word; the analysis cuts longer ones."""
MAX_CLAUSES = 256
MAX_DEPTH = 20
MIN_PREFIX = 2
"""Characters before the sign of a beginning."""

_NARROW = {0xFF01 + offset: 0x21 + offset for offset in range(94)} | {0xFF62: "「", 0xFF63: "」"}
_CLOSERS = {char: re.compile('["“”„‟]') for char in '"“”„‟'} | {
    opener: re.compile(closer) for opener, closer in ("「」", "『』", "«»")
}
_OPERATORS = ("AND", "OR", "NOT")
_RAW_FIELDS = ("id", "date")
_FIELD_LIKE = re.compile("[a-z][a-z_]+")
_NAMES_OF_IDS = ("arxiv", "doi")


class Kind(Enum):
    """What a token is to the parser."""

    LEAF = "leaf"
    OPERATOR = "operator"
    SIGN = "sign"
    FIELD = "field"
    OPEN = "("
    CLOSE = ")"


class Token(NamedTuple):
    """``text`` is AND, OR, NOT, + or -, or the name of a field; ``node`` a leaf, or an operator read as a word."""

    kind: Kind
    start: int
    end: int
    text: str = ""
    node: Node | None = None


class Notes:
    """Collects each note once; raises it where the query is read strictly."""

    def __init__(self, *, strict: bool) -> None:
        self._strict = strict
        self._notes: dict[Note, None] = {}

    def __iter__(self) -> Iterator[Note]:
        return iter(self._notes)

    def add(self, code: str, message: str, position: int) -> None:
        """Take a note about what stands at ``position``, a code point of the query.

        Raises:
            QuerySyntaxError: the query is read strictly.
        """
        if self._strict:
            raise QuerySyntaxError(message, position=position)
        self._notes[Note(code, message)] = None


class _Bracket(NamedTuple):
    """An open bracket; ``token`` is the index of its token, None for one that is punctuation."""

    token: int | None
    field: str
    start: int


def tokenize(text: str, notes: Notes) -> list[Token]:
    """Cut ``text`` into tokens whose brackets are balanced and no deeper than `MAX_DEPTH`."""
    return _Lexer(text, notes).run()


class _Lexer:
    def __init__(self, text: str, notes: Notes) -> None:
        self._begin = len(text) - len(text.lstrip())
        text = text.rstrip()
        size, limit = len(text) - self._begin, self._begin + MAX_LENGTH
        if size > MAX_LENGTH:
            notes.add(
                QUERY_CUT,
                f"The query has {size:,} characters; only the first {MAX_LENGTH:,} were searched",
                limit,
            )
            text = _cut(text, limit)
        self._text = text
        self._signs = text.translate(_NARROW)
        self._words = split(text)
        self._next = 0
        self._chunk: list[Word] = []
        self._brackets: list[_Bracket] = []
        self._tokens: list[Token] = []
        self._notes = notes
        self._clauses = 0
        self._fresh = True  # a sign or a field may stand here

    def run(self) -> list[Token]:
        at, size = self._begin, len(self._text)
        while at < size:
            if self._clauses >= MAX_CLAUSES and self._pending() is not None:
                self._note(
                    TOO_MANY_WORDS, f"Only the first {MAX_CLAUSES} words of the query were searched", at
                )
                break
            at = self._step(at)
        self._end_chunk()
        if at >= size:
            for bracket in self._brackets:
                self._unbalanced(bracket.start)
        for bracket in self._brackets:
            if bracket.token is not None:
                self._emit(Kind.CLOSE, size, size)
        return self._tokens

    def _step(self, at: int) -> int:
        """Read what stands at ``at``; return where to go on."""
        char = self._signs[at]
        if self._fresh and self._context() and not _apart(char) and not self._operator_at(at):
            return self._raw(self._context(), at, at)
        word = self._pending()
        if word is not None and word.start <= at:
            return self._word(word, at)
        if char.isspace():
            self._end_chunk()
            self._fresh = True
        elif char in _CLOSERS:
            return self._quoted(at)
        elif char == "(":
            self._open(at)
        elif char == ")":
            self._close(at)
        elif char in "+-" and self._fresh and self._starts(at + 1):
            self._emit(Kind.SIGN, at, at + 1, char)
        else:
            self._fresh = False
        return at + 1

    def _word(self, word: Word, at: int) -> int:
        """Read the next word: an operator, the name of a field, or a word that is looked for."""
        end = max(word.end, at + 1)
        if not self._chunk:
            if self._operator_at(at):
                leaf = Words((word,), self._text[word.start : word.end])
                self._emit(Kind.OPERATOR, at, end, self._signs[at:end], leaf)
                self._next += 1
                self._clauses += 1
                self._fresh = False
                return end
            after = self._field(at, end)
            if after is not None:
                return after
        self._next += 1
        self._clauses += 1
        self._chunk.append(word)
        self._fresh = False
        stars = self._stars(word, end)
        if stars == "prefix":
            self._end_chunk(prefix=True)
            return end + 1
        if stars == "ignored":
            self._note(
                WILDCARD_IGNORED,
                f"* works at the end of a word of {MIN_PREFIX} characters or more, so it was left out",
                word.start,
            )
        return end

    def _stars(self, word: Word, end: int) -> str:
        """Tell what the asterisks around ``word`` mean: ``prefix``, ``ignored``, or nothing (``**bold**``)."""
        signs, start = self._signs, word.start
        before = len(signs[:start]) - len(signs[:start].rstrip("*"))
        behind = len(signs[end:]) - len(signs[end:].lstrip("*"))
        if behind == 1 and before == 0:
            then = signs[end + 1 : end + 2]
            closes = not then or then in ".,;:!?" or _apart(then)
            enough = len(word.key.form) >= MIN_PREFIX
            return "prefix" if closes and enough else "ignored"
        return "ignored" if before == 1 else ""

    def _field(self, at: int, end: int) -> int | None:
        """Read ``name:`` and, of a date or an id, its value; None if the word is no name of a field."""
        if not self._fresh or self._signs[end : end + 1] != ":":
            return None
        typed = self._signs[at:end]
        name, value = typed.lower(), end + 1
        if name not in FIELDS:
            if _FIELD_LIKE.fullmatch(typed) and name not in _NAMES_OF_IDS and self._starts(value):
                self._note(
                    UNKNOWN_FIELD,
                    f"There is no field {typed}: (the fields are {', '.join(FIELDS)}), so it was searched as words",
                    at,
                )
            return None
        if self._signs[value : value + 1] == "(":
            self._skip_words(value)
            if name in _RAW_FIELDS:
                self._open(value, name)
                return value + 1
            self._emit(Kind.FIELD, at, value, name)
            self._open(value)
            return value + 1
        if name in _RAW_FIELDS:
            if self._signs[value : value + 1].strip() in ("", ")"):
                return None
            return self._raw(name, at, value)
        if not self._starts(value):
            return None
        self._skip_words(value)
        self._emit(Kind.FIELD, at, value, name)
        self._fresh = False
        return value

    def _raw(self, name: str, start: int, at: int) -> int:
        """Read the value at ``at`` of a date or an id, which began at ``start``; return where to go on."""
        end, value = self._raw_span(name, at)
        leaf: Node | None = None
        if name == "id":
            leaf = IdText(self._text[value]) if value.start < value.stop else None
        elif found := date_range(self._signs[value].rstrip(".,;")):
            leaf = DateText(*found)
        self._fresh = False
        if leaf is not None:
            self._skip_words(end)
            self._emit(Kind.LEAF, start, end, node=leaf)
            self._clauses += 1
            return end
        if name == "date":
            shown = self._text[value][:40]
            self._note(
                BAD_DATE,
                f"{shown!r} is no date or range of dates (2023-12, [2023-12-01 TO 2023-12-31]), "
                "so it was searched as words",
                at,
            )
        word = self._pending()
        if word is not None and word.start <= start:
            self._next += 1
            self._clauses += 1
            self._chunk.append(word)
            return max(word.end, start + 1)
        return start + 1

    def _raw_span(self, name: str, at: int) -> tuple[int, slice]:
        """Return where the value at ``at`` ends and which part of the text it is."""
        signs = self._signs
        if signs[at] in _CLOSERS and (closer := _CLOSERS[signs[at]].search(signs, at + 1)):
            return closer.end(), slice(at + 1, closer.start())
        if name == "date" and signs[at] == "[":
            end = signs.find("]", at) + 1
            if end:
                return end, slice(at, end)
        end, depth = at, 0
        while end < len(signs) and not signs[end].isspace():
            depth += (signs[end] == "(") - (signs[end] == ")")
            if depth < 0:
                break
            end += 1
        return end, slice(at, end)

    def _quoted(self, at: int) -> int:
        """Read a phrase, or pass over a quote that nothing closes."""
        closer = _CLOSERS[self._signs[at]].search(self._signs, at + 1)
        self._end_chunk()
        self._fresh = False
        if closer is None:
            self._unbalanced(at)
            return at + 1
        first = self._next
        self._skip_words(closer.start())
        words = self._words[first : self._next]
        if words:
            text = self._text[at + 1 : closer.start()]
            self._emit(Kind.LEAF, at, closer.end(), node=PhraseText(tuple(words), text))
            self._clauses += 1
        else:
            self._note(EMPTY_QUOTES, "There is no word between the quotes, so they were left out", at)
        return closer.end()

    def _open(self, at: int, field: str = "") -> None:
        """Open a group; a bracket that hangs on a word is punctuation."""
        if self._chunk:
            self._brackets.append(_Bracket(None, self._context(), at))
            return
        depth = sum(bracket.token is not None for bracket in self._brackets)
        if depth >= MAX_DEPTH:
            self._note(TOO_DEEP, f"Brackets deeper than {MAX_DEPTH} were left out", at)
            self._brackets.append(_Bracket(None, field or self._context(), at))
        else:
            self._brackets.append(_Bracket(len(self._tokens), field or self._context(), at))
            self._emit(Kind.OPEN, at, at + 1)
        self._fresh = True

    def _close(self, at: int) -> None:
        if not self._brackets:
            self._end_chunk()
            self._unbalanced(at)
        elif self._brackets[-1].token is None:
            self._brackets.pop()
        else:
            self._end_chunk()
            self._brackets.pop()
            self._emit(Kind.CLOSE, at, at + 1)
        self._fresh = False

    def _end_chunk(self, *, prefix: bool = False) -> None:
        if self._chunk:
            words, self._chunk = tuple(self._chunk), []
            start, end = words[0].start, words[-1].end
            self._emit(Kind.LEAF, start, end, node=Words(words, self._text[start:end], prefix))

    def _starts(self, at: int) -> bool:
        """Say whether an operand begins at ``at``."""
        if self._signs[at : at + 1] == "(" or self._signs[at : at + 1] in _CLOSERS:
            return True
        return any(word.start == at for word in self._words[self._next : self._next + 2])

    def _operator_at(self, at: int) -> bool:
        """Say whether AND, OR or NOT stands at ``at``, apart from other words."""
        word = self._pending()
        if word is None or word.start != at:
            return False
        end = word.end
        return (
            self._signs[at:end] in _OPERATORS
            and (at == 0 or _apart(self._signs[at - 1]))
            and (end == len(self._signs) or _apart(self._signs[end]))
        )

    def _context(self) -> str:
        return self._brackets[-1].field if self._brackets else ""

    def _pending(self) -> Word | None:
        return self._words[self._next] if self._next < len(self._words) else None

    def _skip_words(self, before: int) -> None:
        while self._next < len(self._words) and self._words[self._next].start < before:
            self._next += 1

    def _emit(self, kind: Kind, start: int, end: int, text: str = "", node: Node | None = None) -> None:
        self._tokens.append(Token(kind, start, end, text, node))

    def _unbalanced(self, at: int) -> None:
        self._note(UNBALANCED, "A bracket or a quote has no partner, so it was left out", at)

    def _note(self, code: str, message: str, at: int) -> None:
        self._notes.add(code, message, at)


def _apart(char: str) -> bool:
    return char.isspace() or char in "()" or char in _CLOSERS or char in "」』»"


def _cut(text: str, limit: int) -> str:
    """Cut ``text`` at white space before ``limit``, or at ``limit`` where that would cost more than a word."""
    if text[limit].isspace():
        return text[:limit]
    head = text[:limit]
    kept = head.rsplit(maxsplit=1)[0]
    return kept if len(head) - len(kept) <= MAX_WORD and kept else head
