"""What a generation consists of: the content of ``MANIFEST-<N>.json``.

The file is JSON with its own checksum as the first key: the CRC-32 of the whole file, its eight digits taken
as zeros. Nothing in it is trusted before it was checked: not the types, not the names of files.
"""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from searchkit.errors import IndexCorrupt, IndexIncompatible

FORMAT_VERSION = 3
"""The format of the index folder; another one is refused."""

_HEAD = b'{"checksum": "'
_ZEROS = b"00000000"
_CHECKSUM = slice(len(_HEAD), len(_HEAD) + 8)
_NAME = re.compile(r"MAIN_[0-9a-z]{1,40}\.[0-9a-z]{1,10}(?:-[0-9]{1,18})?|_MAIN_[0-9]{1,18}\.toc", re.ASCII)
_ID = re.compile(r"[0-9a-z]{1,40}", re.ASCII)
_LIMIT = 1 << 62
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class FileRecord:
    """A file of a generation: its name, its size in bytes and a checksum that pins its content."""

    name: str
    size: int
    checksum: int


@dataclass(frozen=True, slots=True)
class SegmentRecord:
    """A segment: ``documents`` counts deleted ones too, ``deletions`` says which these are."""

    id: str
    file: FileRecord
    documents: int
    deletions: FileRecord | None = None
    deleted: int = 0


@dataclass(frozen=True, slots=True)
class Previous:
    """The generation that a commit replaced, with the CRC-32 of its manifest."""

    generation: int
    checksum: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """A generation. ``documents`` counts live ones; ``toc`` and ``previous`` are filled in by the commit."""

    generation: int
    versions: Mapping[str, str] = field(default_factory=dict)
    segments: tuple[SegmentRecord, ...] = ()
    lexicon: tuple[FileRecord, ...] = ()
    sources: FileRecord | None = None
    user_files: tuple[FileRecord, ...] = ()
    glossary: FileRecord | None = None
    documents: int = 0
    toc: FileRecord | None = None
    previous: Previous | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)

    def files(self) -> list[FileRecord]:
        """Return the records of all files of the generation."""
        records = list(self.lexicon)
        for segment in self.segments:
            records.append(segment.file)
            if segment.deletions is not None:
                records.append(segment.deletions)
        records.extend(record for record in (self.sources, self.glossary, self.toc) if record is not None)
        records.extend(self.user_files)
        return records

    def to_json(self) -> bytes:
        """Return the bytes of the manifest's file."""
        values: dict[str, Any] = {
            "checksum": _ZEROS.decode(),
            "format_version": FORMAT_VERSION,
            "generation": self.generation,
            "versions": dict(self.versions),
            "documents": self.documents,
            "segments": [
                {
                    "id": segment.id,
                    "documents": segment.documents,
                    "deleted": segment.deleted,
                    "file": _from_file(segment.file),
                    "deletions": _from_file(segment.deletions),
                }
                for segment in self.segments
            ],
            "lexicon": [_from_file(record) for record in self.lexicon],
            "sources": _from_file(self.sources),
            "user_files": [_from_file(record) for record in self.user_files],
            "glossary": _from_file(self.glossary),
            "toc": _from_file(self.toc),
            "previous": None
            if self.previous is None
            else {"generation": self.previous.generation, "checksum": self.previous.checksum},
            "extra": dict(self.extra),
        }
        data = bytearray(json.dumps(values, indent=1).replace("{\n ", "{", 1).encode() + b"\n")
        data[_CHECKSUM] = b"%08x" % zlib.crc32(data)
        return bytes(data)

    @classmethod
    def from_json(cls, data: bytes, *, path: object = "") -> Manifest:
        """Read a manifest's file; ``path`` is for messages.

        Raises:
            IndexCorrupt: it is damaged or not a manifest.
            IndexIncompatible: another format.
        """
        where = str(path) if path else None
        written = data[_CHECKSUM]
        blank = data[: _CHECKSUM.start] + _ZEROS + data[_CHECKSUM.stop :]
        if not data.startswith(_HEAD) or written != b"%08x" % zlib.crc32(blank):
            raise IndexCorrupt(
                "the manifest is damaged (its checksum is wrong); run `searchkit repair`", path=where
            )
        try:
            values = json.loads(data)
            version = values["format_version"]
            if version == FORMAT_VERSION and type(version) is int:
                return _manifest(values)
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            raise IndexCorrupt(
                f"the manifest is not valid ({error}); run `searchkit repair`", path=where
            ) from error
        raise IndexIncompatible(
            f"{path}: the index has format {version!r:.20}, this program reads {FORMAT_VERSION}; "
            "run `searchkit index --rebuild SOURCE…` with what was indexed"
        )


