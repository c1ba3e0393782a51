"""A commit: new files first, then the manifest, then one rename that makes them count.

Order: every new file is synced when it is closed; table of contents, manifest and ``CURRENT.tmp`` are
written and synced; the folder is synced; the new generation is opened as a reader opens it; ``CURRENT.tmp``
is renamed onto ``CURRENT``; the folder is synced. The rename is the only commit point. What no kept
generation needs is removed last.
"""

from __future__ import annotations

import os
import secrets
import time
import zlib
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from enum import Enum
from types import TracebackType
from typing import TypeVar

from searchkit.engines.whoosh.blockfile import write_plain
from searchkit.engines.whoosh.files import Files, FileWriter, Operation
from searchkit.engines.whoosh.layout import (
    ASIDE,
    CURRENT,
    CURRENT_TEMPORARY,
    WRITER_GUARD,
    Current,
    is_written,
    manifest_name,
    manifest_number,
    read_current,
    read_manifest,
    toc_name,
)
from searchkit.engines.whoosh.lock import WriteLock
from searchkit.engines.whoosh.manifest import FileRecord, Manifest, Previous
from searchkit.engines.whoosh.pins import held_from_readers
from searchkit.errors import IndexCorrupt, SearchkitError

_T = TypeVar("_T")
_ID_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


class _State(Enum):
    OPEN = 0
    RENAMING = 1
    COMMITTED = 2
    ENDED = 3


class _OwnFiles(Files):
    """The files of a folder, with a list of those made here."""

    def __init__(self, inner: Files) -> None:
        super().__init__(inner.folder)
        self._inner = inner
        self.made: dict[str, FileWriter | None] = {}

    def perform(self, operation: Operation, action: Callable[[], _T]) -> _T:
        return self._inner.perform(operation, action)

    def create(self, name: str) -> FileWriter:
        self.made[name] = None
        writer = self.made[name] = super().create(name)
        return writer


