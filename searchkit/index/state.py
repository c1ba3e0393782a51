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


class Stamp(NamedTuple):
    """What the system says of a file: as long as this is the same, so is its content."""

    size: int
    modified: int
    changed: int
    inode: int


class _Columns(NamedTuple):
    """Entries of many files, one after the other."""

    ids: list[str]
    lines: list[int | None]
    hashes: list[str]


class FileState:
    """A file as it was read: the hash of its bytes, its documents, and what was reported of it as (line, message).

    Two are equal whatever their ``stamp``, which is None where it can't be relied on.
    """

    __slots__ = ("_columns", "_entries", "_start", "_stop", "hash", "problems", "stamp")

    def __init__(
        self,
        hash: str,
        entries: tuple[Entry, ...],
        problems: tuple[tuple[int | None, str], ...] = (),
        stamp: Stamp | None = None,
    ) -> None:
        self.hash = hash
        self.problems = problems
        self.stamp = stamp
        self._entries: tuple[Entry, ...] | None = entries
        self._columns = _Columns([], [], [])
        self._start = self._stop = 0

    @classmethod
    def stored(
        cls,
        hash: str,
        columns: _Columns,
        start: int,
        stop: int,
        problems: tuple[tuple[int | None, str], ...],
        stamp: Stamp | None,
    ) -> FileState:
        """Make the state of a file whose entries stand in ``columns``; they are made when somebody asks."""
        state = cls(hash, (), problems, stamp)
        state._entries, state._columns, state._start, state._stop = None, columns, start, stop
        return state

    @property
    def entries(self) -> tuple[Entry, ...]:
        """The documents of the file, in their order."""
        if self._entries is None:
            columns, these = self._columns, slice(self._start, self._stop)
            self._entries = tuple(
                map(Entry, columns.ids[these], columns.lines[these], columns.hashes[these])
            )
        return self._entries

    @property
    def ids(self) -> list[str]:
        """The ids of the documents, in their order."""
        if self._entries is None:
            return self._columns.ids[self._start : self._stop]
        return [entry.id for entry in self._entries]

    def add_to(self, columns: _Columns) -> None:
        """Append the entries to ``columns``."""
        these = slice(self._start, self._stop)
        if self._entries is None:
            columns.ids.extend(self._columns.ids[these])
            columns.lines.extend(self._columns.lines[these])
            columns.hashes.extend(self._columns.hashes[these])
            return
        for entry in self._entries:
            columns.ids.append(entry.id)
            columns.lines.append(entry.line)
            columns.hashes.append(entry.hash)

    def stamped(self, stamp: Stamp | None) -> FileState:
        """Return the same with another stamp."""
        if stamp == self.stamp:
            return self
        copy = FileState(self.hash, (), self.problems, stamp)
        copy._entries, copy._columns = self._entries, self._columns
        copy._start, copy._stop = self._start, self._stop
        return copy

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, FileState):
            return NotImplemented
        if self.hash != other.hash or self.problems != other.problems:
            return False
        if self._entries is None and other._entries is None and self._columns is other._columns:
            return (self._start, self._stop) == (other._start, other._stop)
        return self.entries == other.entries

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"FileState({self.hash!r}, {self.entries!r}, {self.problems!r}, {self.stamp!r})"


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

    ``library`` and ``deleted`` map ids to content hashes. ``stored`` is what it was read from.
    """

    roots: dict[str, RootState] = field(default_factory=dict)
    library: dict[str, str] = field(default_factory=dict)
    deleted: dict[str, str] = field(default_factory=dict)
    stored: bytes = field(default=b"", compare=False, repr=False)

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
        columns = _Columns([], [], [])
        roots = []
        for root in self.roots.values():
            files = []
            for inside, file in root.files.items():
                before = len(columns.ids)
                file.add_to(columns)
                files.append([inside, file.hash, len(columns.ids) - before, file.problems, file.stamp])
            roots.append({"typed": root.typed, "real": root.real, "files": files})
        values = {
            "roots": roots,
            **columns._asdict(),
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
            columns = _Columns(values["ids"], values["lines"], values["hashes"])
            _check(columns)
            roots = {}
            start = 0
            for root in values["roots"]:
                files = {}
                for inside, hash_, count, problems, stamp in root["files"]:
                    start, first = start + int(count), start
                    told = tuple((line if line is None else int(line), str(text)) for line, text in problems)
                    kept = None if stamp is None else Stamp(*map(int, stamp))
                    files[str(inside)] = FileState.stored(str(hash_), columns, first, start, told, kept)
                roots[str(root["real"])] = RootState(str(root["typed"]), str(root["real"]), files)
            if start != len(columns.ids):
                raise ValueError("the files have other numbers of documents")
            library = {str(key): str(value) for key, value in values["library"].items()}
            deleted = {str(key): str(value) for key, value in values["deleted"].items()}
        except (zlib.error, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise IndexCorrupt(f"the record of the sources can't be read: {error}") from error
        return cls(roots, library, deleted, data)


def _check(columns: _Columns) -> None:
    """Raise ValueError where the columns don't hold what they should."""
    if len({len(column) for column in columns}) > 1 or not (
        {*map(type, columns.ids), *map(type, columns.hashes)} <= {str}
        and {*map(type, columns.lines)} <= {int, type(None)}
    ):
        raise ValueError("the columns of documents don't belong together")


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
