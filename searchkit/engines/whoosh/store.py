"""An index folder: which generation counts, how to read it, how to begin the next."""

from __future__ import annotations

import time
from contextlib import suppress
from pathlib import Path

from searchkit.engines.whoosh.files import Files, unavailable
from searchkit.engines.whoosh.integrity import newest_sound
from searchkit.engines.whoosh.layout import (
    CURRENT,
    Current,
    highest_number,
    is_ours,
    manifest_name,
    manifest_number,
    read_current,
    read_manifest,
)
from searchkit.engines.whoosh.lock import WriteLock
from searchkit.engines.whoosh.manifest import Manifest
from searchkit.engines.whoosh.pins import Pin, try_pin
from searchkit.engines.whoosh.transaction import Transaction
from searchkit.errors import IndexCorrupt, IndexIncompatible, IndexMissing, SearchkitError

_PIN_SECONDS = 5.0
_RETRY_SECONDS = 0.002


class Store:
    """An index folder. It may be missing, and need not be writable to read from it.

    ``files`` stands between the writing side and the disk.
    """

    def __init__(self, path: str | Path, *, files: Files | None = None) -> None:
        self.path = Path(path)
        self.files = Files(self.path) if files is None else files

    def exists(self) -> bool:
        """Return whether there is an index, sound or not."""
        return (self.path / CURRENT).is_file()

    def current(self) -> Current | None:
        """Return which generation counts now, None if there is no index; cheap, to be asked before a search.

        Raises:
            IndexCorrupt: the file that says so is damaged.
        """
        return read_current(self.path)

    def check_target(self) -> None:
        """Make sure that writing here harms nothing of others: the folder is empty, missing or an index.

        Raises:
            SearchkitError: it holds something else.
            EngineUnavailable: it can't be read.
        """
        try:
            names = [path.name for path in self.path.iterdir() if not path.name.startswith(".")]
        except FileNotFoundError:
            return
        except NotADirectoryError as error:
            raise SearchkitError(
                f"{self.path}: this is not a folder; choose an empty or new one with --index"
            ) from error
        except OSError as error:
            raise unavailable(error, self.path) from error
        if not all(is_ours(name) for name in names) and not self._holds_index(names):
            raise SearchkitError(
                f"{self.path}: this folder holds other files and no searchkit index; "
                "choose an empty or new one with --index"
            )

    def _holds_index(self, names: list[str]) -> bool:
        beginnings = [(CURRENT, b"searchkit ")]
        beginnings += [(name, b'{"checksum"') for name in names if manifest_number(name) is not None]
        for name, beginning in beginnings:
            try:
                with (self.path / name).open("rb") as file:
                    if file.read(len(beginning)) == beginning:
                        return True
            except OSError:
                continue
        return False

    def pin(self, *, previous: bool = False) -> Pin:
        """Hold the generation that counts, or the one before it, for reading.

        Raises:
            IndexMissing: there is no index, or no previous generation.
            IndexCorrupt: what names the generation is damaged.
            IndexIncompatible: another format.
            EngineUnavailable: it can't be read.
        """
        deadline = time.monotonic() + _PIN_SECONDS
        while True:
            current = self._must_exist()
            wanted = current
            pin = try_pin(self.path, wanted)
            if pin is not None and previous:
                link = pin.manifest.previous
                pin.release()
                if link is None:
                    raise IndexMissing(f"{self.path}: the index has no previous generation")
                wanted = Current(link.generation, link.checksum)
                pin = try_pin(self.path, wanted)
            if pin is not None:
                return pin
            # A writer may have moved on between two reads; only what stays missing is missing.
            path = self.path / manifest_name(wanted.generation)
            if time.monotonic() > deadline or (not path.exists() and self.current() == current):
                raise IndexCorrupt(
                    "the manifest is missing or locked; run `searchkit verify`, then `searchkit repair`",
                    path=path,
                )
            time.sleep(_RETRY_SECONDS)

    def _must_exist(self) -> Current:
        current = self.current()
        if current is None:
            if self._lost_current():
                raise IndexCorrupt("the file is missing; run `searchkit repair`", path=self.path / CURRENT)
            raise IndexMissing(
                f"{self.path}: there is no index here; build one with `searchkit index` or name its folder"
            )
        return current

    def _lost_current(self) -> bool:
        """Return whether there was a commit once, and not just a first one that was cut short."""
        if not self.path.is_dir():
            return False
        for path in self.path.iterdir():
            number = manifest_number(path.name)
            if number is not None:
                try:
                    manifest, _ = read_manifest(self.path, number)
                except (IndexCorrupt, IndexIncompatible, IndexMissing):
                    continue
                if manifest.previous is not None:
                    return True
        return False

    def lock(self, timeout: float) -> WriteLock:
        """Take the write lock of the folder, made if it is missing, waiting up to ``timeout`` seconds.

        Raises:
            SearchkitError: the folder holds something else.
            IndexLocked: someone else is writing.
            EngineUnavailable: the folder can't be written.
        """
        self.check_target()
        self.files.make_folder()
        return WriteLock.acquire(self.files, timeout)

    def begin(self, *, timeout: float = 10.0, rebuild: bool = False, set_aside: bool = False) -> Transaction:
        """Take the write lock, waiting up to ``timeout`` seconds, and begin the next generation.

        With ``rebuild`` an index that is damaged or of another format is no obstacle: the base is None.
        With ``set_aside`` the base is None, and everything of the old generations goes to a folder
        ``damaged-<time>`` after the commit, never to be removed; ``rebuild`` does the same with a damaged
        one.

        Raises:
            SearchkitError: the folder holds something else.
            IndexLocked: someone else is writing.
            IndexCorrupt, IndexIncompatible: there is an index, but nothing can be built on it.
            EngineUnavailable: the folder can't be written.
        """
        lock = self.lock(timeout)
        try:
            base = None
            if not set_aside:
                try:
                    base = self._base()
                except (IndexCorrupt, IndexIncompatible) as error:
                    if not rebuild:
                        raise
                    set_aside = isinstance(error, IndexCorrupt)
            return Transaction(self.files, lock, base, next_number(self.files), set_aside=set_aside)
        except BaseException:
            lock.release()
            raise

    def _base(self) -> tuple[Manifest, Current] | None:
        current = self.current()
        if current is None:
            # A commit that was cut short before its last step is whole, or it is nothing.
            base = newest_sound(self.path)
            if base is None and self._lost_current():
                self._must_exist()
            return base
        path = self.path / manifest_name(current.generation)
        try:
            base = read_manifest(self.path, current.generation)
        except IndexMissing as error:
            raise IndexCorrupt("the manifest is missing; run `searchkit repair`", path=path) from error
        if base[1] != current:
            raise IndexCorrupt(
                "the manifest is not the one that CURRENT names; run `searchkit repair`", path=path
            )
        return base


def next_number(files: Files) -> int:
    """Return a generation number that no file in the folder bears."""
    current = None
    # What a damaged one said is lost; the files that it could have meant are counted.
    with suppress(IndexCorrupt):
        current = read_current(files.folder)
    return 1 + max(highest_number(files.list()), 0 if current is None else current.generation)
