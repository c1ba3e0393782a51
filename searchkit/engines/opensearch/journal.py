"""The journal of a commit in the making: what has to be undone if it comes to nothing.

Each entry is stored before what it tells of is sent: the ids that are stored or deleted, with the documents that they
stood for before, and which documents only get other terms.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from searchkit.document import Document
from searchkit.engines.opensearch.ledger import Ledger


@dataclass(frozen=True, slots=True)
class Entry:
    """``stored``: ids with the hash of their new content; ``before``: documents replaced, deleted or changed."""

    stored: Mapping[str, str] = field(default_factory=dict)
    before: Sequence[Document] = ()

    def to_bytes(self) -> bytes:
        """Return the entry as compressed JSON."""
        values = {"stored": dict(self.stored), "before": [each.as_dict() for each in self.before]}
        return zlib.compress(json.dumps(values).encode(), 1)

    @classmethod
    def from_bytes(cls, data: bytes) -> Entry:
        """Read what `to_bytes` wrote."""
        values = json.loads(zlib.decompress(data))
        return cls(values["stored"], [Document.from_dict(each) for each in values["before"]])


class Journal:
    """The journal of the commit in the making called ``work``; ``steps`` entries are there."""

    def __init__(self, ledger: Ledger, work: str, steps: int = 0) -> None:
        self._ledger = ledger
        self._work = work
        self.steps = steps

    def append(self, entry: Entry) -> None:
        """Store the next entry."""
        self._ledger.note(self._id(self.steps), entry.to_bytes())
        self.steps += 1

    def entries(self) -> Iterator[tuple[int, Entry]]:
        """Yield the entries from number ``steps`` on, the last one first."""
        found: list[int] = []
        while self._ledger.noted(self._id(self.steps + len(found))) is not None:
            found.append(self.steps + len(found))
        for number in reversed(found):
            data = self._ledger.noted(self._id(number))
            if data is not None:
                yield number, Entry.from_bytes(data)

    def remove(self, number: int | None = None) -> None:
        """Remove one entry, or all up to ``steps``."""
        numbers = range(self.steps) if number is None else (number,)
        self._ledger.remove([self._id(each) for each in numbers])

    def _id(self, number: int) -> str:
        return f"journal.{self._work}.{number}"
