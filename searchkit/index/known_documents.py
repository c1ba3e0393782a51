"""Which file of the last commit held which document, without going over all of them one by one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Set

from searchkit.index.state import LIBRARY, FileState, Place, SourcesState


class KnownDocuments:
    """The documents of ``state`` by their ids.

    Most ids stand in one place only; those that stand in several, or were deleted, are ``contested``.
    """

    def __init__(self, state: SourcesState) -> None:
        self._state = state
        self._places: dict[str, tuple[str, str]] = {}
        count = 0
        for real, inside, file in reversed(list(_files(state))):
            ids = file.ids
            count += len(ids)
            # Of several places the first counts: it comes last here.
            self._places.update(dict.fromkeys(ids, (real, inside)))
        self.contested = set(state.deleted)
        if count > len(self._places):
            times = Counter(each for _, _, file in _files(state) for each in file.ids)
            self.contested.update(each for each, number in times.items() if number > 1)
        self.contested.update(each for each in state.library if each in self._places)

    def place(self, document_id: str) -> tuple[str, str] | None:
        """Return root and path inside of the first file that held a document, None where there is none."""
        return self._places.get(document_id)

    def indexed(self, document_id: str) -> tuple[str, Place] | None:
        """Return content hash and place of a document that is in the index, None if it isn't."""
        found = None
        place = self._places.get(document_id)
        if document_id in self._state.library:
            found = self._state.library[document_id], LIBRARY
        elif place is not None:
            real, inside = place
            entries = self._state.roots[real].files[inside].entries
            entry = next(entry for entry in entries if entry.id == document_id)
            found = entry.hash, Place(real, inside, entry.line)
        return None if found is None or self._state.deleted.get(document_id) == found[0] else found

    def outside(self, settled: Set[tuple[str, str]]) -> Iterator[str]:
        """Yield the ids of the documents in files that are not ``settled``."""
        for real, inside, file in _files(self._state):
            if (real, inside) not in settled:
                yield from file.ids


def _files(state: SourcesState) -> Iterator[tuple[str, str, FileState]]:
    for real, root in state.roots.items():
        for inside in sorted(root.files):
            yield real, inside, root.files[inside]
