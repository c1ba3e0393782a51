"""What a search returns: hits with their passages, and all of it as JSON shows it."""

from __future__ import annotations

import html
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, overload

from searchkit.query.syntax import Note
from searchkit.results.display import printable

if TYPE_CHECKING:
    from searchkit.document import Document
    from searchkit.results.explain import Explanation

__all__ = ["FORMAT_VERSION", "Highlight", "Hit", "MatchedTerm", "Note", "Results", "Snippet"]

FORMAT_VERSION = 1


@dataclass(frozen=True, slots=True)
class Highlight:
    """A place that matches: code points ``start`` to ``end`` (half-open) of a text of the document.

    ``field`` is "title" or "bullets", ``item`` the 0-based number of the bullet, 0 for a title. ``words``
    are the numbers of the query words found there.
    """

    field: str
    item: int
    start: int
    end: int
    words: tuple[int, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return the highlight as JSON shows it."""
        return {"field": self.field, "item": self.item, "start": self.start, "end": self.end}


@dataclass(frozen=True, slots=True)
class MatchedTerm:
    """A term of the query that the document holds, in which ``field``, and how the query led to it."""

    term: str
    field: str
    via: str

    def to_dict(self) -> dict[str, str]:
        """Return the term as JSON shows it."""
        return {"term": self.term, "field": self.field, "via": self.via}


@dataclass(frozen=True, slots=True)
class Snippet:
    """The passage that answers best.

    ``text`` is ``[start:end]`` of the bullet number ``item`` (or of the title), ``line`` the line of that
    bullet in its file. ``marks`` are the matches within ``text`` (code points, half-open); ``cut_before``
    and ``cut_after`` tell whether the bullet goes on.
    """

    field: str
    item: int
    start: int
    end: int
    text: str
    line: int | None = None
    marks: tuple[tuple[int, int], ...] = ()
    cut_before: bool = False
    cut_after: bool = False

    def as_text(self, before: str = "", after: str = "") -> str:
        """Return the passage on one line, safe to print, with ``before`` and ``after`` around each match."""
        text = "".join(
            before + piece + after if marked else piece for piece, marked in self.pieces(printable(self.text))
        )
        return f"{'…' if self.cut_before else ''}{text}{'…' if self.cut_after else ''}"

    def as_html(self) -> str:
        """Return the passage as HTML, matches in ``<mark>``; all else is escaped, for attributes as well."""
        text = "".join(
            f"<mark>{html.escape(piece)}</mark>" if marked else html.escape(piece)
            for piece, marked in self.pieces(printable(self.text))
        )
        return f"{'…' if self.cut_before else ''}{text}{'…' if self.cut_after else ''}"

    def pieces(self, text: str | None = None) -> Iterator[tuple[str, bool]]:
        """Yield the passage, or a ``text`` as long, cut at its marks; and whether a piece is a match."""
        text = self.text if text is None else text
        at = 0
        for start, end in self.marks:
            if at < start:
                yield text[at:start], False
            yield text[start:end], True
            at = end
        if at < len(text):
            yield text[at:], False

    def to_dict(self) -> dict[str, Any]:
        """Return the passage as JSON shows it."""
        return {
            "field": self.field,
            "item": self.item,
            "start": self.start,
            "end": self.end,
            "text": self.text,
            "line": self.line,
        }


@dataclass(frozen=True, slots=True)
class Hit:
    """A document that matches; ``rank`` counts from 1 over all pages, a higher ``score`` is better."""

    rank: int
    score: float
    document: Document
    snippet: Snippet
    highlights: tuple[Highlight, ...] = ()
    matched_terms: tuple[MatchedTerm, ...] = ()
    explanation: Explanation | None = None

    @property
    def id(self) -> str:
        """The id of the document."""
        return self.document.id

    def to_dict(self) -> dict[str, Any]:
        """Return the hit as JSON shows it."""
        document = self.document
        values = {
            "rank": self.rank,
            "id": document.id,
            "score": self.score,
            "title": document.title,
            "date": document.date,
            "url": document.url,
            "votes": document.votes,
            "authors": list(document.authors),
            "snippet": self.snippet.to_dict(),
            "highlights": [highlight.to_dict() for highlight in self.highlights],
            "source": document.source,
            "line": document.line,
            "matched_terms": [term.to_dict() for term in self.matched_terms],
            "extra": dict(document.extra),
        }
        if self.explanation is not None:
            values["explanation"] = self.explanation.to_dict()
        return values


@dataclass(frozen=True, slots=True)
class Results(Sequence[Hit]):
    """One page of hits, best first, and what is true of all matches: ``total`` and ``facets``.

    ``facets`` maps "month" and "author" to values with their counts, most frequent first; None if not asked
    for.
    """

    query: str
    hits: tuple[Hit, ...]
    total: int
    took_ms: float
    notes: tuple[Note, ...] = ()
    facets: Mapping[str, Sequence[tuple[str, int]]] | None = field(default=None)

    def __len__(self) -> int:
        return len(self.hits)

    def __iter__(self) -> Iterator[Hit]:
        return iter(self.hits)

    @overload
    def __getitem__(self, index: int) -> Hit: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Hit, ...]: ...
    def __getitem__(self, index: int | slice) -> Hit | tuple[Hit, ...]:
        return self.hits[index]

    def to_dict(self) -> dict[str, Any]:
        """Return the answer as JSON shows it."""
        values: dict[str, Any] = {
            "format_version": FORMAT_VERSION,
            "query": self.query,
            "total": self.total,
            "took_ms": round(self.took_ms, 3),
            "hits": [hit.to_dict() for hit in self.hits],
            "notes": [{"code": note.code, "message": note.message} for note in self.notes],
        }
        if self.facets is not None:
            values["facets"] = {
                name: [{"value": value, "count": count} for value, count in counts]
                for name, counts in self.facets.items()
            }
        return values
