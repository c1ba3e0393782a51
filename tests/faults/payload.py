"""A small index of random arrays: enough to tell one generation from another and right from wrong."""

from __future__ import annotations

import errno
import os
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import numpy as np

from searchkit.engines.whoosh.blockfile import BlockFile, BlockFileWriter, read_plain, write_plain
from searchkit.engines.whoosh.files import Files, Operation
from searchkit.engines.whoosh.manifest import FileRecord, Manifest, SegmentRecord
from searchkit.engines.whoosh.store import Store
from searchkit.errors import IndexMissing

T = TypeVar("T")


def _block_file(files: Files, name: str, seed: int, size: int) -> FileRecord:
    writer = BlockFileWriter(files, name)
    writer.add("seed", np.array([seed], np.int64))
    writer.begin("values", np.uint8)
    values = np.random.default_rng(seed).integers(0, 256, size, np.uint8)
    writer.extend(values[: size // 2])
    writer.extend(values[size // 2 :])
    writer.end()
    return writer.finish()


def commit(
    path: Path, number: int, *, files: Files | None = None, size: int = 300, timeout: float = 0.0
) -> Manifest:
    """Commit the state ``number``: a new segment for it, the segment of the state before, a user file."""
    with Store(path, files=files).begin(timeout=timeout) as transaction:
        name = transaction.new_name("seg")
        record = _block_file(transaction.files, name, number, size)
        transaction.record(record)
        segments = [SegmentRecord(name[len("MAIN_") : -len(".seg")], record, number)]
        if transaction.base is not None:
            segments.append(transaction.base.segments[0])
        user = write_plain(transaction.files, transaction.new_name("txt"), b"%d\n" % number)
        transaction.record(user)
        manifest = Manifest(
            generation=transaction.generation,
            versions={"format": "1"},
            segments=tuple(segments),
            user_files=(user,),
            documents=sum(segment.documents for segment in segments),
            extra={"number": number},
        )

        def check(written: Manifest) -> None:
            for segment in written.segments:
                BlockFile.open(path, segment.file).close()

        return transaction.commit(manifest, b"contents %d" % number, check)


def read(path: Path) -> int:
    """Return the number of the state that a reader finds, 0 without an index; all of it must be right."""
    try:
        pin = Store(path).pin()
    except IndexMissing:
        return 0
    try:
        number = pin.manifest.extra["number"]
        for segment in pin.manifest.segments:
            file = BlockFile.open(path, segment.file)
            seed = int(file.column("seed")[0])
            assert seed == segment.documents
            values = file.column("values").all()
            expected = np.random.default_rng(seed).integers(0, 256, len(values), np.uint8)
            assert np.array_equal(values, expected)
        assert pin.manifest.segments[0].documents == number
        (user,) = pin.manifest.user_files
        assert read_plain(path, user) == b"%d\n" % number
        assert pin.manifest.toc is not None
        assert zlib.crc32(read_plain(path, pin.manifest.toc)) == pin.manifest.toc.checksum
        return int(number)
    finally:
        pin.release()


def needed(path: Path) -> set[str]:
    """Return the names that a folder has when nothing superfluous is in it."""
    names = {"CURRENT", "MAIN_WRITELOCK"}
    store = Store(path)
    for previous in (False, True):
        try:
            pin = store.pin(previous=previous)
        except IndexMissing:
            continue
        names |= {record.name for record in pin.manifest.files()} | {f"MANIFEST-{pin.generation}.json"}
        pin.release()
    return names


class Gone(BaseException):
    """The process is no more: nothing may catch this and go on."""


class FailingFiles(Files):
    """Lets operation number ``at`` fail.

    ``how`` is ``error`` (nothing happened), ``full`` (as far as it went), ``after`` (it happened, and yet
    an error was reported), ``gone`` or ``gone-after`` (nothing happens any more, before or after that
    operation).
    """

    MODES = ("error", "full", "after", "gone", "gone-after")

    def __init__(self, folder: Path, at: int = -1, how: str = "error") -> None:
        super().__init__(folder)
        self.at = at
        self.how = how
        self.count = 0
        self.kinds: list[str] = []
        self.failed = False

    def perform(self, operation: Operation, action: Callable[[], T]) -> T:
        number, self.count = self.count, self.count + 1
        self.kinds.append(operation.kind)
        if self.failed and self.how.startswith("gone"):
            raise Gone
        if number != self.at:
            return action()
        self.failed = True
        if self.how == "gone":
            raise Gone
        if self.how == "full":
            if operation.kind == "write" and operation.data is not None:
                with (self.folder / operation.name).open("ab") as file:
                    file.write(operation.data[: len(operation.data) // 2])
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        if self.how == "error":
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        action()
        if self.how == "gone-after":
            raise Gone
        raise OSError(errno.EIO, os.strerror(errno.EIO))


def open_handles() -> list[str]:
    """Return what this process has open."""
    folder = Path("/proc/self/fd")
    if not folder.is_dir():
        return []
    found = []
    for link in folder.iterdir():
        try:
            found.append(str(link.readlink()))
        except OSError:
            continue
    return sorted(name for name in found if not name.startswith("/proc"))
