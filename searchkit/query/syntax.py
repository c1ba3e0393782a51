"""The syntax of a query as a tree, and the notes that say how it was read.

The grammar, what binds tightest first::

    word  "phrase"  begin*  field:…  ( … )      an operand
    -x  +x  NOT x                               without, required, without
    x AND y                                     both
    x OR y                                      either
    x y                                         a `Group`: any of them, but quotes, + and filters are required
"""

from __future__ import annotations

from dataclasses import dataclass

from searchkit.analysis.words import Word

TEXT_FIELDS = ("title", "bullets")
FIELDS = (*TEXT_FIELDS, "author", "id", "date")


@dataclass(frozen=True, slots=True)
class Note:
    """Something to know about an answer: a ``code`` for programs and a sentence for people."""

    code: str
    message: str

    def to_dict(self) -> dict[str, str]:
        """Return the note as JSON shows it."""
        return {"code": self.code, "message": self.message}


QUERY_CUT = "query-cut"
TOO_MANY_WORDS = "too-many-words"
TOO_DEEP = "too-deep"
UNKNOWN_FIELD = "unknown-field"
BAD_DATE = "bad-date"
UNBALANCED = "unbalanced"
OPERATOR_AS_WORD = "operator-as-word"
WILDCARD_IGNORED = "wildcard-ignored"
WILDCARD_CUT = "wildcard-cut"
EMPTY_QUOTES = "empty-quotes"
NO_WORDS = "no-words"


@dataclass(frozen=True, slots=True)
class Words:
    """Words that stand together without a space: LLM이, 언어/모델. With ``prefix`` the last is the beginning of a word.

    ``text`` is what was typed, from the first word to the end of the last.
    """

    words: tuple[Word, ...]
    text: str
    prefix: bool = False


@dataclass(frozen=True, slots=True)
class PhraseText:
    """Quoted words, one at least."""

    words: tuple[Word, ...]
    text: str


@dataclass(frozen=True, slots=True)
class IdText:
    """A document's id or its arXiv id, as typed."""

    value: str


@dataclass(frozen=True, slots=True)
class DateText:
    """A range of dates, both ends inclusive ISO dates, None where it is open."""

    since: str | None
    until: str | None


@dataclass(frozen=True, slots=True)
class FieldGroup:
    """``child`` is looked for in the field ``name`` only: title, bullets or author."""

    name: str
    child: Node


@dataclass(frozen=True, slots=True)
class Required:
    """``child`` must match: ``+x``."""

    child: Node


@dataclass(frozen=True, slots=True)
class NotOp:
    """``child`` must not match: ``-x``, ``NOT x``."""

    child: Node


@dataclass(frozen=True, slots=True)
class AndOp:
    """All must match; two at least."""

    children: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class OrOp:
    """One must match; two at least."""

    children: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Group:
    """What stands side by side with no operator; empty where a query has nothing to search for."""

    children: tuple[Node, ...]


Node = Words | PhraseText | IdText | DateText | FieldGroup | Required | NotOp | AndOp | OrOp | Group


@dataclass(frozen=True, slots=True)
class Parsed:
    """A query as it was read; ``node`` is None for a blank one."""

    node: Node | None
    notes: tuple[Note, ...] = ()
