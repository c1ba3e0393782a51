"""What was wrong in a source, and where."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """One report: ``file`` as typed, ``line`` (1-based) or None for the whole file, and what was wrong."""

    file: str
    line: int | None
    message: str
