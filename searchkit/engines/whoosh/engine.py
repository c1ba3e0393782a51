"""An index in a folder, as everything above the engine handles it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from searchkit.engines.whoosh.generation import Generation
from searchkit.engines.whoosh.snapshot import WhooshSnapshot
from searchkit.engines.whoosh.store import Store
from searchkit.engines.whoosh.user_files import read_user_files
from searchkit.errors import IndexCorrupt

if TYPE_CHECKING:
    from searchkit.engines.base import DictionaryOf
    from searchkit.engines.verification import Verification
    from searchkit.engines.whoosh.backup import Backup
    from searchkit.engines.whoosh.manifest import Manifest
    from searchkit.engines.whoosh.repair import Repair
    from searchkit.engines.whoosh.transaction import Transaction
    from searchkit.engines.whoosh.writer import IndexWriter


class WhooshCommit:
    """The next generation: a transaction and what it builds on."""

    def __init__(self, transaction: Transaction, *, fresh: bool) -> None:
        self._transaction = transaction
        self._folder = transaction.files.folder
        self.number = transaction.generation
        self.before: WhooshSnapshot | None = None
        if transaction.base is not None and not fresh:
            self.before = WhooshSnapshot(Generation(self._folder, transaction.base))

    @property
    def user_files(self) -> Mapping[str, bytes]:
        """The copies of the user's files of the generation that counts, none where they can't be read."""
        base = self._transaction.base
        if base is None:
            return {}
        try:
            return read_user_files(self._folder, base)
        except IndexCorrupt:
            return {}

    def resumable(self, versions: Mapping[str, str]) -> bytes | None:
        """Return None: a commit that was cut short leaves nothing to go on from."""
        return None

    @property
    def aside(self) -> str | None:
        """The folder, inside the index, that holds what was set aside."""
        return self._transaction.aside

    def writer(self, *, keep: bool, resume: bool = False) -> IndexWriter:
        """Return what writes on top of ``before``, or from nothing unless ``keep``; there is nothing to resume."""
        from searchkit.engines.whoosh.writer import IndexWriter

        base = self.before.generation if keep and self.before is not None else None
        return IndexWriter(self._transaction, base)

    def __enter__(self) -> WhooshCommit:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._transaction.close()


class WhooshEngine:
    """What `searchkit.engines.base.Engine` promises, over an index folder."""

    def __init__(self, location: str | os.PathLike[str]) -> None:
        self.location = os.fspath(location)
        self.folder = Path(location)
        self._store = Store(self.folder)

    def exists(self) -> bool:
        """Say whether there is an index, sound or not."""
        return self._store.exists()

    def current(self) -> int | None:
        """Return the number of the generation that counts, None if there is no index."""
        current = self._store.current()
        return None if current is None else current.generation

    def ask_current(self) -> None:
        """Return None: `current` reads one small file."""

    def check_target(self) -> None:
        """Make sure that the folder is empty, missing or an index."""
        self._store.check_target()

    def open(self) -> WhooshSnapshot:
        """Open the generation that counts."""
        return WhooshSnapshot(Generation.open(self._store.pin()))

    def begin(self, *, timeout: float = 10.0, fresh: bool = False, set_aside: bool = False) -> WhooshCommit:
        """Take the write lock and begin the next generation."""
        transaction = Store(self.folder).begin(timeout=timeout, rebuild=fresh, set_aside=set_aside)
        try:
            return WhooshCommit(transaction, fresh=fresh)
        except BaseException:
            transaction.close()
            raise

    def verify(self, *, deep: bool = False) -> Verification:
        """Check every byte against its checksum, with ``deep`` also whether the arrays fit together."""
        from searchkit.engines.whoosh.structure import structure_problems
        from searchkit.engines.whoosh.verify import verify

        return verify(self.folder, deep=structure_problems if deep else None)

    def repair(self, dictionary: DictionaryOf) -> Repair:
        """Go back to the last sound generation; ``dictionary`` is as for `restore`."""
        from searchkit.engines.whoosh.repair import repair
        from searchkit.engines.whoosh.structure import structure_problems

        return repair(self.folder, toc=self._toc(dictionary), check=self._opens, deep=structure_problems)

    def salvaged_sources(self) -> Iterator[bytes]:
        """Yield the states of the sources that are still whole, the newest first."""
        from searchkit.engines.whoosh.salvage import salvaged_sources

        return salvaged_sources(self.folder)

    def backup(self, file: Path) -> Backup:
        """Write the generation that counts to one file."""
        from searchkit.engines.whoosh.backup import backup

        return backup(self.folder, file)

    def restore(self, file: Path, dictionary: DictionaryOf) -> int:
        """Make an index of a backup and return the number of documents.

        ``dictionary`` gives the lines of the user's dictionary, for foreign readers, from the user's files.
        """
        from searchkit.engines.whoosh.backup import restore

        return restore(file, self.folder, toc=self._toc(dictionary), check=self._opens).documents

    def close(self) -> None:
        """Do nothing: no file is open but those of snapshots."""

    def _toc(self, dictionary: DictionaryOf) -> Callable[[Manifest], bytes]:
        from searchkit.engines.whoosh.toc import toc_bytes

        return lambda manifest: toc_bytes(
            manifest, dictionary=dictionary(read_user_files(self.folder, manifest))
        )

    def _opens(self, manifest: Manifest) -> None:
        Generation(self.folder, manifest)
