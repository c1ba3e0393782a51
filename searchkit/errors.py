"""Every error that searchkit raises on purpose.

The tree::

    SearchkitError
    ├── SourceError          a file or folder of documents can't be read    .path .line
    ├── QuerySyntaxError     only with strict=True                          .position
    ├── OptionError          an option of a search is wrong; a ValueError   .option
    ├── DocumentError        a document that can't be indexed as it is
    ├── IndexMissing         there is no index at that path
    ├── IndexLocked          someone else is writing                        .holder
    ├── IndexIncompatible    another format or another analysis built it
    ├── IndexCorrupt         a checksum, a size or a structure is wrong     .path
    └── EngineUnavailable    the engine can't be reached or can't write

A message says what is wrong, where, and what to do next, in one line.
"""

from __future__ import annotations

from pathlib import Path


class SearchkitError(Exception):
    """The base of all errors of this package."""


class SourceError(SearchkitError):
    """A source of documents can't be read; ``path`` and ``line`` (1-based, or None) say where."""

    def __init__(self, message: str, *, path: str | Path | None = None, line: int | None = None) -> None:
        where = "" if path is None else f"{path}:{line}: " if line is not None else f"{path}: "
        super().__init__(where + message)
        self.path = path
        self.line = line


class QuerySyntaxError(SearchkitError):
    """A query is malformed at ``position`` (a code point of the query); raised only when strict."""

    def __init__(self, message: str, *, position: int) -> None:
        super().__init__(f"{message} (at character {position + 1} of the query)")
        self.position = position


class OptionError(SearchkitError, ValueError):
    """An option of a search is not of its form; ``option`` names it."""

    def __init__(self, message: str, *, option: str = "") -> None:
        super().__init__(message)
        self.option = option


class DocumentError(SearchkitError):
    """A document can't be indexed as it is, for example because its id is empty."""


class IndexMissing(SearchkitError):
    """There is no index at the path given."""


class IndexLocked(SearchkitError):
    """Another process or thread is writing to the index; ``holder`` describes it."""

    def __init__(self, message: str, *, holder: str = "") -> None:
        super().__init__(message)
        self.holder = holder


class IndexIncompatible(SearchkitError):
    """The index was built with another format or another analysis than this program's."""


class IndexCorrupt(SearchkitError):
    """A file of the index is damaged; ``path`` names it."""

    def __init__(self, message: str, *, path: str | Path | None = None) -> None:
        super().__init__(message if path is None else f"{path}: {message}")
        self.path = path


class EngineUnavailable(SearchkitError):
    """The engine that holds the index can't be reached or can't do what was asked of it."""
