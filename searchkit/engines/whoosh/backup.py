"""Backup and restore: one generation in one portable file.

The file is a plain tar: ``searchkit-backup.json`` (what follows, with sizes and SHA-256), the manifest, the
files of the generation. It is read by a reader of its own that knows regular files and nothing else: no
links, no devices, no folders, no paths, no member that was not announced, so that nothing in a backup can
lead out of the target.
"""

from __future__ import annotations

import hashlib
import json
import re
import secrets
import tarfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from searchkit.engines.whoosh.files import Files, FileWriter, unavailable
from searchkit.engines.whoosh.integrity import file_problems, generation_problems
from searchkit.engines.whoosh.layout import LOCK, WRITER_GUARD, is_written, manifest_name, parse_manifest
from searchkit.engines.whoosh.manifest import Manifest
from searchkit.engines.whoosh.store import Store
from searchkit.engines.whoosh.transaction import Transaction
from searchkit.errors import EngineUnavailable, IndexCorrupt, IndexIncompatible, SearchkitError

_CONTENTS = "searchkit-backup.json"
_FORMAT = 1
_BLOCK = 512
_CHUNK = 1 << 20
_MAX_IN_MEMORY = 1 << 28
_SHA256 = re.compile(r"[0-9a-f]{64}", re.ASCII)


@dataclass(frozen=True, slots=True)
class _Member:
    name: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Backup:
    """What a backup holds: ``bytes`` is the size of its file."""

    generation: int
    documents: int
    files: int
    bytes: int


def backup(path: str | Path, out_file: str | Path, *, files: Files | None = None) -> Backup:
    """Write the generation that counts to ``out_file``, checked on the way, whoever commits meanwhile.

    An older backup of that name is replaced when the new one is whole; any other file is left alone.

    Raises:
        IndexMissing, IndexIncompatible: there is nothing to back up.
        IndexCorrupt: the index is damaged; nothing was written.
        SearchkitError: ``out_file`` is something else.
        EngineUnavailable: the disk refused something.
    """
    target = Path(out_file)
    if target.exists() and not _is_backup(target):
        raise SearchkitError(f"{target}: the file is there and is no searchkit backup; choose another name")
    if not target.parent.is_dir():
        raise EngineUnavailable(
            f"{target}: there is no folder {target.parent}; make it or choose another name"
        )
    files = Files(target.parent) if files is None else files
    pin = Store(path).pin()
    temporary = f"{target.name}.{secrets.token_hex(4)}.tmp"
    try:
        manifest = pin.manifest
        members = [_member(pin.folder / manifest_name(manifest.generation))]
        for record in manifest.files():
            for problem in file_problems(pin.folder, record):
                raise IndexCorrupt(
                    f"{problem.message}; nothing was backed up", path=pin.folder / problem.file
                )
            members.append(_member(pin.folder / record.name))
        writer = files.create(temporary)
        try:
            size = _write(writer, pin.folder, manifest, members)
            writer.close()
            files.replace(temporary, target.name)
        except BaseException:
            writer.abandon()
            raise
        files.sync()
        return Backup(manifest.generation, manifest.documents, len(members), size)
    finally:
        pin.release()


def _write(writer: FileWriter, folder: Path, manifest: Manifest, members: list[_Member]) -> int:
    values = {
        "format_version": _FORMAT,
        "generation": manifest.generation,
        "documents": manifest.documents,
        "files": [{"name": m.name, "size": m.size, "sha256": m.sha256} for m in members],
    }
    contents = json.dumps(values, indent=1).encode() + b"\n"
    size = 0
    for member in (_Member(_CONTENTS, len(contents), ""), *members):
        header = tarfile.TarInfo(member.name)
        header.size, header.mode = member.size, 0o644
        writer.write(header.tobuf(tarfile.GNU_FORMAT, "utf-8", "strict"))
        if member.name == _CONTENTS:
            writer.write(contents)
        else:
            digest = hashlib.sha256()
            for chunk in _chunks(folder / member.name):
                digest.update(chunk)
                writer.write(chunk)
            if digest.hexdigest() != member.sha256:
                raise IndexCorrupt("the file changed while it was read", path=folder / member.name)
        writer.write(bytes(-member.size % _BLOCK))
        size += _BLOCK + member.size + -member.size % _BLOCK
    writer.write(bytes(2 * _BLOCK))
    return size + 2 * _BLOCK


