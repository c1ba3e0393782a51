"""Stored documents: the records of a segment, compressed one by one."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from itertools import chain
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from searchkit.engines.whoosh.blockfile import BlockFile, BlockFileWriter
from searchkit.errors import IndexCorrupt

if TYPE_CHECKING:
    from searchkit.engines.whoosh.frames import Compressor, Decompressor


class RecordWriter:
    """Collects records and compresses them; the first ones are held until they give a dictionary."""

    def __init__(self) -> None:
        self._held: list[bytes] = []
        self._held_bytes = 0
        self._dictionary = b""
        self._compressor: Compressor | None = None
        self._blob = bytearray()
        self._ends = [0]

    def add(self, record: bytes) -> None:
        """Append the record of the next document."""
        if self._compressor is not None:
            self._blob += self._compressor.frame(record)
            self._ends.append(len(self._blob))
            return
        from searchkit.engines.whoosh.frames import SAMPLE_BYTES

        self._held.append(record)
        self._held_bytes += len(record)
        if self._held_bytes >= SAMPLE_BYTES:
            self._release()

    def _release(self) -> None:
        from searchkit.engines.whoosh.frames import Compressor, make_dictionary

        held, self._held = self._held, []
        self._dictionary = make_dictionary(held)
        self._compressor = Compressor(self._dictionary)
        for record in held:
            self.add(record)

    def write(self, writer: BlockFileWriter) -> None:
        """Write everything to ``writer``; the collector is spent."""
        if self._compressor is None:
            self._release()
        writer.add("records.blob", self._blob)
        ends = np.array(self._ends, np.uint64)
        writer.add("records.offsets", ends.astype(np.uint32) if self._ends[-1] < 1 << 32 else ends)
        writer.add("records.dictionary", self._dictionary)


class Records:
    """The read side."""

    def __init__(self, file: BlockFile) -> None:
        self._blob = file.column("records.blob")
        self._offsets = file.column("records.offsets")
        self._packed_dictionary = file.column("records.dictionary")
        self._path = file.path

    @cached_property
    def _decompressor(self) -> Decompressor:
        from searchkit.engines.whoosh.frames import Decompressor

        try:
            return Decompressor(self._packed_dictionary.all().tobytes())
        except ValueError as error:
            raise IndexCorrupt(
                f"the dictionary of the stored documents can't be read: {error}", path=self._path
            ) from error

    def get(self, docs: Sequence[int]) -> list[bytes]:
        """Return the records of ``docs``, in their order."""
        return [self._record(*self._offsets.slice(doc, doc + 2).tolist()) for doc in docs]

    def _record(self, start: int, stop: int) -> bytes:
        try:
            return self._decompressor.record(self._blob.slice(start, stop).tobytes())
        except ValueError as error:
            raise IndexCorrupt(
                f"a stored document can't be decompressed: {error}", path=self._path
            ) from error


def author_columns(
    authors: Sequence[tuple[str, ...]],
) -> tuple[list[str], npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return distinct names in order of appearance, and per-document offsets into an array of name numbers."""
    flat = list(chain.from_iterable(authors))
    names = {name: number for number, name in enumerate(dict.fromkeys(flat))}
    offsets = np.zeros(len(authors) + 1, np.int64)
    np.cumsum(np.fromiter(map(len, authors), np.int64, len(authors)), out=offsets[1:])
    return list(names), offsets, np.fromiter(map(names.__getitem__, flat), np.int64, len(flat))
