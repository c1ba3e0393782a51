"""Notes: Markdown or plain text, one document a file; its paragraphs, list items and headings are the bullets."""

from __future__ import annotations

import re
from collections.abc import Sequence

from searchkit.document import Document
from searchkit.errors import DocumentError
from searchkit.sources.authors import distinct, split_authors, without_mark
from searchkit.sources.dates import as_date
from searchkit.sources.front_matter import read_front_matter
from searchkit.sources.identity import arxiv_id
from searchkit.sources.parsed import Parsed
from searchkit.sources.problem import Problem

_HEADING = re.compile(r" {0,3}#{1,6}(?:[ \t]+(.*?))?(?:[ \t]+#+)?[ \t]*")
_UNDERLINE = re.compile(r" {0,3}(?:=+|-+)[ \t]*")
_RULE = re.compile(r"\s*(?:(?:-\s*){3,}|(?:\*\s*){3,}|(?:_\s*){3,})")
_FENCE = re.compile(r"\s*(`{3,}|~{3,})[^`]*")
_ITEM = re.compile(r"\s*(?:[-*+•][ \t]+|(?=[0-9]{1,9}[.)][ \t]))(.*)")


def parse(text: str, label: str, *, note_id: str, name: str) -> Parsed:
    """Return the note, titled by its front matter, else its first heading, else ``name``.

    The sign of a list item is removed, its number is kept; a heading, a paragraph and a block of code are one
    bullet each. Keys of the front matter other than title, date, url and authors go to ``extra``.
    """
    lines = text.split("\n")
    values, start, odd = read_front_matter(lines)
    problems = [Problem(label, line, message) for line, message in odd]
    heading, texts, numbers = _Blocks(lines, start).read()
    extra = dict(values)
    title = _one_line(extra.pop("title", "")) or heading
    if heading and heading != title:
        texts.insert(0, heading)
        numbers.insert(0, _line_of(heading, lines, start))
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
            bullets=tuple(texts),
            bullet_lines=tuple(numbers),
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
        self._heading = ""
        self._texts: list[list[str]] = []
        self._numbers: list[int] = []
        self._open = False

    def read(self) -> tuple[str, list[str], list[int]]:
        """Return the first heading, the text of all else in blocks, and their 1-based lines."""
        fence = ""
        for number, line in enumerate(self._lines[self._start :], self._start + 1):
            if fence:
                self._texts[-1].append(line)
                if line.strip().startswith(fence) and not line.strip().strip(fence[0]):
                    fence, self._open = "", False
            elif not line or line.isspace():
                self._open = False
            elif (opening := _FENCE.fullmatch(line)) is not None:
                self._begin(number, line)
                fence = opening[1]
            else:
                self._line(number, line)
        texts = ["\n".join(lines).rstrip() for lines in self._texts]
        kept = [place for place, text in enumerate(texts) if text]
        return self._heading, [texts[place] for place in kept], [self._numbers[place] for place in kept]

    def _line(self, number: int, line: str) -> None:
        if (heading := _HEADING.fullmatch(line)) is not None:
            self._take_heading(number, heading[1] or "")
        elif self._open and _UNDERLINE.fullmatch(line) and len(self._texts[-1]) == 1:
            (text,), under = self._texts.pop(), self._numbers.pop()
            self._take_heading(under, text)
        elif _RULE.fullmatch(line):
            self._open = False
        elif (item := _ITEM.fullmatch(line)) is not None:
            self._begin(number, item[1].strip())
        elif self._open:
            self._texts[-1].append(line.strip())
        else:
            self._begin(number, line.strip())

    def _take_heading(self, number: int, text: str) -> None:
        if text and not self._heading:
            self._heading = text
        elif text:
            self._begin(number, text)
        self._open = False

    def _begin(self, number: int, text: str) -> None:
        self._texts.append([text])
        self._numbers.append(number)
        self._open = True


def _line_of(heading: str, lines: Sequence[str], start: int) -> int:
    return next(number for number, line in enumerate(lines[start:], start + 1) if heading in line)


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
