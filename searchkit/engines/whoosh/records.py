"""Stored documents: what a hit shows, compressed a few dozen together."""

from __future__ import annotations

import json
import zlib
from collections.abc import Sequence
from operator import attrgetter
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from searchkit.document import Document
from searchkit.engines.whoosh.blockfile import BlockFile, BlockFileWriter
from searchkit.errors import DocumentError, IndexCorrupt

if TYPE_CHECKING:
    from concurrent.futures import Future

_BLOCK_BYTES = 12 * 1024
_MAX_BLOCK_BYTES = 1 << 30
_PIECE_BYTES = 4 * 1024
"""So much is inflated at a time until the record that is wanted is there."""
_LEVEL = 6
_DICTIONARY_BYTES = 32 * 1024
_SAMPLE_BLOCKS = 64
"""So many blocks are looked at for the dictionary; with fewer there is none, for it takes room itself."""
_FIELDS = (
    "id",
    "title",
    "date",
    "url",
    "arxiv_id",
    "authors",
    "authors_truncated",
    "votes",
    "bullets",
    "labels",
    "bullet_lines",
    "media",
    "source",
    "line",
    "extra",
)
_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))
_values_of = attrgetter(*_FIELDS)


def encode(document: Document) -> bytes:
    """Return the document as one line of ASCII JSON, or of UTF-8 where every character can be.

    Raises:
        DocumentError: ``extra`` holds what JSON can't.
    """
    values = [*_values_of(document)]
    try:
        values[-1] = dict(document.extra)
        try:
            return _ENCODER.encode(values).encode()
        except UnicodeEncodeError:
            return json.dumps(values, separators=(",", ":")).encode()
    except (TypeError, ValueError, RecursionError) as error:
        raise DocumentError(f"{document.id}: extra can't be written as JSON: {error}") from error


def decode(record: bytes) -> Document:
    """Return the document of a record.

    Raises:
        IndexCorrupt: the record isn't one.
    """
    try:
        values = json.loads(record)
        return Document(**dict(zip(_FIELDS, values, strict=True)))
    except (ValueError, TypeError, RecursionError, DocumentError) as error:
        raise IndexCorrupt(f"a stored document can't be read: {error}") from error


class RecordWriter:
    """Collects records and compresses them in another thread, so that parsing and analysis go on meanwhile.

    Where there are many, the first ones give a dictionary of common strings: small blocks are then as good as large.
    """

    def __init__(self) -> None:
        from concurrent.futures import ThreadPoolExecutor  # readers do without

        self._pending: list[bytes] = []
        self._pending_bytes = 0
        self._held: list[bytes] | None = []
        self._dictionary = b""
        self._firsts: list[int] = []
        self._blocks: list[Future[bytes]] = []
        self._count = 0
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="searchkit-records")

    def add(self, record: bytes) -> None:
        """Append the record of the next document."""
        self._pending.append(record)
        self._pending_bytes += len(record)
        self._count += 1
        if self._pending_bytes >= _BLOCK_BYTES:
            self._cut()

    def _cut(self) -> None:
        if not self._pending:
            return
        self._firsts.append(self._count - len(self._pending))
        block = b"\n".join(self._pending)
        self._pending = []
        self._pending_bytes = 0
        if self._held is None:
            self._submit(block)
            return
        self._held.append(block)
        if len(self._held) == _SAMPLE_BLOCKS:
            share = _DICTIONARY_BYTES // _SAMPLE_BLOCKS
            self._dictionary = b"".join(held[:share] for held in self._held)
            self._release()

    def _release(self) -> None:
        held, self._held = self._held, None
        for block in held or ():
            self._submit(block)

    def _submit(self, block: bytes) -> None:
        self._blocks.append(self._pool.submit(_deflate, block, self._dictionary))

    def write(self, writer: BlockFileWriter) -> None:
        """Write everything to ``writer``; the collector is spent."""
        self._cut()
        self._release()
        sizes = [len(block.result()) for block in self._blocks]
        writer.begin("records.blob", np.uint8)
        for block in self._blocks:
            writer.extend(np.frombuffer(block.result(), np.uint8))
        writer.end()
        offsets = np.zeros(len(sizes) + 1, np.uint64)
        np.cumsum(sizes, out=offsets[1:])
        writer.add("records.offsets", offsets)
        writer.add("records.firsts", np.array(self._firsts, np.uint32))
        writer.add("records.dictionary", self._dictionary)
        self.close()

    def close(self) -> None:
        """Stop the thread."""
        self._pool.shutdown(wait=True, cancel_futures=True)


def _deflate(block: bytes, dictionary: bytes) -> bytes:
    deflater = zlib.compressobj(_LEVEL, zdict=dictionary) if dictionary else zlib.compressobj(_LEVEL)
    return deflater.compress(block) + deflater.flush()


class Records:
    """The read side."""

    def __init__(self, file: BlockFile) -> None:
        self._blob = file.column("records.blob")
        self._offsets = file.column("records.offsets")
        self._firsts = file.column("records.firsts")
        self._dictionary = file.column("records.dictionary")
        self._path = file.path

    def _block(self, number: int, last: int | None = None) -> list[bytes]:
        """Return the records of a block, up to number ``last`` in it at least."""
        start, stop = int(self._offsets[number]), int(self._offsets[number + 1])
        dictionary = self._dictionary.all().tobytes()
        inflater = zlib.decompressobj(zdict=dictionary) if dictionary else zlib.decompressobj()
        packed = self._blob.slice(start, stop).tobytes()
        pieces: list[bytes] = []
        ends = 0
        try:
            while packed and (last is None or ends <= last):
                piece = inflater.decompress(packed, _MAX_BLOCK_BYTES if last is None else _PIECE_BYTES)
                packed = inflater.unconsumed_tail
                pieces.append(piece)
                ends += 0 if last is None else piece.count(b"\n")
        except zlib.error as error:
            raise IndexCorrupt(f"stored documents can't be inflated: {error}", path=self._path) from error
        return b"".join(pieces).split(b"\n")

    def get(self, docs: Sequence[int]) -> list[bytes]:
        """Return the records of ``docs``, in their order; each block is inflated once, and no further than needed."""
        firsts = self._firsts.all()
        wanted = np.asarray(docs, np.int64)
        numbers = (np.searchsorted(firsts, wanted, side="right") - 1).tolist()
        lasts: dict[int, int] = {}
        for doc, number in zip(docs, numbers):
            lasts[number] = max(lasts.get(number, 0), doc - int(firsts[number]))
        blocks = {number: self._block(number, last) for number, last in lasts.items()}
        try:
            return [blocks[number][doc - int(firsts[number])] for doc, number in zip(docs, numbers)]
        except IndexError as error:
            raise IndexCorrupt("a stored document is missing", path=self._path) from error

    def iterate(self) -> list[bytes]:
        """Return the records of all documents, in order."""
        return [record for number in range(self._firsts.size) for record in self._block(number)]


def author_columns(
    authors: Sequence[tuple[str, ...]],
) -> tuple[list[str], npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return distinct names in order of appearance, and per-document offsets into an array of name numbers."""
    names: dict[str, int] = {}
    numbers = [names.setdefault(name, len(names)) for document in authors for name in document]
    offsets = np.zeros(len(authors) + 1, np.int64)
    np.cumsum([len(document) for document in authors], out=offsets[1:])
    return list(names), offsets, np.array(numbers, np.int64)
