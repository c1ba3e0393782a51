"""Checks whether the files of a generation are what its manifest says."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from searchkit.engines.verification import Problem
from searchkit.engines.whoosh.blockfile import PLAIN, BlockFile, read_plain
from searchkit.engines.whoosh.layout import Current, manifest_name, manifest_number, read_manifest
from searchkit.engines.whoosh.manifest import FileRecord, Manifest
from searchkit.errors import IndexCorrupt, IndexMissing

Deep = Callable[[Path, Manifest], list[str]]
"""Looks into the files of a generation, whose checksums are right, and says what is wrong in plain words."""


def file_problems(folder: Path, record: FileRecord) -> list[Problem]:
    """Read a whole file and return what is wrong with it.

    Raises:
        EngineUnavailable: it can't be read.
    """
    try:
        if record.name.endswith(PLAIN):
            read_plain(folder, record)
            return []
        file = BlockFile.open(folder, record)
    except IndexCorrupt as error:
        return [Problem(record.name, str(error).removeprefix(f"{folder / record.name}: "))]
    try:
        return [Problem(record.name, message) for message in file.verify()]
    finally:
        file.close()


def generation_problems(
    folder: Path, manifest: Manifest, checked: set[FileRecord] | None = None
) -> list[Problem]:
    """Read all files of a generation, but those in ``checked``, and return what is wrong with them."""
    problems = []
    for record in manifest.files():
        if checked is None or record not in checked:
            problems += file_problems(folder, record)
            if checked is not None:
                checked.add(record)
    return problems


def deep_problems(folder: Path, manifest: Manifest, deep: Deep | None) -> list[Problem]:
    """Return what ``deep`` finds wrong inside files whose checksums are right."""
    if deep is None:
        return []
    try:
        return [Problem(manifest_name(manifest.generation), message) for message in deep(folder, manifest)]
    except IndexCorrupt as error:
        path = manifest_name(manifest.generation) if error.path is None else Path(error.path).name
        return [Problem(path, str(error).removeprefix(f"{error.path}: "))]
    except (ArithmeticError, LookupError, MemoryError, TypeError, ValueError) as error:
        # The checksums are right, so that somebody has made the file like this.
        what = f"the arrays don't fit together ({type(error).__name__}: {error})"
        return [Problem(manifest_name(manifest.generation), what)]


def newest_sound(
    folder: Path, at_most: int | None = None, deep: Deep | None = None
) -> tuple[Manifest, Current] | None:
    """Return the newest generation, up to ``at_most``, all of whose files are sound; None if none is.

    Raises:
        EngineUnavailable: a file can't be read.
        IndexIncompatible: a generation has another format.
    """
    numbers = (manifest_number(path.name) for path in folder.iterdir())
    for number in sorted((number for number in numbers if number is not None), reverse=True):
        if at_most is not None and number > at_most:
            continue
        try:
            manifest, current = read_manifest(folder, number)
        except (IndexCorrupt, IndexMissing):
            continue
        if not generation_problems(folder, manifest) and not deep_problems(folder, manifest, deep):
            return manifest, current
    return None
