"""Read one file: recognise, decode, parse. A function of its bytes and names only."""

from __future__ import annotations

import json

from searchkit.sources import digest, jsonl, markdown
from searchkit.sources.encoding import decode, looks_binary
from searchkit.sources.parsed import Parsed
from searchkit.sources.problem import Problem
from searchkit.sources.root import JSON_LINES, NOTES, SourceFile


def read_file(file: SourceFile, data: bytes) -> Parsed:
    """Return the documents of a file's bytes and what was wrong with them; never raises.

    A digest is known by its headings, JSON Lines by the ending; every other text is a note. A file named by the
    user with another ending is known by what it holds.
    """
    if looks_binary(data):
        return Parsed(skipped_reason="a binary file")
    text, broken, _ = decode(data)
    if not text or text.isspace():
        return Parsed(problems=[Problem(file.label, None, "is empty")])
    if file.ending in JSON_LINES or (file.ending not in NOTES and _is_json_lines(text)):
        parsed = jsonl.parse(text, file.label)
    elif digest.is_digest(text):
        parsed = digest.parse(text, file.label)
    else:
        parsed = markdown.parse(text, file.label, note_id=file.note_id, name=file.stem)
    if broken:
        parsed.problems += [Problem(file.label, line, message) for line, message in broken]
    parsed.problems.sort(key=lambda problem: problem.line or 0)
    return parsed


def _is_json_lines(text: str) -> bool:
    first = text.lstrip().split("\n", 1)[0]
    if not first.startswith("{"):
        return False
    try:
        return isinstance(json.loads(first), dict)
    except (ValueError, RecursionError):
        return False
