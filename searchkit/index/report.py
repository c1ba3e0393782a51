"""What a run of the indexer did."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from searchkit.sources.problem import Problem

Progress = Callable[[str, int, int], None]
"""Called with a stage ("files", "words", "segments"), what is done of it and the total (0 where unknown)."""


@dataclass(slots=True)
class IndexReport:
    """Counts of documents (``skipped``: of files), and what was wrong where."""

    added: int = 0
    updated: int = 0
    unchanged: int = 0
    removed: int = 0
    skipped: int = 0
    duplicates: int = 0
    problems: list[Problem] = field(default_factory=list)
    took_ms: float = 0.0
    committed: bool = False

    def as_dict(self) -> dict[str, Any]:
        """Return the report as JSON shows it."""
        return {
            "format_version": 1,
            "added": self.added,
            "updated": self.updated,
            "unchanged": self.unchanged,
            "removed": self.removed,
            "skipped": self.skipped,
            "duplicates": self.duplicates,
            "problems": [
                {"file": problem.file, "line": problem.line, "message": problem.message}
                for problem in self.problems
            ],
            "took_ms": round(self.took_ms, 3),
        }
