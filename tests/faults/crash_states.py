"""What a disk may hold after a power loss: every prefix of the operations, in many ways.

The model is harsher than most file systems. Data written to a file is safe after the file's fsync; names
made, changed or removed are safe after the folder's sync; anything else may be there or not, in any
combination and order. Data that is not safe may be there in full, not at all, in half, or as zeros.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from searchkit.engines.whoosh.files import Files, Operation

T = TypeVar("T")

DATA_VARIANTS = ("full", "empty", "half", "zeroed")
STALE_LOCK = b'{"pid": 4194305, "host": "elsewhere", "sin'


@dataclass(frozen=True)
class Acknowledged:
    """Stands in the log where the caller was told that its commit is safe."""


class RecordingFiles(Files):
    """Does everything and keeps a log of what changes the disk."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.log: list[Operation | Acknowledged] = []

    def perform(self, operation: Operation, action: Callable[[], T]) -> T:
        result = action()
        if operation.kind not in ("read", "size", "list", "lock", "makedirs"):
            data = None if operation.data is None else memoryview(bytes(operation.data))
            self.log.append(Operation(operation.kind, operation.name, operation.target, data))
        return result

    def acknowledge(self) -> None:
        """Note that a commit has returned; `enumerate_states` does so itself at the end of the run."""
        self.log.append(Acknowledged())


@dataclass
class _Inode:
    safe: bytes = b""
    data: bytearray = field(default_factory=bytearray)

    def content(self, variant: str) -> bytes:
        lost = bytes(self.data[len(self.safe) :])
        if variant == "empty":
            return self.safe
        if variant == "half":
            return self.safe + lost[: len(lost) // 2]
        if variant == "zeroed":
            return self.safe + bytes(len(lost))
        return self.safe + lost


@dataclass(frozen=True)
class _Entry:
    """A change of the folder: ``name`` comes to lead to ``inode`` (None: a folder), ``gone`` to nothing."""

    name: str = ""
    inode: _Inode | None = None
    gone: str = ""

    def apply(self, names: dict[str, _Inode | None]) -> None:
        if self.gone:
            names.pop(self.gone, None)
        if self.name:
            names[self.name] = self.inode


class Disk:
    """A folder on a disk that has a cache."""

    def __init__(self, start: Path) -> None:
        self.live: dict[str, _Inode | None] = {}
        for path in sorted(start.rglob("*")) if start.is_dir() else []:
            name = str(path.relative_to(start))
            if path.is_dir():
                self.live[name] = None
            elif name != "LOCK":
                data = path.read_bytes()
                self.live[name] = _Inode(data, bytearray(data))
        self.safe = dict(self.live)
        self.pending: list[_Entry] = []

    def do(self, operation: Operation) -> None:
        """Do one operation of a log."""
        kind, name = operation.kind, operation.name
        if kind == "create":
            self._change(_Entry(name, _Inode()))
        elif kind == "mkdir":
            if name not in self.live:
                self._change(_Entry(name, None))
        elif kind == "remove":
            self._change(_Entry(gone=name))
        elif kind == "replace":
            self._change(_Entry(operation.target, self.live[name], gone=name))
        elif kind == "sync":
            self.safe, self.pending = dict(self.live), []
        else:
            inode = self.live[name]
            assert inode is not None
            if kind == "write":
                assert operation.data is not None
                inode.data += operation.data
            else:
                assert kind == "fsync", kind
                inode.safe = bytes(inode.data)

    def _change(self, entry: _Entry) -> None:
        entry.apply(self.live)
        self.pending.append(entry)

    def states(self) -> Iterator[tuple[str, dict[str, bytes | None]]]:
        """Yield all distinct contents that the folder may have after a power loss now."""
        count = len(self.pending)
        kept = {"all names": set(range(count)), "no new name": set()}
        for number in range(count):
            kept[f"all names but {number}"] = set(range(count)) - {number}
            kept[f"only name {number}"] = {number}
            kept[f"names before {number}"] = set(range(number))
        seen = set()
        for names_variant, numbers in kept.items():
            names = dict(self.safe)
            for number, entry in enumerate(self.pending):
                if number in numbers:
                    entry.apply(names)
            for data_variant in DATA_VARIANTS:
                content = {n: None if i is None else i.content(data_variant) for n, i in names.items()}
                key = frozenset(content.items())
                if key not in seen:
                    seen.add(key)
                    yield f"{names_variant}, unsynced data {data_variant}", content


def materialise(content: dict[str, bytes | None], folder: Path) -> None:
    """Make a folder of this content, with the lock file of a writer that is dead."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for name, data in content.items():
        path = folder / name
        if data is None:
            path.mkdir(parents=True, exist_ok=True)
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
    (folder / "LOCK").write_bytes(STALE_LOCK)


@dataclass(frozen=True)
class State:
    """A folder after a power loss: ``acknowledged`` counts the commits that had returned by then."""

    folder: Path
    acknowledged: int
    label: str


def enumerate_states(
    run: Callable[[Files], None], start_folder: Path, scratch: Path, *, stride: int = 1
) -> Iterator[State]:
    """Run commits on a copy of ``start_folder`` and yield every state that a power loss may leave behind.

    ``run`` does the commits through the files it is given, which may be asked to note an acknowledgement in
    between (`RecordingFiles.acknowledge`); its return is the last one. The folder of a state is made anew
    for each in ``scratch``, a folder for the harness alone, and may be changed. ``stride`` takes every so
    many-th state only.
    """
    work, folder = scratch / "work", scratch / "state"
    shutil.rmtree(work, ignore_errors=True)
    if start_folder.is_dir():
        shutil.copytree(start_folder, work)
    files = RecordingFiles(work)
    run(files)
    files.acknowledge()
    disk = Disk(start_folder)
    acknowledged = number = 0
    for position, operation in enumerate([Operation("begin"), *files.log]):
        if isinstance(operation, Acknowledged):
            acknowledged += 1
        elif operation.kind != "begin":
            disk.do(operation)
        for variant, content in disk.states():
            number += 1
            if number % stride == 0:
                materialise(content, folder)
                name = (
                    "acknowledged"
                    if isinstance(operation, Acknowledged)
                    else f"{operation.kind} {operation.name}"
                )
                yield State(folder, acknowledged, f"after operation {position} ({name}): {variant}")
