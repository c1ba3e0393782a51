"""JSON Lines: one document a line."""

from __future__ import annotations

import json
import math
import re
from typing import Any

from searchkit.document import Document
from searchkit.errors import DocumentError
from searchkit.sources.authors import split_authors, without_mark
from searchkit.sources.dates import as_date
from searchkit.sources.encoding import REPLACEMENT
from searchkit.sources.identity import arxiv_id
from searchkit.sources.parsed import Parsed
from searchkit.sources.problem import Problem

_KNOWN = frozenset({"id", "title", "text", "date", "url", "authors", "votes"})
_SURROGATE = re.compile("[\ud800-\udfff]")
_ESCAPED_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")
_DEEPEST = 100
_MOST_DIGITS = 1000
_STRING_OR_BRACKET = re.compile(r'"(?:[^"\\]|\\.)*(?:"|\\?$)|[\[\]{}]')
_INTEGER = re.compile(r"[+-]?[0-9]{1,10}")


def parse(text: str, label: str) -> Parsed:
    """Return the documents of JSON Lines; what can't be read is reported with its line and the rest is read.

    A wrong value of an optional key is reported and kept under ``extra``, where unknown keys are, too.
    """
    parsed = Parsed()
    for number, line in enumerate(text.split("\n"), 1):
        if line and not line.isspace():
            _Record(parsed, label, number).read(line)
    return parsed


