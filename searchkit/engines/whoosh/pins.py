"""Pins: how readers keep the files of their generation from being removed.

A reader holds a shared lock on the manifest of its generation; whoever cleans up removes a generation only
when it gets an exclusive one. Neither needs the right to write, and the kernel frees both with their
process.
"""

from __future__ import annotations

import errno
import os
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from searchkit.engines.whoosh.files import unavailable
from searchkit.engines.whoosh.layout import Current, manifest_name, parse_manifest
from searchkit.engines.whoosh.manifest import Manifest
from searchkit.errors import IndexCorrupt

_BUSY = {errno.EACCES, errno.EAGAIN}


class Pin:
    """A generation held for reading, until `release`."""

    def __init__(self, folder: Path, manifest: Manifest, current: Current, handle: int) -> None:
        self.folder = folder
        self.manifest = manifest
        self.generation = manifest.generation
        self.current = current
        self._handle = handle

    def release(self) -> None:
        """Let the generation go."""
        handle, self._handle = self._handle, -1
        if handle >= 0:
            os.close(handle)

    def __del__(self) -> None:
        self.release()


def try_pin(folder: Path, current: Current) -> Pin | None:
    """Pin the generation that ``current`` names; None when it is not there, or just being removed.

    Raises:
        IndexCorrupt: its manifest is damaged, or not the one that was committed.
        IndexIncompatible: it has another format.
        EngineUnavailable: it can't be read.
    """
    path = folder / manifest_name(current.generation)
    try:
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_CLOEXEC", 0))
    except FileNotFoundError:
        return None
    except OSError as error:
        raise unavailable(error, path) from error
    try:
        if not _lock(handle, exclusive=False) or not _is_there(handle, path):
            os.close(handle)
            return None
        with os.fdopen(os.dup(handle), "rb") as file:
            data = file.read()
        manifest = parse_manifest(data, path, current.generation)
        if Current(current.generation, zlib.crc32(data)) != current:
            raise IndexCorrupt(
                "the manifest is not the one that CURRENT names; run `searchkit repair`", path=path
            )
        return Pin(folder, manifest, current, handle)
    except OSError as error:
        os.close(handle)
        raise unavailable(error, path) from error
    except BaseException:
        os.close(handle)
        raise


@contextmanager
def held_from_readers(folder: Path, generation: int) -> Iterator[bool]:
    """Keep readers from pinning a generation meanwhile; gives False when one has pinned it already."""
    path = folder / manifest_name(generation)
    handle = os.open(path, os.O_RDONLY | getattr(os, "O_CLOEXEC", 0))
    try:
        yield _lock(handle, exclusive=True)
    finally:
        os.close(handle)


def _lock(handle: int, *, exclusive: bool) -> bool:
    """Lock an open file without waiting; return False when somebody else's lock forbids it.

    Where the file system knows no locks there are no pins either: readers map all files when they open a
    generation, so that removed ones stay readable.
    """
    import fcntl

    try:
        fcntl.flock(handle, (fcntl.LOCK_EX if exclusive else fcntl.LOCK_SH) | fcntl.LOCK_NB)
    except OSError as error:
        return error.errno not in _BUSY
    return True


def _is_there(handle: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(handle), path.stat())
    except FileNotFoundError:
        return False
