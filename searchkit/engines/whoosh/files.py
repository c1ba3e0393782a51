"""The only door to the disk for everything that writes an index.

Every operation passes `Files.perform`, so that a test can record it or make it fail, and every failure of the
operating system becomes one `EngineUnavailable` that says what, where and what to do next.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from searchkit.errors import EngineUnavailable

_T = TypeVar("_T")
Data = bytes | bytearray | memoryview

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_FORBIDDEN = {errno.EACCES, errno.EPERM, errno.EROFS}
_OTHERS = {
    errno.ENOENT: "there is no such file or folder",
    errno.EISDIR: "this is a folder and no file",
    errno.ENOTDIR: "this is a file and no folder",
}


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation on the disk.

    ``kind`` is create, write, fsync, read, size, list, remove, replace, mkdir, makedirs, sync or lock.
    ``target`` is the new name of a replace; ``data`` is what a write writes.
    """

    kind: str
    name: str = ""
    target: str = ""
    data: memoryview | None = None


def unavailable(error: OSError, path: Path) -> EngineUnavailable:
    """Return the error that tells a person what the operating system refused."""
    if error.errno in _FULL:
        return EngineUnavailable(f"{path}: the disk is full; free some space and run the command again")
    if error.errno in _FORBIDDEN:
        return EngineUnavailable(
            f"{path}: permission denied; allow access to the folder or choose another one with --index"
        )
    if error.errno in _OTHERS:
        return EngineUnavailable(f"{path}: {_OTHERS[error.errno]}; name another one")
    reason = error.strerror or str(error)
    return EngineUnavailable(f"{path}: {reason}; check the disk and run the command again")


def sync_handle(handle: int) -> None:
    """Bring a file or folder to the disk itself, past the drive's cache where the system offers it."""
    import fcntl

    full = getattr(fcntl, "F_FULLFSYNC", None)
    if full is None:
        os.fsync(handle)
        return
    try:
        fcntl.fcntl(handle, full)
    except OSError:
        os.fsync(handle)


class FileWriter:
    """A new file that is being written; nothing of it counts before `close` has returned."""

    def __init__(self, files: Files, name: str) -> None:
        self.name = name
        self._files = files
        self._handle = -1
        try:
            files.run(Operation("create", name), self._open)
        except BaseException:
            if self._handle >= 0:
                self.abandon()
            raise

    def _open(self) -> None:
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_CLOEXEC", 0)
        self._handle = os.open(self._files.folder / self.name, flags, 0o666)

    def write(self, data: Data) -> None:
        """Append bytes."""
        view = memoryview(data)
        if view.nbytes == 0:
            return
        view = view.cast("B")
        try:
            self._files.run(Operation("write", self.name, data=view), lambda: self._write(view))
        except BaseException:
            self.release()
            raise

    def _write(self, view: memoryview) -> None:
        done = 0
        while done < len(view):
            done += os.write(self._handle, view[done : done + (1 << 30)])

    def close(self) -> None:
        """Sync the file and close it."""
        try:
            self._files.run(Operation("fsync", self.name), lambda: sync_handle(self._handle))
        finally:
            self.release()

    def abandon(self) -> None:
        """Close the file and remove it, as far as that is possible."""
        self.release()
        self._files.discard(self.name)

    def release(self) -> None:
        """Close the file as it is."""
        if self._handle >= 0:
            handle, self._handle = self._handle, -1
            os.close(handle)

    def __del__(self) -> None:
        self.release()


class Files:
    """The files of one folder, by name.

    Raises:
        EngineUnavailable: the operating system refuses an operation; its cause is the `OSError`.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def perform(self, operation: Operation, action: Callable[[], _T]) -> _T:
        """Do one operation; what records or disturbs operations overrides this."""
        return action()

    def run(self, operation: Operation, action: Callable[[], _T]) -> _T:
        """Do one operation through `perform`, its failure translated."""
        try:
            return self.perform(operation, action)
        except OSError as error:
            raise unavailable(error, self.folder / operation.name) from error

    def create(self, name: str) -> FileWriter:
        """Begin a file that must not exist yet."""
        return FileWriter(self, name)

    def write(self, name: str, data: Data) -> None:
        """Write a whole new file and sync it."""
        writer = self.create(name)
        writer.write(data)
        writer.close()

    def read(self, name: str) -> bytes:
        """Return the content of a file."""
        return self.run(Operation("read", name), (self.folder / name).read_bytes)

    def size(self, name: str) -> int:
        """Return the size of a file in bytes."""
        return self.run(Operation("size", name), lambda: (self.folder / name).stat().st_size)

    def list(self) -> list[str]:
        """Return the names in the folder, sorted."""
        return self.run(Operation("list"), lambda: sorted(path.name for path in self.folder.iterdir()))

    def remove(self, name: str) -> None:
        """Remove a file."""
        self.run(Operation("remove", name), (self.folder / name).unlink)

    def discard(self, name: str) -> None:
        """Remove a file if it is there and if that is possible."""
        try:
            self.remove(name)
        except EngineUnavailable:
            return

    def replace(self, old: str, new: str) -> None:
        """Rename a file onto another, atomically."""
        self.run(
            Operation("replace", old, target=new), lambda: (self.folder / old).replace(self.folder / new)
        )

    def mkdir(self, name: str) -> None:
        """Make a folder inside this one, unless it is there."""
        self.run(Operation("mkdir", name), lambda: (self.folder / name).mkdir(exist_ok=True))

    def make_folder(self) -> None:
        """Make this folder and its parents, those that are missing, and sync what holds them."""

        def make() -> None:
            missing = [path for path in (self.folder, *self.folder.parents) if not path.exists()]
            self.folder.mkdir(parents=True, exist_ok=True)
            for path in missing:
                _sync_folder(path.parent)

        self.run(Operation("makedirs"), make)

    def sync(self) -> None:
        """Sync the folder: names created, renamed and removed so far stay so."""
        self.run(Operation("sync"), lambda: _sync_folder(self.folder))


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | getattr(os, "O_CLOEXEC", 0))
    try:
        sync_handle(handle)
    finally:
        os.close(handle)