def restore(
    archive: str | Path,
    path: str | Path,
    *,
    toc: Callable[[Manifest], bytes] | None = None,
    check: Callable[[Manifest], None] | None = None,
    timeout: float = 10.0,
    files: Files | None = None,
) -> Manifest:
    """Make an index of a backup in a folder that is empty (dotfiles aside) or missing.

    Everything is checked before it counts: against the backup's SHA-256, against the manifest, and by
    ``check``. ``toc`` makes the table of contents for foreign readers anew, for theirs runs code when it is
    opened, and a backup may come from anywhere.

    Raises:
        SearchkitError: the folder isn't empty.
        IndexCorrupt: the file is no backup, or damaged; nothing is left in the folder.
        IndexIncompatible: it was made by another version.
        EngineUnavailable: the disk refused something.
    """
    source = Path(archive)
    store = Store(path, files=files)
    _must_be_empty(store.path)
    try:
        file = source.open("rb")
    except OSError as error:
        raise unavailable(error, source) from error
    with file:
        reader = _Reader(file, source)
        members = reader.contents()
        manifest = _read_manifest(reader, members[0])
        announced = {member.name: member.size for member in members[1:]}
        if announced != {record.name: record.size for record in manifest.files()}:
            raise reader.damaged("its list of files is not that of its manifest")
        if manifest.toc is None or announced[manifest.toc.name] > _MAX_IN_MEMORY:
            raise reader.damaged("it has no table of contents")
        lock = store.lock(timeout)
        with Transaction(store.files, lock, None, manifest.generation) as transaction:
            _must_be_empty(store.path)
            content = b""
            for member in members[1:]:
                if member.name == manifest.toc.name:
                    content = b"".join(reader.read(member))
                    continue
                writer = transaction.files.create(member.name)
                for chunk in reader.read(member):
                    writer.write(chunk)
                writer.close()
            reader.end()

            def sound(written: Manifest) -> None:
                for problem in generation_problems(store.path, written):
                    raise reader.damaged(str(problem))
                if toc is None and written.toc != manifest.toc:
                    raise reader.damaged("its table of contents is another one")
                if check is not None:
                    check(written)

            if toc is not None:
                content = toc(manifest)
            return transaction.commit(manifest, content, sound)


def _must_be_empty(folder: Path) -> None:
    try:
        names = {path.name for path in folder.iterdir() if not path.name.startswith(".")}
    except FileNotFoundError:
        return
    except OSError as error:
        raise unavailable(error, folder) from error
    # A restore that was cut short may have left these two.
    if names - {LOCK, WRITER_GUARD}:
        raise SearchkitError(f"{folder}: the folder is not empty; restore into an empty or new one")


def _read_manifest(reader: _Reader, member: _Member) -> Manifest:
    if member.size > _MAX_IN_MEMORY:
        raise reader.damaged("its manifest is too large")
    data = b"".join(reader.read(member))
    generation = reader.generation
    if member.name != manifest_name(generation):
        raise reader.damaged("it does not begin with its manifest")
    return parse_manifest(data, reader.path / member.name, generation)


