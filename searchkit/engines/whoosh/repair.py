"""Repair: back to the newest generation that is sound; what is damaged is set aside and never removed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from searchkit.engines.verification import Problem
from searchkit.engines.whoosh.blockfile import read_plain
from searchkit.engines.whoosh.files import Files
from searchkit.engines.whoosh.integrity import Deep, newest_sound
from searchkit.engines.whoosh.layout import read_current
from searchkit.engines.whoosh.manifest import Manifest
from searchkit.engines.whoosh.store import Store, next_number
from searchkit.engines.whoosh.transaction import Transaction
from searchkit.engines.whoosh.verify import verify
from searchkit.errors import IndexCorrupt


@dataclass(frozen=True, slots=True)
class Repair:
    """What `repair` did.

    ``outcome`` is ``sound`` (nothing was wrong, nothing was done), ``restored`` (``generation`` holds what
    the generation ``source`` held) or ``rebuild`` (no generation is sound, nothing was done: only the
    sources can help). ``aside`` is the folder, inside the index, that holds what was damaged.
    """

    outcome: str
    problems: tuple[Problem, ...]
    generation: int = 0
    source: int = 0
    aside: str | None = None


def repair(
    path: str | Path,
    *,
    toc: Callable[[Manifest], bytes] | None = None,
    check: Callable[[Manifest], None] | None = None,
    deep: Deep | None = None,
    timeout: float = 10.0,
    files: Files | None = None,
) -> Repair:
    """Make the newest sound generation the one that counts, if the last or the one before it is damaged.

    It is committed again under a new number, as any commit is: ``toc`` makes the table of contents for
    foreign readers from the manifest (else the old one is copied), ``check`` opens it like a reader,
    ``deep`` is as in `verify`.

    Raises:
        IndexMissing: there is no index.
        IndexLocked: someone is writing.
        IndexIncompatible: it has another format.
        EngineUnavailable: the disk refused something.
    """
    store = Store(path, files=files)
    found = verify(path, deep=deep)
    if found.sound:
        return Repair("sound", (), found.generation, found.generation)
    lock = store.lock(timeout)
    try:
        found = verify(path, deep=deep)
        if found.sound:
            return Repair("sound", (), found.generation, found.generation)
        base = newest_sound(store.path, _number(store.path), deep)
        if base is None:
            return Repair("rebuild", found.problems)
        transaction = Transaction(store.files, lock, base, next_number(store.files), set_aside=True)
        with transaction:
            manifest = base[0]
            content = b"" if manifest.toc is None else read_plain(store.path, manifest.toc)
            if toc is not None:
                content = toc(replace(manifest, generation=transaction.generation))
            written = transaction.commit(manifest, content, check)
        return Repair("restored", found.problems, written.generation, manifest.generation, transaction.aside)
    finally:
        lock.release()


def _number(folder: Path) -> int | None:
    """Return the generation that ``CURRENT`` names: a later one was never committed."""
    try:
        current = read_current(folder)
    except IndexCorrupt:
        return None
    return None if current is None else current.generation
