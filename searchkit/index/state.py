"""What the index knows of its sources: which file held which document when it was last read."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple, TypeVar

from searchkit.errors import IndexCorrupt

_MAX_BYTES = 1 << 31


class Entry(NamedTuple):
    """One document of one file: its id, its line (None if unknown) and the hash of its content."""

    id: str
    line: int | None
    hash: str


@dataclass(frozen=True, slots=True)
class FileState:
    """A file as it was read: the hash of its bytes, its documents, and what was reported of it as (line, message)."""

    hash: str
    entries: tuple[Entry, ...]
    problems: tuple[tuple[int | None, str], ...] = ()


@dataclass(slots=True)
class RootState:
    """A recorded source: as it was typed, its real path, and its files by their path inside it."""

    typed: str
    real: str
    files: dict[str, FileState] = field(default_factory=dict)


class Place(NamedTuple):
    """Where a document comes from: (root's real path, path inside, line); ("", "", None) for the library."""

    root: str
    inside: str
    line: int | None


LIBRARY = Place("", "", None)


@dataclass(slots=True)
class SourcesState:
    """All roots in the order they were first given, the documents added through the library, and deletions.

    ``library`` and ``deleted`` map ids to content hashes.
    """

    roots: dict[str, RootState] = field(default_factory=dict)
    library: dict[str, str] = field(default_factory=dict)
    deleted: dict[str, str] = field(default_factory=dict)

    def winners(self) -> dict[str, tuple[str, Place]]:
        """Return content hash and place of each indexed document: of several with one id, the first."""
        found = {document_id: (content, LIBRARY) for document_id, content in self.library.items()}
        for entry, place in self._entries():
            if entry.id not in found:
                found[entry.id] = entry.hash, place
        return {
            document_id: (content, place)
            for document_id, (content, place) in found.items()
            if self.deleted.get(document_id) != content
        }

    def _entries(self) -> Iterator[tuple[Entry, Place]]:
        for real, root in self.roots.items():
            for inside in sorted(root.files):
                for entry in root.files[inside].entries:
                    yield entry, Place(real, inside, entry.line)

    def copy(self) -> SourcesState:
        """Return a state whose ``library`` and ``deleted`` can change alone."""
        return SourcesState(self.roots, dict(self.library), dict(self.deleted))

    def merged(self, base: SourcesState, theirs: SourcesState) -> SourcesState:
        """Return ``theirs``, which came from ``base`` as this state did, with what has changed from ``base`` to here."""
        none = RootState("", "")
        roots = dict(theirs.roots)
        for real in {**base.roots, **self.roots}:
            mine, before = self.roots.get(real), base.roots.get(real, none)
            if mine is None:
                roots.pop(real, None)
                continue
            if mine == before:
                continue
            files = _merged(before.files, mine.files, roots.get(real, none).files)
            roots[real] = RootState(mine.typed, real, files)
        return SourcesState(
            roots,
            _merged(base.library, self.library, theirs.library),
            _merged(base.deleted, self.deleted, theirs.deleted),
        )

    def before(self, rest: SourcesState) -> SourcesState:
        """Return this state of a run that isn't over, and of ``rest`` what the run has not come to."""
        roots = {real: RootState(root.typed, real, dict(root.files)) for real, root in rest.roots.items()}
        for real, root in self.roots.items():
            kept = roots.setdefault(real, RootState(root.typed, real))
            kept.files.update(root.files)
        return SourcesState(roots, dict(self.library), {**rest.deleted, **self.deleted})

    def to_bytes(self) -> bytes:
        """Return the state as compressed JSON."""
        values = {
            "roots": [
                {
                    "typed": root.typed,
                    "real": root.real,
                    "files": {
                        inside: [
                            file.hash,
                            [[entry.id, entry.line, entry.hash] for entry in file.entries],
                            [list(problem) for problem in file.problems],
                        ]
                        for inside, file in root.files.items()
                    },
                }
                for root in self.roots.values()
            ],
            "library": self.library,
            "deleted": self.deleted,
        }
        return zlib.compress(json.dumps(values).encode(), 1)

    @classmethod
    def from_bytes(cls, data: bytes) -> SourcesState:
        """Read a state that `to_bytes` wrote.

        Raises:
            IndexCorrupt: it is damaged.
        """
        try:
            values = json.loads(zlib.decompressobj().decompress(data, _MAX_BYTES))
            roots = {}
            for root in values["roots"]:
                files = {
                    str(inside): FileState(
                        str(hash_),
                        tuple(
                            Entry(str(i), line if line is None else int(line), str(h))
                            for i, line, h in entries
                        ),
                        tuple((line if line is None else int(line), str(text)) for line, text in problems),
                    )
                    for inside, (hash_, entries, problems) in root["files"].items()
                }
                roots[str(root["real"])] = RootState(str(root["typed"]), str(root["real"]), files)
            library = {str(key): str(value) for key, value in values["library"].items()}
            deleted = {str(key): str(value) for key, value in values["deleted"].items()}
        except (zlib.error, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise IndexCorrupt(f"the record of the sources can't be read: {error}") from error
        return cls(roots, library, deleted)


_Value = TypeVar("_Value")


def _merged(
    base: Mapping[str, _Value], mine: Mapping[str, _Value], theirs: Mapping[str, _Value]
) -> dict[str, _Value]:
    """Return ``theirs`` with what differs between ``base`` and ``mine``."""
    merged = dict(theirs)
    for key in {**base, **mine}:
        if key not in mine:
            merged.pop(key, None)
        elif key not in base or base[key] != mine[key]:
            merged[key] = mine[key]
    return merged
