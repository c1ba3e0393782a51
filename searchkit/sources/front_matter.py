"""Front matter of notes: ``key: value`` lines between two lines of ``---``, a small part of YAML."""

from __future__ import annotations

import re
from collections.abc import Sequence

_KEY = re.compile(r"([^\s:#\-\[\]{}\"'][^:]{0,99}?)\s*:(?:\s+(.*))?")
_COMMENT = re.compile(r"\s#.*")


def read_front_matter(
    lines: Sequence[str],
) -> tuple[dict[str, str | list[str]], int, list[tuple[int, str]]]:
    """Return values by lower-case key, the number of lines, and (1-based line, message) of what wasn't understood.

    A value is a string or a list (``[a, b]``, or ``- a`` lines). Lines indented below a key belong to its value.
    Without front matter there are no values and no lines.
    """
    if not lines or lines[0].rstrip() != "---":
        return {}, 0, []
    end = next((place for place, line in enumerate(lines) if place and line.rstrip() in {"---", "..."}), None)
    if end is None or not any(_KEY.fullmatch(line.rstrip()) for line in lines[1:end]):
        return {}, 0, []
    values: dict[str, str | list[str]] = {}
    below: dict[str, list[str]] = {}
    problems: list[tuple[int, str]] = []
    key: str | None = None
    for number, line in enumerate(lines[1:end], 2):
        text = line.strip()
        match = None if line[:1].isspace() else _KEY.fullmatch(text)
        if not text or text.startswith("#"):
            continue
        if match is not None:
            key = match[1].strip().lower()
            if key in values:
                problems.append(
                    (number, f"{key!r} stands more than once in the front matter; the last one counts")
                )
            values[key] = _value((match[2] or "").strip())
            below[key] = []
        elif key is not None and (line[:1].isspace() or text == "-" or text.startswith("- ")):
            below[key].append(text)
        else:
            problems.append((number, "this line of the front matter is no `key: value`; it is left out"))
    for name, rest in below.items():
        if rest:
            values[name] = _with_lines_below(values[name], rest)
    return values, end + 1, problems


def _with_lines_below(value: str | list[str], lines: list[str]) -> str | list[str]:
    if not value and all(line == "-" or line.startswith("- ") for line in lines):
        return [_unquoted(line[1:].strip()) for line in lines]
    first = "" if isinstance(value, str) and value[:1] in {"|", ">"} else value
    return "\n".join(filter(None, [first if isinstance(first, str) else ", ".join(first), *lines]))


def _value(text: str) -> str | list[str]:
    if text.startswith("[") and text.endswith("]"):
        return [_unquoted(item.strip()) for item in text[1:-1].split(",") if item.strip()]
    return _unquoted(text)


def _unquoted(text: str) -> str:
    for quote in ('"', "'"):
        if (
            text.startswith(quote)
            and (end := text.find(quote, 1)) > 0
            and not _COMMENT.sub("", text[end + 1 :]).strip()
        ):
            return text[1:end]
    return _COMMENT.sub("", text).rstrip()
