"""The writing side of `SearchkitCodec`: what Whoosh's writer hands over becomes two files of arrays.

``MAIN_<id>.doc`` holds lengths, stored fields, columns and vectors; ``MAIN_<id>.trm`` terms and postings. An
array named ``directory`` says in JSON which fields they are.
"""

from __future__ import annotations

import json
from array import array
from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt

from searchkit.engines.whoosh.blockfile import BlockFileWriter, small
from searchkit.engines.whoosh.codec import PlainSegment
from searchkit.engines.whoosh.codec_columns import ColumnCollector
from searchkit.engines.whoosh.codec_files import folder_of
from searchkit.engines.whoosh.codec_stored import to_json
from searchkit.engines.whoosh.codec_values import ValueCollector
from searchkit.engines.whoosh.files import Files
from searchkit.engines.whoosh.records import RecordWriter
from searchkit.engines.whoosh.stock import base
from searchkit.errors import SearchkitError


class PostingCollector:
    """Collects terms with their postings in order, in arrays, and writes them."""

    def __init__(self, format_: Any) -> None:
        self._values = ValueCollector(format_)
        self._weights = array("f")
        self._texts: list[bytes] = []
        self._starts = array("Q")
        self._first_items = array("Q")

    @property
    def kind(self) -> str:
        """Which values the postings have."""
        return self._values.kind

    def start(self, text: bytes) -> None:
        """Begin the next term."""
        self._texts.append(text)
        self._starts.append(len(self._weights))
        self._first_items.append(self._values.size)

    def add(self, weight: float, value: bytes) -> None:
        """Take a posting of the term begun last."""
        self._weights.append(weight)
        self._values.add(value)

    def write(self, writer: BlockFileWriter, prefix: str) -> None:
        """Write the arrays under names that begin with ``prefix``."""
        write_texts(writer, prefix, self._texts)
        self._starts.append(len(self._weights))
        self._first_items.append(self._values.size)
        writer.add(f"{prefix}.starts", small(np.array(self._starts, np.int64)))
        writer.add(f"{prefix}.first_items", small(np.array(self._first_items, np.int64)))
        weights = np.frombuffer(self._weights, np.float32)
        if np.any(weights != 1.0):
            writer.add(f"{prefix}.weights", weights)
        self._values.write(writer, prefix)


def write_texts(writer: BlockFileWriter, prefix: str, texts: list[bytes]) -> None:
    """Write byte strings as one blob and its offsets."""
    offsets = np.zeros(len(texts) + 1, np.int64)
    np.cumsum(np.fromiter(map(len, texts), np.int64, len(texts)), out=offsets[1:])
    writer.add(f"{prefix}.texts", b"".join(texts))
    writer.add(f"{prefix}.text_offsets", small(offsets))


class _Sparse:
    """Numbers of some documents, in document order."""

    def __init__(self) -> None:
        self._docs = array("I")
        self._numbers = array("Q")

    def add(self, doc: int, number: int) -> None:
        self._docs.append(doc)
        self._numbers.append(number)

    def dense(self, doc_count: int) -> npt.NDArray[np.int64]:
        """Return the numbers of all documents, 0 where there is none."""
        numbers = np.zeros(doc_count, np.int64)
        numbers[np.frombuffer(self._docs, np.uint32)] = np.array(self._numbers, np.int64)
        return numbers


class _VectorCollector:
    """Collects the term vectors of a field."""

    def __init__(self, format_: Any) -> None:
        self.postings = PostingCollector(format_)
        self.counts = _Sparse()

    def add(self, doc: int, items: Iterable[tuple[str, float, bytes]]) -> None:
        count = 0
        for text, weight, value in items:
            self.postings.start(text.encode("utf-8", "surrogatepass"))
            self.postings.add(weight, value)
            count += 1
        self.counts.add(doc, count)


