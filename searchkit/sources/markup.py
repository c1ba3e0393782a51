"""The lines of Markdown that digests and notes share: headings, rules, fences of code."""

from __future__ import annotations

import re

_HEADING = re.compile(r" {0,3}(#{1,6})(?=[ \t]|$)")
_RULE = re.compile(r"\s*(?:(?:-\s*){3,}|(?:\*\s*){3,}|(?:_\s*){3,}|<!--.*-->\s*)")
_FENCE = re.compile(r"\s*(`{3,}|~{3,})[^`]*")


def heading(line: str) -> tuple[int, str] | None:
    """Return level and text of a heading with number signs, None for another line."""
    match = _HEADING.match(line)
    if match is None:
        return None
    text = line[match.end() :].strip()
    opened = text.rstrip("#")
    return len(match[1]), opened.rstrip() if not opened or opened[-1].isspace() else text


def is_rule(line: str) -> bool:
    """Tell whether a line has no text: a horizontal rule or a comment."""
    return _RULE.fullmatch(line) is not None


def opening_fence(line: str) -> str | None:
    """Return the fence if the line opens a block of code."""
    match = _FENCE.fullmatch(line)
    return None if match is None else match[1]


def closes(line: str, fence: str) -> bool:
    """Tell whether the line ends the block of code that ``fence`` opened."""
    text = line.strip()
    return text.startswith(fence) and not text.strip(fence[0])
