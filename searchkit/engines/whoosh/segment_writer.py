"""Writing a segment: streams, columns and stored documents of a batch, as arrays of one block file."""

from __future__ import annotations

import json
import zlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from searchkit.document import Document
from searchkit.engines.day_numbers import day_number
from searchkit.engines.whoosh.blockfile import BlockFileWriter, small
from searchkit.engines.whoosh.inversion import Ints
from searchkit.engines.whoosh.records import RecordWriter, author_columns

NO_VOTES = -(2**31)


@dataclass(slots=True)
class Columns:
    """What is known of each document besides its text, in document order."""

    ids: list[str]
    arxiv_ids: list[str | None]
    dates: list[int]
    votes: list[int]
    authors: list[tuple[str, ...]]

    @classmethod
    def empty(cls) -> Columns:
        """Return columns of no document."""
        return cls([], [], [], [], [])

    def add(self, document: Document) -> None:
        """Append a document."""
        self.ids.append(document.id)
        self.arxiv_ids.append(document.arxiv_id)
        self.dates.append(0 if document.date is None else day_number(document.date))
        self.votes.append(NO_VOTES if document.votes is None else document.votes)
        self.authors.append(document.authors)


def arxiv_hash(arxiv_id: str) -> int:
    """Return the 32 bits by which an arXiv id is found, its version left out."""
    return zlib.crc32(arxiv_id.partition("v")[0].encode("utf-8", "surrogatepass"))


def write_columns(writer: BlockFileWriter, columns: Columns) -> None:
    """Write ids, dates, votes and authors."""
    doc_count = len(columns.ids)
    encoded = [document_id.encode() for document_id in columns.ids]
    offsets = np.zeros(doc_count + 1, np.int64)
    np.cumsum([len(document_id) for document_id in encoded], out=offsets[1:])
    writer.add("meta.counts", np.array([doc_count], np.int64))
    writer.add("ids.blob", b"".join(encoded))
    writer.add("ids.offsets", offsets.astype(np.uint32))
    order = sorted(range(doc_count), key=columns.ids.__getitem__)
    writer.add("ids.order", np.array(order, np.uint32))
    known = sorted((arxiv_hash(a), doc) for doc, a in enumerate(columns.arxiv_ids) if a is not None)
    writer.add("arxiv.hashes", np.array([h for h, _ in known], np.uint32))
    writer.add("arxiv.docs", np.array([doc for _, doc in known], np.uint32))
    writer.add("meta.dates", np.array(columns.dates, np.int32))
    writer.add("meta.votes", np.array(columns.votes, np.int32))
    names, author_offsets, numbers = author_columns(columns.authors)
    writer.add("authors.names", zlib.compress(json.dumps(names).encode()))
    writer.add("authors.offsets", author_offsets.astype(np.uint32))
    writer.add("authors.numbers", small(numbers))


def write_documents(
    writer: BlockFileWriter,
    stream: Sequence[npt.NDArray[np.uint8]],
    stream_offsets: Ints,
    columns: Columns,
    records: RecordWriter,
) -> None:
    """Write all of a segment that isn't looked up by terms.

    ``stream`` comes in pieces, ``stream_offsets`` counts bytes of all of them.
    """
    writer.begin("stream.codes", np.uint8)
    for piece in stream:
        writer.extend(piece)
    writer.end()
    writer.add(
        "stream.offsets", stream_offsets.astype(np.uint32 if stream_offsets[-1] < 1 << 32 else np.uint64)
    )
    write_columns(writer, columns)
    records.write(writer)
