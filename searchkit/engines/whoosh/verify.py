"""Verification: every byte of an index against the checksums that were committed with it. Writes nothing."""

from __future__ import annotations

import time
from pathlib import Path

from searchkit.engines.verification import Problem, Verification
from searchkit.engines.whoosh.integrity import Deep, deep_problems, generation_problems
from searchkit.engines.whoosh.layout import CURRENT, Current, manifest_name, manifest_number
from searchkit.engines.whoosh.manifest import FileRecord
from searchkit.engines.whoosh.pins import Pin, try_pin
from searchkit.engines.whoosh.store import Store
from searchkit.errors import IndexCorrupt

_TRIES = 100
_RETRY_SECONDS = 0.01


def verify(path: str | Path, *, deep: Deep | None = None) -> Verification:
    """Check every block of the generation that counts and of the one before it, whoever writes meanwhile.

    Raises:
        IndexMissing: there is no index.
        IndexIncompatible: it has another format.
        EngineUnavailable: it can't be read.
    """
    store = Store(path)
    for _ in range(_TRIES):
        found = _verify(store, deep)
        if found is not None:
            return found
        time.sleep(_RETRY_SECONDS)
    raise IndexCorrupt("commits follow each other too fast to verify the index; try again", path=store.path)


def _verify(store: Store, deep: Deep | None) -> Verification | None:
    """Return the outcome, None when a writer took a generation away meanwhile."""
    try:
        if store.current() is None and _has_manifest(store.path):
            return Verification(0, (Problem(CURRENT, "the file is missing"),))
        pin = store.pin()
    except IndexCorrupt as error:
        return Verification(0, (_problem(error),))
    previous: Pin | None = None
    problems: list[Problem] = []
    try:
        link = pin.manifest.previous
        if link is not None:
            try:
                previous = try_pin(store.path, Current(link.generation, link.checksum))
            except IndexCorrupt as error:
                problems.append(_problem(error))
            else:
                if previous is None and store.current() != pin.current:
                    return None
                if previous is None:
                    problems.append(Problem(manifest_name(link.generation), "the file is missing"))
        checked: set[FileRecord] = set()
        for held in (pin, previous):
            if held is not None:
                found = generation_problems(store.path, held.manifest, checked)
                problems += found or deep_problems(store.path, held.manifest, deep)
        size = sum(record.size for record in checked)
        return Verification(pin.generation, tuple(problems), len(checked), size)
    finally:
        pin.release()
        if previous is not None:
            previous.release()


def _has_manifest(folder: Path) -> bool:
    try:
        return any(manifest_number(path.name) is not None for path in folder.iterdir())
    except (FileNotFoundError, NotADirectoryError):
        return False


def _problem(error: IndexCorrupt) -> Problem:
    path = Path(str(error.path))
    return Problem(path.name, str(error).removeprefix(f"{error.path}: "))
