"""A pair of the glossary, as it is shown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class GlossaryEntry:
    """Two names of one thing: ``documents`` say so, ``places`` (``file:line``) has some of them.

    ``user`` says that the user's ``glossary.txt`` does. ``spellings`` are other ways to write ``other``.
    """

    name: str
    other: str
    documents: int
    user: bool
    places: tuple[str, ...] = ()
    spellings: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return the pair as JSON shows it."""
        return {
            "name": self.name,
            "other": self.other,
            "documents": self.documents,
            "user": self.user,
            "places": list(self.places),
            "spellings": list(self.spellings),
        }
