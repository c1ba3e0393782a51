"""What the documents of a segment gloss: every distinct gloss once, with the documents that hold it."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Sequence
from functools import cached_property
from itertools import chain
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from searchkit.analysis.glosses import Gloss
from searchkit.engines.whoosh.blockfile import BlockFile, BlockFileWriter, small
from searchkit.errors import IndexCorrupt

_FIELD, _LINE = "\t", "\n"
_OPEN = "", "1"
_NAME = "glosses"


class PackedGlosses(NamedTuple):
    """Glosses of the documents of a segment as they are stored."""

    texts: bytes
    sizes: npt.NDArray[np.unsignedinteger]
    docs: npt.NDArray[np.unsignedinteger]

    def write(self, writer: BlockFileWriter) -> None:
        """Write everything as arrays of a block file."""
        for field, values in self._asdict().items():
            writer.add(f"{_NAME}.{field}", values)

    def counts(self) -> dict[Gloss, int]:
        """Return how many documents hold each gloss."""
        return dict(zip(map(_gloss, _lines(self.texts)), self.sizes.tolist()))


class GlossRecords:
    """Glosses of documents, in the making; documents come in order."""

    def __init__(self) -> None:
        self._docs: dict[Gloss, list[int]] = {}

    def add(self, doc: int, glosses: Iterable[Gloss]) -> None:
        """Take the glosses of a document, each once."""
        for gloss in glosses:
            self._docs.setdefault(gloss, []).append(doc)

    def counts(self) -> dict[Gloss, int]:
        """Return how many documents hold each gloss."""
        return {gloss: len(docs) for gloss, docs in self._docs.items()}

    def pack(self, doc_count: int) -> PackedGlosses:
        """Return everything as it is stored, the same whatever order glosses came in."""
        glosses = sorted(self._docs)
        lines = _LINE.join(
            [f"{name}{_FIELD}{other}{_FIELD}{_OPEN[is_open]}" for name, other, is_open in glosses]
        )
        holders = [self._docs[gloss] for gloss in glosses]
        sizes = np.fromiter(map(len, holders), np.int64, len(holders))
        docs = list(chain.from_iterable(holders))
        return PackedGlosses(
            zlib.compress(lines.encode("utf-8", "surrogatepass"), 6),
            small(sizes),
            np.array(docs, np.uint16 if doc_count <= 1 << 16 else np.uint32),
        )


def _lines(packed: bytes) -> list[str]:
    text = zlib.decompress(packed).decode("utf-8", "surrogatepass")
    return text.split(_LINE) if text else []


def _gloss(line: str) -> Gloss:
    name, other, is_open = line.split(_FIELD)
    return Gloss(name, other, bool(is_open))


class StoredGlosses:
    """What `GlossRecords.write` wrote."""

    def __init__(self, file: BlockFile) -> None:
        packed = file.column(f"{_NAME}.texts").all().tobytes()
        self._path = file.path
        try:
            self._lines = _lines(packed)
        except (ValueError, zlib.error) as error:
            raise self._damaged(error) from error
        sizes = file.column(f"{_NAME}.sizes").all()
        self._offsets = np.zeros(len(sizes) + 1, np.int64)
        np.cumsum(sizes, out=self._offsets[1:])
        self._docs = file.column(f"{_NAME}.docs").all()
        if len(sizes) != len(self._lines) or self._offsets[-1] != len(self._docs):
            raise IndexCorrupt("the glosses and their documents don't belong together", path=file.path)

    def _damaged(self, error: Exception) -> IndexCorrupt:
        return IndexCorrupt(f"the glosses can't be read: {error}", path=self._path)

    @cached_property
    def glosses(self) -> list[Gloss]:
        """All glosses, in their order."""
        return self._read(self._lines)

    def _read(self, lines: Iterable[str]) -> list[Gloss]:
        try:
            return [*map(_gloss, lines)]
        except ValueError as error:
            raise self._damaged(error) from error

    def within(self, docs: npt.NDArray[np.bool_]) -> dict[Gloss, int]:
        """Return the glosses that ``docs``, a mask, hold, and how many of them hold each."""
        counts = np.array(self.counts(~docs), np.int64)
        held = np.flatnonzero(counts)
        found = self._read(self._lines[number] for number in held.tolist())
        return dict(zip(found, counts[held].tolist()))

    def docs(self, number: int) -> npt.NDArray[np.unsignedinteger]:
        """Return the documents that hold gloss ``number``, ascending, deleted ones included."""
        found: npt.NDArray[np.unsignedinteger] = self._docs[self._offsets[number] : self._offsets[number + 1]]
        return found

    def counts(self, deleted: npt.NDArray[np.bool_] | None) -> list[int]:
        """Return how many documents that aren't ``deleted`` hold each gloss."""
        if deleted is None:
            return [int(count) for count in np.diff(self._offsets)]
        live = np.zeros(len(self._docs) + 1, np.int64)
        np.cumsum(~deleted[self._docs], out=live[1:])
        return [int(count) for count in np.diff(live[self._offsets])]


def count_glosses(files: Iterable[tuple[BlockFile, npt.NDArray[np.bool_] | None]]) -> dict[Gloss, int]:
    """Add up the glosses of segments, each given by its file and the mask of its deleted documents."""
    total: dict[Gloss, int] = {}
    for file, deleted in files:
        stored = StoredGlosses(file)
        for gloss, count in zip(stored.glosses, stored.counts(deleted)):
            if count:
                total[gloss] = total.get(gloss, 0) + count
    return total


def merge_glosses(files: Sequence[BlockFile], lives: Sequence[npt.NDArray[np.int64]]) -> GlossRecords:
    """Return the glosses of the documents ``lives`` of several segments, renumbered in their order."""
    merged = GlossRecords()
    first = 0
    for file, live in zip(files, lives):
        stored = StoredGlosses(file)
        for number, gloss in enumerate(stored.glosses):
            docs = stored.docs(number)
            at = np.searchsorted(live, docs)
            kept = at[np.take(live, at, mode="clip") == docs] if len(live) else at[:0]
            for doc in kept.tolist():
                merged.add(first + doc, (gloss,))
        first += len(live)
    return merged
