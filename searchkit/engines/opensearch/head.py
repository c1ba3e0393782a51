"""The head of the ledger: which commit counts, what it consists of, and who is making the next."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from searchkit.engines.whoosh.manifest import FileRecord
from searchkit.errors import IndexCorrupt, IndexIncompatible

FORMAT_VERSION = 3
"""The format of what an index on a cluster consists of; another one is refused."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """A commit in the making.

    ``host`` and ``process`` say who makes it, ``beat`` (seconds since 1970) when it was last heard of, 0 once it has
    given up. It writes to the index ``target`` on top of commit ``base``; ``fresh`` if nothing of that is kept.
    ``steps`` entries of its journal are covered by ``state``, the sources as far as they were read, and by ``levels``
    and ``changes``, its share of the lexicon and of the frequencies, made by ``versions``. These are there once it can
    be taken up again.
    """

    host: str
    process: int
    beat: float
    fresh: bool
    target: str
    base: int
    steps: int = 0
    state: FileRecord | None = None
    versions: Mapping[str, str] = field(default_factory=dict)
    levels: tuple[FileRecord, ...] = ()
    changes: tuple[FileRecord, ...] = ()

    def blobs(self) -> Iterator[FileRecord]:
        """Yield all blobs that it names."""
        yield from self.levels
        yield from self.changes
        if self.state is not None:
            yield self.state


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """What a commit consists of: the index with its documents, and blobs.

    ``changes`` are the tables whose sum says how many documents hold each term.
    """

    documents: str
    count: int = 0
    versions: Mapping[str, str] = field(default_factory=dict)
    lexicon: tuple[FileRecord, ...] = ()
    changes: tuple[FileRecord, ...] = ()
    glossary: FileRecord | None = None
    sources: FileRecord | None = None
    user_files: tuple[tuple[str, FileRecord], ...] = ()

    def blobs(self) -> Iterator[FileRecord]:
        """Yield all blobs that it names."""
        yield from self.lexicon
        yield from self.changes
        yield from (record for record in (self.glossary, self.sources) if record is not None)
        yield from (record for _, record in self.user_files)


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """Commit ``number`` consists of ``content``; 0 means that none has been made yet.

    ``previous`` is what the commit before it consisted of, ``works`` are commits in the making by their names, and
    ``build`` is the number of the last index that was made for documents.
    """

    number: int
    content: Content
    previous: Content | None = None
    works: Mapping[str, Work] = field(default_factory=dict)
    build: int = 1

    def with_work(self, name: str, work: Work | None) -> Head:
        """Return the head with another state of a commit in the making, or without it."""
        works = {each: known for each, known in self.works.items() if each != name}
        if work is not None:
            works[name] = work
        return replace(self, works=works)

    def blobs(self) -> set[str]:
        """Return the names of all blobs that it names."""
        named = {record.name for record in self.content.blobs()}
        if self.previous is not None:
            named.update(record.name for record in self.previous.blobs())
        return named.union(*({record.name for record in work.blobs()} for work in self.works.values()))

    def indexes(self) -> set[str]:
        """Return the names of all indexes of documents that it names."""
        named = {self.content.documents} | {work.target for work in self.works.values()}
        return named if self.previous is None else named | {self.previous.documents}

    def to_values(self) -> dict[str, Any]:
        """Return what is stored of it."""
        content = json.dumps(asdict(self), separators=(",", ":"))
        return {"format": FORMAT_VERSION, "checksum": zlib.crc32(content.encode()), "content": content}

    @classmethod
    def from_values(cls, values: Mapping[str, Any], place: str) -> Head:
        """Read what was stored at ``place``.

        Raises:
            IndexCorrupt: it is damaged.
            IndexIncompatible: it has another format.
        """
        version = values.get("format")
        if version != FORMAT_VERSION:
            raise IndexIncompatible(
                f"{place}: the index has format {version!r:.20}, this program reads {FORMAT_VERSION}; "
                f"run `searchkit index --rebuild --index {place} SOURCE…` with what was indexed"
            )
        try:
            text = values["content"]
            if zlib.crc32(text.encode()) != values["checksum"]:
                raise ValueError("its checksum is wrong")
            read = json.loads(text)
            return cls(
                number=int(read["number"]),
                content=_content(read["content"]),
                previous=None if read["previous"] is None else _content(read["previous"]),
                works={str(name): _work(work) for name, work in read["works"].items()},
                build=int(read["build"]),
            )
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise IndexCorrupt(
                f"what says which commit counts is damaged ({error}); index the sources anew with --rebuild",
                path=place,
            ) from error


def _record(value: Mapping[str, Any]) -> FileRecord:
    return FileRecord(str(value["name"]), int(value["size"]), int(value["checksum"]))


def _optional(value: Mapping[str, Any] | None) -> FileRecord | None:
    return None if value is None else _record(value)


def _versions(values: Mapping[str, Any]) -> dict[str, str]:
    return {str(name): str(version) for name, version in values.items()}


def _content(values: Mapping[str, Any]) -> Content:
    return Content(
        documents=str(values["documents"]),
        count=int(values["count"]),
        versions=_versions(values["versions"]),
        lexicon=tuple(map(_record, values["lexicon"])),
        changes=tuple(map(_record, values["changes"])),
        glossary=_optional(values["glossary"]),
        sources=_optional(values["sources"]),
        user_files=tuple((str(name), _record(record)) for name, record in values["user_files"]),
    )


def _work(values: Mapping[str, Any]) -> Work:
    return Work(
        host=str(values["host"]),
        process=int(values["process"]),
        beat=float(values["beat"]),
        fresh=bool(values["fresh"]),
        target=str(values["target"]),
        base=int(values["base"]),
        steps=int(values["steps"]),
        state=_optional(values["state"]),
        versions=_versions(values["versions"]),
        levels=tuple(map(_record, values["levels"])),
        changes=tuple(map(_record, values["changes"])),
    )
