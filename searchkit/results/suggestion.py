"""A completion of what is being typed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A ``text`` that goes on as typed, and in about how many ``documents`` its last words stand."""

    text: str
    documents: int

    def __str__(self) -> str:
        return self.text

    def to_dict(self) -> dict[str, Any]:
        """Return the suggestion as JSON shows it."""
        return {"text": self.text, "documents": self.documents}
