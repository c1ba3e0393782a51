"""The write lock of an index folder: one writer at a time, among processes and among the threads of one.

The lock is a POSIX record lock on ``LOCK``: the kernel frees it when its process ends, however that happens,
and forked children don't have it. But within a process it excludes nobody, so a registry says first who holds
what here; and it is lost when the process closes any handle of the file, a copy of the folder for instance,
so the file is locked the BSD way as well, where the system can.
"""

from __future__ import annotations

import errno
import json
import os
import socket
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from searchkit.engines.whoosh.files import Files, Operation
from searchkit.engines.whoosh.layout import LOCK
from searchkit.errors import IndexLocked

_POLL_SECONDS = 0.05
_BUSY = {errno.EACCES, errno.EAGAIN}

_guard = threading.Lock()
_held: dict[tuple[int, int], WriteLock] = {}


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds a lock: process, host, and since when (seconds since 1970); zeros where unknown."""

    pid: int = 0
    host: str = ""
    since: float = 0.0

    def describe(self) -> str:
        """Return a clause such as ``process 4711 on host birch has been writing to it for 12 s``."""
        who = f"process {self.pid} on host {self.host}" if self.pid else "another process"
        if self.pid == os.getpid() and self.host == socket.gethostname():
            who += " (this one)"
        if not self.since:
            return f"{who} is writing to it"
        age = max(0.0, time.time() - self.since)
        span = f"{age:.0f} s" if age < 120 else f"{age / 60:.0f} min" if age < 7200 else f"{age / 3600:.0f} h"
        return f"{who} has been writing to it for {span}"


class WriteLock:
    """The lock, held until `release`."""

    def __init__(self, path: Path, key: tuple[int, int], handle: int) -> None:
        self.holder = Holder(os.getpid(), socket.gethostname(), time.time())
        self._path = path
        self._key = key
        self._handle = handle

    @classmethod
    def acquire(cls, files: Files, timeout: float) -> WriteLock:
        """Take the lock of a folder, waiting up to ``timeout`` seconds.

        Raises:
            IndexLocked: someone else has it all the while.
            EngineUnavailable: the folder can't be written.
        """
        deadline = time.monotonic() + timeout
        while True:
            taken = cls._attempt(files)
            if isinstance(taken, WriteLock):
                return taken
            left = deadline - time.monotonic()
            if left <= 0 and taken is not None:
                who = taken.describe()
                raise IndexLocked(f"{files.folder}: {who}; wait until it is done and try again", holder=who)
            if taken is not None:
                time.sleep(min(_POLL_SECONDS, left))

    @classmethod
    def _attempt(cls, files: Files) -> WriteLock | Holder | None:
        tried: list[WriteLock | Holder | None] = []
        try:
            files.run(Operation("lock", LOCK), lambda: tried.append(cls._try(files.folder)))
        except BaseException:
            if tried and isinstance(tried[0], WriteLock):
                tried[0].release()
            raise
        return tried[0]

    @classmethod
    def _try(cls, folder: Path) -> WriteLock | Holder | None:
        """Return the lock, else who has it, else None when it must be tried again at once."""
        import fcntl

        status = folder.stat()
        key = status.st_dev, status.st_ino
        path = folder / LOCK
        with _guard:
            known = _held.get(key)
            if known is not None:
                return known.holder
            handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
            try:
                fcntl.lockf(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                _lock_open_file(handle)
                if not _is_file(handle, path):
                    os.close(handle)
                    return None
                lock = cls(path, key, handle)
                _describe(handle, lock.holder)
                _held[key] = lock
            except BaseException as error:
                holder = _read_holder(handle)
                os.close(handle)
                if isinstance(error, OSError) and error.errno in _BUSY:
                    return holder
                raise
            return lock

    def release(self) -> None:
        """Free the lock; once is enough, more does no harm. A forked child's call changes nothing."""
        with _guard:
            if self._handle < 0 or _held.get(self._key) is not self:
                return
            handle, self._handle = self._handle, -1
            try:
                self._path.unlink(missing_ok=True)
            except OSError:
                # Only the name stays; the next writer takes it over.
                pass
            finally:
                del _held[self._key]
                os.close(handle)


def _lock_open_file(handle: int) -> None:
    import fcntl

    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in _BUSY:
            raise


def _is_file(handle: int, path: Path) -> bool:
    """Return whether the name still leads to the open file: its last holder removes it."""
    try:
        named = path.stat()
    except FileNotFoundError:
        return False
    return os.path.samestat(os.fstat(handle), named)


def _describe(handle: int, holder: Holder) -> None:
    """Write who holds the lock; it is only for messages, so a full disk must not matter."""
    text = json.dumps({"pid": holder.pid, "host": holder.host, "since": round(holder.since, 3)}) + "\n"
    try:
        os.ftruncate(handle, 0)
        os.pwrite(handle, text.encode(), 0)
    except OSError:
        return


def _read_holder(handle: int) -> Holder:
    try:
        values = json.loads(os.pread(handle, 1000, 0))
        return Holder(int(values["pid"]), str(values["host"])[:100], float(values["since"]))
    except (OSError, ValueError, TypeError, KeyError, OverflowError, RecursionError):
        return Holder()


def _forget_in_child() -> None:
    global _guard  # noqa: PLW0603 - the parent's may have been held by another thread at the fork
    _guard = threading.Lock()
    for lock in _held.values():
        handle, lock._handle = lock._handle, -1
        os.close(handle)
    _held.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_in_child)