class Transaction:
    """The next generation of an index while it is being made; a context manager.

    Leaving it without `commit` removes all that was written and leaves the old generation as it was.
    ``base`` is the generation that counts, ``generation`` the number of the new one.
    """

    def __init__(
        self,
        files: Files,
        lock: WriteLock,
        base: tuple[Manifest, Current] | None,
        generation: int,
        *,
        set_aside: bool = False,
    ) -> None:
        self.base = None if base is None else base[0]
        self.generation = generation
        self.aside: str | None = None
        self.left: tuple[str, ...] = ()
        self._previous = None if base is None else Previous(base[1].generation, base[1].checksum)
        self._own = _OwnFiles(files)
        self._lock = lock
        self._set_aside = set_aside
        self._state = _State.OPEN
        self._pid = os.getpid()
        self._written: Current | None = None
        self._records: dict[str, FileRecord] = {}

    @property
    def files(self) -> Files:
        """Where to write: what is created here is removed again if the transaction fails."""
        return self._own

    def new_name(self, suffix: str) -> str:
        """Return ``MAIN_<id>.<suffix>`` with an id that was never used before."""
        digits = "".join(secrets.choice(_ID_DIGITS) for _ in range(16))
        return f"MAIN_{digits}.{suffix}"

    def record(self, record: FileRecord) -> None:
        """Note a file written for the new generation."""
        self._records[record.name] = record

    def commit(
        self, manifest: Manifest, toc: bytes, check: Callable[[Manifest], None] | None = None
    ) -> Manifest:
        """Make ``manifest`` the generation that counts, then remove what is no longer needed.

        Number, table of contents and previous generation are filled in. ``check`` opens the generation as a
        reader does, before it counts; what it raises cancels the commit. When this returns, the commit
        survives anything.

        Returns:
            the manifest as written.

        Raises:
            IndexCorrupt: a file of the manifest is not there, or its size is wrong.
            EngineUnavailable: the disk refused something.
        """
        self._publish(manifest, toc, check)
        self._clean_up()
        return self._manifest

    def _publish(self, manifest: Manifest, toc: bytes, check: Callable[[Manifest], None] | None) -> None:
        if self._state is not _State.OPEN:
            raise RuntimeError("this transaction has ended")
        files = self._own
        self._keep_stock_writers_out()
        record = write_plain(files, toc_name(self.generation), toc)
        manifest = replace(manifest, generation=self.generation, toc=record, previous=self._previous)
        data = manifest.to_json()
        self._manifest = Manifest.from_json(data, path=files.folder / manifest_name(self.generation))
        files.write(manifest_name(self.generation), data)
        if CURRENT_TEMPORARY in files.list():
            files.remove(CURRENT_TEMPORARY)
        self._written = Current(self.generation, zlib.crc32(data))
        files.write(CURRENT_TEMPORARY, self._written.to_bytes())
        files.sync()
        self._check_files()
        if check is not None:
            check(self._manifest)
        self._state = _State.RENAMING
        files.replace(CURRENT_TEMPORARY, CURRENT)
        files.sync()
        self._state = _State.COMMITTED

    def _keep_stock_writers_out(self) -> None:
        guard = self._own.folder / WRITER_GUARD
        if guard.is_dir():
            return
        if guard.exists():
            self._own.remove(WRITER_GUARD)
        self._own.mkdir(WRITER_GUARD)

    def _check_files(self) -> None:
        known = set() if self.base is None else set(self.base.files())
        for record in self._manifest.files():
            if record.name not in self._own.made and record not in known:
                raise IndexCorrupt(
                    "the new manifest names a file of no generation", path=self._own.folder / record.name
                )
            size = self._own.size(record.name)
            if size != record.size:
                raise IndexCorrupt(
                    f"the file has {size} bytes instead of {record.size}; nothing was committed",
                    path=self._own.folder / record.name,
                )

    def _clean_up(self) -> None:
        """Remove, or set aside, what neither this generation, nor the previous one, nor a reader needs.

        The commit stands whatever happens here; what could not be removed is listed in ``left`` and goes
        next time.
        """
        files = self._own
        try:
            names = files.list()
        except SearchkitError:
            return
        keep = {record.name for record in self._manifest.files()} | {manifest_name(self.generation)}
        if self.base is not None and self._previous is not None:
            keep |= {record.name for record in self.base.files()} | {manifest_name(self._previous.generation)}
        left = []
        with ExitStack() as stack:
            for name in names:
                number = manifest_number(name)
                if number is None or name in keep:
                    continue
                try:
                    if not stack.enter_context(held_from_readers(files.folder, number)):
                        keep |= {record.name for record in read_manifest(files.folder, number)[0].files()}
                        keep.add(name)
                except (OSError, SearchkitError):
                    # Whatever it needs is unknown: nothing of any old generation goes.
                    return
            # Manifests go first: one without its files would look like damage.
            unneeded = [name for name in names if name not in keep and is_written(name)]
            unneeded.sort(key=lambda name: manifest_number(name) is None)
            for name in unneeded:
                try:
                    self._drop(name)
                except SearchkitError:
                    left.append(name)
        self.left = tuple(left)

    def _drop(self, name: str) -> None:
        if not self._set_aside:
            self._own.remove(name)
            return
        if self.aside is None:
            aside = base = time.strftime(f"{ASIDE}%Y%m%dT%H%M%SZ", time.gmtime())
            number = 1
            while (self._own.folder / aside).exists():
                number += 1
                aside = f"{base}-{number}"
            self._own.mkdir(aside)
            self.aside = aside
        self._own.replace(name, f"{self.aside}/{name}")

    def close(self) -> None:
        """End the transaction: without a commit, remove what was written; in any case free the lock."""
        if self._state is _State.ENDED or os.getpid() != self._pid:
            return
        state, self._state = self._state, _State.ENDED
        try:
            for writer in self._own.made.values():
                if writer is not None:
                    writer.release()
            if state is _State.OPEN or (state is _State.RENAMING and not self._counts()):
                for name in self._own.made:
                    self._own.discard(name)
        finally:
            self._lock.release()

    def _counts(self) -> bool:
        """Return whether the rename, which failed or was interrupted, may have taken place nevertheless."""
        try:
            return read_current(self._own.folder) == self._written
        except SearchkitError:
            return True

    def __enter__(self) -> Transaction:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
