"""What the verification of an index finds, wherever it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple


class Problem(NamedTuple):
    """What is wrong with a file, or another part, of an index."""

    file: str
    message: str

    def __str__(self) -> str:
        return f"{self.file}: {self.message}"


@dataclass(frozen=True, slots=True)
class Verification:
    """What `Engine.verify` found: ``generation`` is the commit that counts, 0 where unknown.

    ``files`` and ``bytes`` count the files, or parts, that were checked.
    """

    generation: int
    problems: tuple[Problem, ...]
    files: int = 0
    bytes: int = 0

    @property
    def sound(self) -> bool:
        """Whether nothing is wrong."""
        return not self.problems