class _Reader:
    """Reads the members in the order announced; whatever else turns up is damage."""

    def __init__(self, file: IO[bytes], path: Path) -> None:
        self.path = path
        self.generation = 0
        self._file = file
        self._size = path.stat().st_size

    def damaged(self, reason: str) -> IndexCorrupt:
        """Return the error that says what is wrong with the backup."""
        return IndexCorrupt(f"this is no sound searchkit backup: {reason}; use another one", path=self.path)

    def contents(self) -> list[_Member]:
        """Read the list of what follows."""
        size = self._header(_CONTENTS)
        if size > _MAX_IN_MEMORY:
            raise self.damaged("its list of files is too large")
        data = b"".join(self._data(size))
        try:
            values = json.loads(data)
            version = values["format_version"]
            if version == _FORMAT:
                self.generation = _natural(values["generation"])
                members = [_announced(value) for value in values["files"]]
                if members and len({member.name for member in members}) == len(members):
                    return members
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            raise self.damaged("its list of files can't be read") from error
        if version != _FORMAT:
            raise IndexIncompatible(
                f"{self.path}: the backup has format {version!r:.20}, this program reads {_FORMAT}; "
                "restore it with the program that made it"
            )
        raise self.damaged("its list of files is empty or names one twice")

    def read(self, member: _Member) -> Iterator[bytes]:
        """Read the next member, which must be ``member``, in chunks; what was read counts only at the end."""
        if self._header(member.name) != member.size:
            raise self.damaged(f"{member.name} has another size than announced")
        digest = hashlib.sha256()
        for chunk in self._data(member.size):
            digest.update(chunk)
            yield chunk
        if digest.hexdigest() != member.sha256:
            raise self.damaged(f"{member.name} has a wrong checksum")

    def end(self) -> None:
        """Make sure that nothing follows."""
        length = 0
        while chunk := self._file.read(_CHUNK):
            length += len(chunk)
            if chunk.strip(b"\0"):
                raise self.damaged("something follows its last file")
        if length < 2 * _BLOCK:
            raise self.damaged("its end is missing")

    def _header(self, name: str) -> int:
        block = self._file.read(_BLOCK)
        try:
            header = tarfile.TarInfo.frombuf(block, "utf-8", "strict")
        except (tarfile.TarError, ValueError) as error:
            raise self.damaged(f"{name} is missing") from error
        regular = header.type in (tarfile.REGTYPE, tarfile.AREGTYPE) and not header.linkname
        if not regular or header.name != name:
            raise self.damaged(f"{name} is missing")
        if not 0 <= header.size <= self._size - self._file.tell():
            raise self.damaged(f"{name} is cut off")
        return header.size

    def _data(self, size: int) -> Iterator[bytes]:
        left = size
        while left:
            chunk = self._file.read(min(left, _CHUNK))
            if not chunk:
                raise self.damaged("it is cut off")
            left -= len(chunk)
            yield chunk
        if self._file.read(-size % _BLOCK).strip(b"\0"):
            raise self.damaged("something stands between its files")


def _natural(value: object) -> int:
    if type(value) is not int or not 0 <= value < 1 << 62:
        raise ValueError(f"{value!r:.40} is not a count")
    return value


def _announced(value: dict[str, Any]) -> _Member:
    name, sha256 = value["name"], value["sha256"]
    if not isinstance(name, str) or not is_written(name):
        raise ValueError(f"{name!r:.60} is not the name of an index file")
    if not isinstance(sha256, str) or not _SHA256.fullmatch(sha256):
        raise ValueError(f"{name} has no checksum")
    return _Member(name, _natural(value["size"]), sha256)


def _chunks(path: Path) -> Iterator[bytes]:
    try:
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK):
                yield chunk
    except OSError as error:
        raise unavailable(error, path) from error


def _member(path: Path) -> _Member:
    digest = hashlib.sha256()
    size = 0
    for chunk in _chunks(path):
        digest.update(chunk)
        size += len(chunk)
    return _Member(path.name, size, digest.hexdigest())


def _is_backup(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return file.read(len(_CONTENTS)) == _CONTENTS.encode()
    except OSError as error:
        raise unavailable(error, path) from error
