"""The user's own files: words, synonyms and glosses, read from a folder and kept as copies with each generation.

A search uses the copies, so that what is found never depends on a file that changes while nobody indexes.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from searchkit.analysis.dictionary import BadLine, UserDictionary
from searchkit.analysis.glossary import UserGlosses
from searchkit.errors import SourceError
from searchkit.query.synonyms import Synonyms

PathLike = str | os.PathLike[str]

DICTIONARY = "dictionary.txt"
SYNONYMS = "synonyms.txt"
GLOSSARY = "glossary.txt"
FILES = (DICTIONARY, SYNONYMS, GLOSSARY)
DEFAULT_FOLDER = "terms"
_MAX_BYTES = 64 << 20


@dataclass(frozen=True)
class UserTerms:
    """The bytes of the user's files by their names; a file that isn't there is empty."""

    files: Mapping[str, bytes]

    @classmethod
    def read(cls, folder: Path) -> UserTerms:
        """Read the files of a folder.

        Raises:
            SourceError: one can't be read.
        """
        return cls({name: _read(folder / name) for name in FILES})

    @classmethod
    def of(cls, copies: Mapping[str, bytes]) -> UserTerms:
        """Return the terms of ``copies`` that an index has; a file that isn't among them is empty."""
        return cls({name: copies.get(name, b"") for name in FILES})

    def lines(self, name: str) -> list[str]:
        """Return the lines of a file, whatever is wrong with its bytes."""
        return self.files[name].decode("utf-8-sig", "replace").splitlines()

    @cached_property
    def _words(self) -> tuple[UserDictionary, tuple[BadLine, ...]]:
        return UserDictionary.parse(self.lines(DICTIONARY))

    @property
    def dictionary(self) -> UserDictionary:
        """The words of ``dictionary.txt``."""
        return self._words[0]

    @cached_property
    def synonyms(self) -> Synonyms:
        """The lines of ``synonyms.txt``."""
        return Synonyms.parse(self.lines(SYNONYMS))[0]

    @cached_property
    def glosses(self) -> UserGlosses:
        """The lines of ``glossary.txt``."""
        return UserGlosses.parse(self.lines(GLOSSARY))[0]

    def bad_lines(self) -> list[tuple[str, BadLine]]:
        """Return the lines that are skipped, each with the name of its file."""
        return [(name, bad) for name, check in CHECKS.items() for bad in check(self.lines(name))]


CHECKS: dict[str, Callable[[list[str]], tuple[BadLine, ...]]] = {
    DICTIONARY: lambda lines: UserDictionary.parse(lines)[1],
    SYNONYMS: lambda lines: Synonyms.parse(lines)[1],
    GLOSSARY: lambda lines: UserGlosses.parse(lines)[1],
}
"""What finds the bad lines of each file."""


def check_files(path: Path) -> dict[Path, tuple[BadLine, ...]]:
    """Return the bad lines of a file, or of each file of a folder; a file is read by its name, else as a dictionary.

    Raises:
        SourceError: it is missing or can't be read.
    """
    if path.is_dir():
        files = [path / name for name in FILES if name in CHECKS and (path / name).exists()]
    elif path.name == DEFAULT_FOLDER and not path.exists():
        files = []
    elif path.exists():
        files = [path]
    else:
        raise SourceError("no such file or folder; check the path", path=path)
    return {
        file: CHECKS.get(file.name, CHECKS[DICTIONARY])(UserTerms({file.name: _read(file)}).lines(file.name))
        for file in files
    }


NO_TERMS = UserTerms(dict.fromkeys(FILES, b""))


def terms_folder(index_folder: PathLike | None, folder: PathLike | None) -> Path:
    """Return the folder of the user's files: ``folder``, or ``terms/`` beside the index if that is None.

    Where the index is in no folder (``index_folder`` is None), that is ``terms/`` in the current one.

    Raises:
        SourceError: ``folder`` was named and is no folder.
    """
    if folder is None:
        beside = Path.cwd() if index_folder is None else Path(index_folder).resolve().parent
        return beside / DEFAULT_FOLDER
    if not Path(folder).is_dir():
        raise SourceError("no such folder of terms; check the path", path=os.fspath(folder))
    return Path(folder)


def stamp(folder: Path) -> tuple[tuple[int, int] | None, ...]:
    """Return what changes whenever a file of the folder is written: times and sizes, None where there is none."""
    found: list[tuple[int, int] | None] = []
    for name in FILES:
        try:
            status = os.stat(os.path.join(folder, name))  # noqa: PTH116, PTH118 (each search does this)
            found.append((status.st_mtime_ns, status.st_size))
        except OSError:
            found.append(None)
    return tuple(found)


def differs(folder: Path, copies: UserTerms) -> bool:
    """Say whether the files of a folder are others than ``copies``; a folder that isn't there says nothing."""
    if not folder.is_dir():
        return False
    try:
        return UserTerms.read(folder) != copies
    except SourceError:
        return False


def _read(path: Path) -> bytes:
    try:
        if path.stat().st_size > _MAX_BYTES:
            raise SourceError(
                f"is larger than {_MAX_BYTES >> 20} MiB; split it or leave words out", path=path
            )
        return path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return b""
    except OSError as error:
        raise SourceError(f"can't be read: {error.strerror}", path=path) from error