def valid_name(name: object) -> bool:
    """Return whether ``name`` can be a file of a generation: never a path, never a name of anything else."""
    return isinstance(name, str) and _NAME.fullmatch(name) is not None


def _from_file(record: FileRecord | None) -> dict[str, Any] | None:
    if record is None:
        return None
    return {"name": record.name, "size": record.size, "checksum": record.checksum}


def _count(value: object) -> int:
    if type(value) is not int or not 0 <= value < _LIMIT:
        raise ValueError(f"{value!r:.40} is not a count")
    return value


def _checksum(value: object) -> int:
    if type(value) is not int or not 0 <= value < 1 << 32:
        raise ValueError(f"{value!r:.40} is not a checksum")
    return value


def _file(value: Mapping[str, Any]) -> FileRecord:
    name = value["name"]
    if not valid_name(name):
        raise ValueError(f"{name!r:.60} is not the name of an index file")
    return FileRecord(name, _count(value["size"]), _checksum(value["checksum"]))


def _optional(value: Any, read: Callable[[Any], _T]) -> _T | None:
    return None if value is None else read(value)


def _list(value: object, read: Callable[[Any], _T]) -> tuple[_T, ...]:
    if not isinstance(value, list):
        raise TypeError(f"{value!r:.40} is not a list")
    return tuple(read(item) for item in value)


def _segment(value: Mapping[str, Any]) -> SegmentRecord:
    segment_id = value["id"]
    if not isinstance(segment_id, str) or not _ID.fullmatch(segment_id):
        raise ValueError(f"{segment_id!r:.60} is not the id of a segment")
    documents, deleted = _count(value["documents"]), _count(value["deleted"])
    deletions = _optional(value["deletions"], _file)
    if deleted > documents or (deleted > 0 and deletions is None):
        raise ValueError(f"segment {segment_id} has {deleted} deletions in {documents} documents")
    return SegmentRecord(segment_id, _file(value["file"]), documents, deletions, deleted)


def _previous(value: Mapping[str, Any]) -> Previous:
    return Previous(_count(value["generation"]), _checksum(value["checksum"]))


def _manifest(values: Mapping[str, Any]) -> Manifest:
    versions, extra = values["versions"], values["extra"]
    if not isinstance(versions, dict) or not all(isinstance(version, str) for version in versions.values()):
        raise TypeError("the versions are not strings")
    if not isinstance(extra, dict):
        raise TypeError("the extra values are no object")
    manifest = Manifest(
        generation=_count(values["generation"]),
        versions=versions,
        segments=_list(values["segments"], _segment),
        lexicon=_list(values["lexicon"], _file),
        sources=_optional(values["sources"], _file),
        user_files=_list(values["user_files"], _file),
        glossary=_optional(values["glossary"], _file),
        documents=_count(values["documents"]),
        toc=_optional(values["toc"], _file),
        previous=_optional(values["previous"], _previous),
        extra=extra,
    )
    names = [record.name for record in manifest.files()]
    if len(names) != len(set(names)):
        raise ValueError("a file is named twice")
    if manifest.documents != sum(segment.documents - segment.deleted for segment in manifest.segments):
        raise ValueError("the segments hold another number of documents than the manifest says")
    return manifest
