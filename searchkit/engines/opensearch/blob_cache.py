"""Blobs of the ledger as files of this machine, so that a lexicon is downloaded once and mapped by every process.

The folder is SEARCHKIT_CACHE, else ``searchkit`` in the user's cache folder. Files come to be by a rename, are never
changed, and are checked whenever they are read: several processes may use one folder.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import time
from contextlib import suppress
from pathlib import Path

from searchkit.engines.opensearch.ledger import Ledger
from searchkit.engines.whoosh.blockfile import BlockFile
from searchkit.engines.whoosh.files import unavailable
from searchkit.engines.whoosh.manifest import FileRecord
from searchkit.errors import IndexCorrupt

CACHE = "SEARCHKIT_CACHE"
_UNUSED_DAYS = 30
_DAY = 86_400.0


def cache_folder() -> Path:
    """Return the folder that blobs are kept in; it need not be there."""
    named = os.environ.get(CACHE)
    if named:
        return Path(named)
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "searchkit"


class BlobCache:
    """The blobs of one ledger on this machine."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        place = hashlib.blake2b(ledger.place.encode(), digest_size=8).hexdigest()
        self.folder = cache_folder() / place

    def open(self, record: FileRecord) -> BlockFile:
        """Map a block file of the ledger, downloaded if it isn't here yet, or if what is here is damaged.

        Raises:
            IndexCorrupt: it is missing in the ledger, or damaged there.
            EngineUnavailable: the cluster or the folder can't be used.
        """
        try:
            file = BlockFile.open(self.folder, record)
        except IndexCorrupt:
            self.store(record, self._ledger.get(record))
            return BlockFile.open(self.folder, record)
        # What is in use is not old.
        with suppress(OSError):
            os.utime(self.folder / record.name)
        return file

    def store(self, record: FileRecord, data: bytes) -> None:
        """Keep the content of a blob; older ones that nobody has used for a month go."""
        path = self.folder / record.name
        try:
            new = not self.folder.is_dir()
            self.folder.mkdir(parents=True, exist_ok=True)
            temporary = self.folder / f".{secrets.token_hex(8)}"
            try:
                temporary.write_bytes(data)
                temporary.replace(path)
            finally:
                temporary.unlink(missing_ok=True)
            if not new:
                self._clear()
        except OSError as error:
            raise unavailable(error, path) from error

    def _clear(self) -> None:
        """Remove what was not used for long; a process that has it mapped keeps it."""
        before = time.time() - _UNUSED_DAYS * _DAY
        for path in self.folder.iterdir():
            with suppress(OSError):
                if path.stat().st_mtime < before:
                    path.unlink()