class PlainPerDocumentWriter(base.PerDocumentWriter):  # type: ignore[misc]
    """Writes what belongs to documents; the file is written when it is closed."""

    def __init__(self, storage: Any, segment: PlainSegment) -> None:
        self._files = Files(folder_of(storage))
        self._segment = segment
        self._doc = -1
        self._in_document = False
        self._stored: list[str] = []
        self._records = RecordWriter()
        self._lengths: dict[str, _Sparse] = {}
        self._columns: dict[str, ColumnCollector] = {}
        self._vectors: dict[str, _VectorCollector] = {}
        self.is_closed = False

    def start_doc(self, docnum: int) -> None:
        """Begin a document.

        Raises:
            SearchkitError: the document before was not finished, because it was rejected.
        """
        if self._in_document:
            raise SearchkitError(
                f"document {self._doc} was rejected half-way and its terms can't be taken back; "
                "cancel this writer, and begin again without the document"
            )
        if docnum != self._doc + 1:
            raise ValueError(f"document {docnum} was begun after document {self._doc}")
        self._doc = docnum
        self._in_document = True
        self._stored = []

    def add_field(self, fieldname: str, fieldobj: Any, value: Any, length: int) -> None:
        """Take the stored value of a field and the number of its terms.

        Raises:
            DocumentError: the value is of a type that can't be stored.
        """
        if value is not None:
            packed = to_json(value, f"the stored field {fieldname!r}")
            self._stored.append(f"[{json.dumps(fieldname)},{packed}]")
        if length:
            self._lengths.setdefault(fieldname, _Sparse()).add(self._doc, length)

    def add_column_value(self, fieldname: str, columnobj: Any, value: Any) -> None:
        """Take the value of a column."""
        if fieldname not in self._columns:
            self._columns[fieldname] = ColumnCollector(columnobj)
        self._columns[fieldname].add(self._doc, value)

    def add_vector_items(
        self, fieldname: str, fieldobj: Any, items: Iterable[tuple[str, float, bytes]]
    ) -> None:
        """Take the term vector of a field."""
        if fieldname not in self._vectors:
            self._vectors[fieldname] = _VectorCollector(fieldobj.vector)
        self._vectors[fieldname].add(self._doc, items)

    def finish_doc(self) -> None:
        """End the document."""
        self._records.add(f"[{','.join(self._stored)}]".encode())
        self._in_document = False

    def close(self) -> None:
        """Write the file, unless there is nothing whole to write."""
        self.is_closed = True
        if self._doc < 0 or self._in_document:
            self._segment.broken = self._in_document
            return
        name = self._segment.make_filename(".doc")
        writer = BlockFileWriter(self._files, name)
        try:
            self._write(writer, self._doc + 1)
            self._segment.add_file("doc", writer.finish())
        except BaseException:
            writer.abandon()
            raise

    def _write(self, writer: BlockFileWriter, doc_count: int) -> None:
        for number, lengths in enumerate(self._lengths.values()):
            writer.add(f"length{number}", small(lengths.dense(doc_count)))
        for number, column in enumerate(self._columns.values()):
            column.write(writer, f"column{number}")
        for number, vectors in enumerate(self._vectors.values()):
            vectors.postings.write(writer, f"vector{number}")
            ends = np.cumsum(vectors.counts.dense(doc_count), dtype=np.int64)
            writer.add(f"vector{number}.of_doc", small(np.concatenate((np.zeros(1, np.int64), ends))))
        self._records.write(writer)
        directory = {
            "documents": doc_count,
            "lengths": list(self._lengths),
            "columns": [[name, column.kind] for name, column in self._columns.items()],
            "vectors": [[name, vectors.postings.kind] for name, vectors in self._vectors.items()],
        }
        writer.add("directory", json.dumps(directory).encode())


class PlainFieldWriter(base.FieldWriter):  # type: ignore[misc]
    """Writes terms and postings, a field at a time."""

    def __init__(self, storage: Any, segment: PlainSegment) -> None:
        self._files = Files(folder_of(storage))
        self._segment = segment
        self._writer: BlockFileWriter | None = None
        self._directory: list[tuple[str, str]] = []
        self._field = ""
        self._postings: PostingCollector | None = None
        self.is_closed = False

    def add_postings(
        self, schema: Any, lengths: Any, items: Iterable[tuple[str, bytes, int, float, bytes]]
    ) -> None:
        """Take all postings of a segment in order of field, term and document.

        Raises:
            SearchkitError: a document of the segment was rejected half-way.
        """
        if self._segment.broken:
            raise SearchkitError(
                "a document was rejected half-way, so this writer can't be committed; "
                "cancel it, and begin again without the document"
            )
        super().add_postings(schema, lengths, items)

    def start_field(self, fieldname: str, fieldobj: Any) -> None:
        """Begin a field."""
        if self._writer is None:
            self._writer = BlockFileWriter(self._files, self._segment.make_filename(".trm"))
        self._field = fieldname
        self._postings = PostingCollector(fieldobj.format)
        self._docs = array("I")

    def start_term(self, text: bytes) -> None:
        """Begin a term."""
        self._current().start(text)

    def add(self, docnum: int, weight: float, vbytes: bytes, length: int) -> None:
        """Take a posting."""
        self._docs.append(docnum)
        self._current().add(weight, vbytes)

    def _current(self) -> PostingCollector:
        if self._postings is None:
            raise ValueError("a term was begun outside a field")
        return self._postings

    def finish_term(self) -> None:
        """End a term: the next one's start says the same."""

    def finish_field(self) -> None:
        """Write the field."""
        writer, postings = self._writer, self._current()
        if writer is not None:
            prefix = f"field{len(self._directory)}"
            writer.add(f"{prefix}.docs", small(np.array(self._docs, np.int64)))
            postings.write(writer, prefix)
            self._directory.append((self._field, postings.kind))
        self._postings = None

    def close(self) -> None:
        """End the file; if a field is half written, the writer was cancelled and the file goes."""
        self.is_closed = True
        writer, self._writer = self._writer, None
        if writer is None:
            return
        if self._postings is not None:
            writer.abandon()
            return
        try:
            writer.add("directory", json.dumps(self._directory).encode())
            self._segment.add_file("trm", writer.finish())
        except BaseException:
            writer.abandon()
            raise
