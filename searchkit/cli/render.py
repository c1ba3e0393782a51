"""Hits and documents as lines of text for people."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from searchkit.cli.console import Console
from searchkit.document import Document
from searchkit.results.display import columns, pad, printable, wrap_spans
from searchkit.results.hit import Hit

_MAX_FACETS = 10


def hit_text(hit: Hit, console: Console) -> str:
    """Return a hit: title, facts, the best passage with its matches, and where it stands."""
    number = f"{hit.rank:>2}. "
    indent = " " * len(number)
    document, snippet = hit.document, hit.snippet
    title_marks = [(mark.start, mark.end) for mark in hit.highlights if mark.field == "title"]
    name = printable(document.title or document.id)
    title = marked_lines(name, title_marks, console, len(indent), rest=console.bold)
    lines = [console.bold(number) + title[0], *(indent + line for line in title[1:])] if title else [number]
    lines += [indent + console.faint(line) for line in facts(document, console.width - len(indent))]
    if snippet.field != "title":
        passage = printable(snippet.text)
        marks: Sequence[tuple[int, int]] = snippet.marks
        if snippet.cut_before:
            passage, marks = f"…{passage}", [(start + 1, end + 1) for start, end in marks]
        if snippet.cut_after:
            passage += "…"
        lines += [indent + line for line in marked_lines(passage, marks, console, len(indent))]
    if document.source is not None:
        line = snippet.line if snippet.line is not None else document.line
        place = document.source if line is None else f"{document.source}:{line}"
        lines.append(indent + console.faint(printable(place)))
    if hit.explanation is not None:
        lines += [indent + line for line in hit.explanation.as_text().splitlines()]
    return "\n".join(lines)


def facts(document: Document, width: int) -> list[str]:
    """Return date, votes, id and URL in lines of ``width`` columns, each fact whole; what is unknown is left out."""
    votes = None
    if document.votes is not None:
        votes = f"{document.votes} vote{'' if document.votes == 1 else 's'}"
    lines: list[str] = []
    for fact in (document.date, votes, document.id, document.url):
        if fact:
            longer = f"{lines[-1]} · {printable(fact)}" if lines else ""
            if lines and columns(longer) <= width:
                lines[-1] = longer
            else:
                lines.append(printable(fact))
    return lines


def marked_lines(
    text: str,
    marks: Iterable[tuple[int, int]],
    console: Console,
    indent: int = 0,
    *,
    rest: Callable[[str], str] = str,
) -> list[str]:
    """Return ``text`` in lines that fit beside ``indent``, what ``marks`` name as matches, all else by ``rest``."""
    ordered = sorted(marks)
    lines = []
    for start, end in wrap_spans(text, console.width - indent):
        pieces, at = [], start
        for mark_start, mark_end in ordered:
            first, last = max(mark_start, at), min(mark_end, end)
            if first < last:
                pieces += [rest(text[at:first]) if at < first else "", console.match(text[first:last])]
                at = last
        lines.append("".join(pieces) + (rest(text[at:end]) if at < end else ""))
    return lines


def document_text(document: Document, console: Console) -> str:
    """Return all that is known of a document."""
    lines = marked_lines(printable(document.title or document.id), (), console, rest=console.bold)
    lines += facts(document, console.width)
    if document.authors:
        authors = ", ".join(document.authors) + (" and others" if document.authors_truncated else "")
        lines += marked_lines(printable(f"by {authors}"), (), console)
    if document.source is not None:
        place = document.source if document.line is None else f"{document.source}:{document.line}"
        lines.append(console.faint(printable(place)))
    lines.append("")
    labels = document.labels or (None,) * len(document.bullets)
    for label, bullet in zip(labels, document.bullets, strict=True):
        lead = f"{label}: " if label else ""
        wrapped = marked_lines(printable(lead + bullet), (), console, 2)
        lines += [f"{'- ' if number == 0 else '  '}{line}" for number, line in enumerate(wrapped)]
    for name, values in (
        ("media", document.media),
        *((key, (value,)) for key, value in document.extra.items()),
    ):
        lines += [printable(f"{name}: {value}") for value in values]
    return "\n".join(lines).rstrip()


def facets_text(facets: Mapping[str, Sequence[tuple[str, int]]], console: Console) -> str:
    """Return the counts by month, by author …, the most frequent of each."""
    lines = []
    for name, counts in facets.items():
        lines.append(console.bold(f"by {name}"))
        lines += table(
            [(printable(value), f"{count:,}") for value, count in counts[:_MAX_FACETS]], right=(1,)
        )
        if len(counts) > _MAX_FACETS:
            lines.append(f"  … and {len(counts) - _MAX_FACETS:,} more")
    return "\n".join(lines)


def table(rows: Sequence[Sequence[str]], *, right: Sequence[int] = ()) -> list[str]:
    """Return ``rows`` as indented lines with aligned columns; the columns ``right`` are aligned at their right."""
    if not rows:
        return []
    widths = [max(columns(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = []
    for row in rows:
        cells = [
            " " * (width - columns(cell)) + cell if column in right else pad(cell, width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        lines.append(("  " + "  ".join(cells)).rstrip())
    return lines
