"""Notes: Markdown or plain text, one document a file; its paragraphs, list items and headings are the bullets."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from searchkit.document import Document
from searchkit.errors import DocumentError
from searchkit.sources.authors import distinct, split_authors, without_mark
from searchkit.sources.dates import as_date
from searchkit.sources.front_matter import read_front_matter
from searchkit.sources.identity import arxiv_id
from searchkit.sources.markup import closes, heading, is_rule, opening_fence
from searchkit.sources.parsed import Parsed
from searchkit.sources.problem import Problem

_UNDERLINE = re.compile(r" {0,3}(?:=+|-{2,})[ \t]*")
_ITEM = re.compile(r"\s*(?:[-*+•][ \t]+|(?=[0-9]{1,9}[.)][ \t]))(.*)")


@dataclass(slots=True)
class _Block:
    """A paragraph, a list item, a heading or a block of code; ``line`` is 1-based."""

    line: int
    lines: list[str]
    kind: Literal["paragraph", "item", "heading", "code"]

    def text(self) -> str:
        """Return the lines as one text."""
        return "\n".join(self.lines).rstrip()


def parse(text: str, label: str, *, note_id: str, name: str) -> Parsed:
    """Return the note, titled by its front matter, else its first heading, else ``name``.

    The sign of a list item is removed, its number is kept; a heading, a paragraph and a block of code are one
    bullet each. Keys of the front matter other than title, date, url and authors go to ``extra``.
    """
    lines = text.split("\n")
    values, start, odd = read_front_matter(lines)
    problems = [Problem(label, line, message) for line, message in odd]
    blocks = [block for block in _Blocks(lines, start).read() if block.text()]
    extra = dict(values)
    title = _one_line(extra.pop("title", ""))
    first = next((block for block in blocks if block.kind == "heading"), None)
    if first is not None and title in {"", first.text()}:
        title = first.text()
        blocks.remove(first)
    authors, truncated = _authors([extra.pop(key) for key in ("author", "authors") if key in extra])
    written = _one_line(extra.get("date", ""))
    date = as_date(written)
    if date is not None or not written:
        extra.pop("date", None)
    else:
        problems.append(
            Problem(label, 1, f"the date {written[:40]!r} is not of the form YYYY-MM-DD; the note gets none")
        )
    url = _one_line(extra.pop("url", "")) or None
    try:
        document = Document(
            id=note_id,
            title=title or name,
            bullets=tuple(block.text() for block in blocks),
            bullet_lines=tuple(block.line for block in blocks),
            date=date,
            url=url,
            arxiv_id=None if url is None else arxiv_id(url),
            authors=authors,
            authors_truncated=truncated,
            source=label,
            line=1,
            extra=extra,
        )
    except DocumentError as error:
        problems.append(Problem(label, None, f"{error}; the note is left out: give the file another name"))
        return Parsed(problems=problems)
    return Parsed([document], problems)


class _Blocks:
    """One pass over the lines of a note."""

    def __init__(self, lines: Sequence[str], start: int) -> None:
        self._lines = lines
        self._start = start
        self._blocks: list[_Block] = []
        self._open: _Block | None = None

    def read(self) -> list[_Block]:
        """Return the blocks in order."""
        fence: str | None = None
        for number, line in enumerate(self._lines[self._start :], self._start + 1):
            if fence is not None:
                self._blocks[-1].lines.append(line)
                if closes(line, fence):
                    fence, self._open = None, None
            elif not line or line.isspace():
                self._open = None
            elif (fence := opening_fence(line)) is not None:
                self._begin(number, line, "code")
            else:
                self._line(number, line)
        return self._blocks

    def _line(self, number: int, line: str) -> None:
        block = self._open
        if (found := heading(line)) is not None:
            self._begin(number, found[1], "heading")
            self._open = None
        elif (
            block is not None
            and block.kind == "paragraph"
            and _UNDERLINE.fullmatch(line)
            and len(block.lines) == 1
        ):
            block.kind = "heading"
            self._open = None
        elif is_rule(line):
            self._open = None
        elif (item := _ITEM.fullmatch(line)) is not None:
            self._begin(number, item[1].strip(), "item")
        elif block is not None:
            block.lines.append(line.strip())
        else:
            self._begin(number, line.strip(), "paragraph")

    def _begin(self, number: int, text: str, kind: Literal["paragraph", "item", "heading", "code"]) -> None:
        self._open = _Block(number, [text], kind)
        self._blocks.append(self._open)


def _one_line(value: str | list[str]) -> str:
    return " ".join((value if isinstance(value, str) else ", ".join(value)).split())


def _authors(values: Sequence[str | list[str]]) -> tuple[tuple[str, ...], bool]:
    names: list[str] = []
    truncated = False
    for value in values:
        if isinstance(value, str):
            some, more = split_authors(value.replace("\n", ", "))
        else:
            some, more = without_mark(value)
        names += some
        truncated = truncated or more
    return distinct(names), truncated