class _Record:
    """One line."""

    def __init__(self, parsed: Parsed, label: str, line: int) -> None:
        self._parsed = parsed
        self._label = label
        self._line = line
        self._extra: dict[str, Any] = {}

    def read(self, line: str) -> None:
        """Add the document of the line, or report why there is none."""
        values = self._load(line)
        if values is None:
            return
        name = values.get("id")
        if isinstance(name, int) and not isinstance(name, bool):
            name = str(name)
        if not isinstance(name, str) or not name:
            self._report('no "id" of characters or digits; the line is left out: give it one')
            return
        self._extra = {key: value for key, value in values.items() if key not in _KNOWN}
        title = self._text("title", values.get("title"))
        bullets = self._bullets(values.get("text"))
        url = self._url(values.get("url"))
        date = self._date(values.get("date"))
        authors, truncated = self._authors(values.get("authors"))
        votes = self._votes(values.get("votes"))
        try:
            document = Document(
                id=name,
                title=title,
                bullets=bullets,
                bullet_lines=(self._line,) * len(bullets),
                date=date,
                url=url,
                arxiv_id=None if url is None else arxiv_id(url),
                authors=authors,
                authors_truncated=truncated,
                votes=votes,
                source=self._label,
                line=self._line,
                extra=self._extra,
            )
        except DocumentError as error:
            self._report(f"{error}; the line is left out")
        else:
            self._parsed.documents.append(document)
            if not title and not bullets:
                self._report(f'{name!r} has no "title" and no "text"; only its id can be found')

    def _load(self, line: str) -> dict[str, Any] | None:
        if line.count("[") + line.count("{") > _DEEPEST and _depth(line) > _DEEPEST:
            self._report(f"values are nested more than {_DEEPEST} deep; the line is left out")
            return None
        try:
            values = json.loads(
                line,
                object_pairs_hook=self._object,
                parse_constant=_no_constant,
                parse_float=_number,
                parse_int=_integer,
            )
        except json.JSONDecodeError as error:
            self._report(f"not JSON: {error.msg} (at character {error.colno}); the line is left out")
            return None
        except ValueError as error:
            self._report(f"not JSON: {error}; the line is left out")
            return None
        if not isinstance(values, dict):
            self._report('not a JSON object such as {"id": …, "title": …, "text": …}; the line is left out')
            return None
        return self._without_surrogates(values) if _ESCAPED_SURROGATE.search(line) else values

    def _object(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        values = dict(pairs)
        if len(values) != len(pairs):
            keys = [key for key, _ in pairs]
            twice = next(key for key in values if keys.count(key) > 1)
            self._report(f"the key {twice!r} stands more than once; the last one counts")
        return values

    def _without_surrogates(self, values: dict[str, Any]) -> dict[str, Any]:
        found = False

        def clean(value: Any) -> Any:
            nonlocal found
            if isinstance(value, str):
                cleaned, count = _SURROGATE.subn(REPLACEMENT, value)
                found = found or count > 0
                return cleaned
            if isinstance(value, list):
                return [clean(item) for item in value]
            if isinstance(value, dict):
                return {clean(key): clean(item) for key, item in value.items()}
            return value

        cleaned: dict[str, Any] = clean(values)
        if found:
            self._report(f"half of a surrogate pair is read as {REPLACEMENT}; the rest is indexed")
        return cleaned

    def _text(self, key: str, value: Any) -> str:
        if value is None or isinstance(value, str):
            return value or ""
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            return str(value)
        self._refuse(key, value, "a string")
        return ""

    def _bullets(self, value: Any) -> tuple[str, ...]:
        if not isinstance(value, list):
            text = self._text("text", value)
            return (text,) if text else ()
        bullets = tuple(
            str(item) for item in value if isinstance(item, (str, int, float)) and not isinstance(item, bool)
        )
        if len(bullets) < len(value):
            self._refuse("text", value, "a string or a list of strings")
        return bullets

    def _url(self, value: Any) -> str | None:
        if value is None or isinstance(value, str):
            return value or None
        self._refuse("url", value, "a string")
        return None

    def _authors(self, value: Any) -> tuple[tuple[str, ...], bool]:
        if value is None:
            return (), False
        if isinstance(value, str):
            return split_authors(value)
        if not isinstance(value, list):
            self._refuse("authors", value, "a list of names or a string")
            return (), False
        names = [" ".join(name.split()) for name in value if isinstance(name, str)]
        if len(names) < len(value):
            self._refuse("authors", value, "a list of names or a string")
        return without_mark(names)

    def _date(self, value: Any) -> str | None:
        if value is None or value == "":
            return None
        date = as_date(value) if isinstance(value, str) else None
        if date is None:
            self._refuse("date", value, "a date of the form YYYY-MM-DD")
        return date

    def _votes(self, value: Any) -> int | None:
        if value is None or (isinstance(value, str) and value.strip() in {"", "-"}):
            return None
        votes = value
        if isinstance(votes, str) and _INTEGER.fullmatch(votes.strip()):
            votes = int(votes)
        if isinstance(votes, float) and votes.is_integer():
            votes = int(votes)
        if isinstance(votes, int) and not isinstance(votes, bool) and abs(votes) < 2**31:
            return votes
        self._refuse("votes", value, "a whole number")
        return None

    def _refuse(self, key: str, value: Any, wanted: str) -> None:
        shown = json.dumps(value, ensure_ascii=False)
        if len(shown) > 60:
            shown = f"{shown[:59]}…"
        self._report(f'"{key}" should be {wanted}, not {shown}; it is kept as it is, under extra')
        self._extra[key] = value

    def _report(self, message: str) -> None:
        self._parsed.problems.append(Problem(self._label, self._line, message))


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no number of JSON")


def _number(text: str) -> float | str:
    """Return a float, or the text of one too large for it: infinity couldn't be written as JSON again."""
    number = float(text)
    return number if math.isfinite(number) else text


def _integer(text: str) -> int | str:
    """Return an integer, or the text of one that Python would not write again."""
    return int(text) if len(text) <= _MOST_DIGITS else text


def _depth(line: str) -> int:
    depth = deepest = 0
    for match in _STRING_OR_BRACKET.finditer(line):
        if match[0] in "[{":
            depth += 1
            deepest = max(deepest, depth)
        elif match[0] in "]}":
            depth -= 1
    return deepest
