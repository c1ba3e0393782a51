"""What a file gives."""

from __future__ import annotations

from dataclasses import dataclass, field

from searchkit.document import Document
from searchkit.sources.problem import Problem


@dataclass(slots=True)
class Parsed:
    """The documents of one file in its order, and what was wrong with it.

    ``skipped_reason`` says why the file was passed over as a whole, None if it was read.
    """

    documents: list[Document] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    skipped_reason: str | None = None
