"""The reading side of `SearchkitCodec`."""

from __future__ import annotations

import json
from bisect import bisect_left
from typing import Any

import numpy as np

from searchkit.engines.whoosh.blockfile import BlockFile
from searchkit.engines.whoosh.codec import PlainSegment
from searchkit.engines.whoosh.codec_columns import ArrayColumnReader, column_reader
from searchkit.engines.whoosh.codec_files import folder_of, open_file
from searchkit.engines.whoosh.codec_stored import from_json
from searchkit.engines.whoosh.codec_terms import (
    Array,
    ArrayMatcher,
    ArrayTermsReader,
    FieldTerms,
    TermPostings,
)
from searchkit.engines.whoosh.codec_values import StoredValues
from searchkit.engines.whoosh.mapped_column import Column
from searchkit.engines.whoosh.records import Records
from searchkit.engines.whoosh.stock import base
from searchkit.errors import IndexCorrupt


class _Texts:
    """Sorted byte strings in one blob."""

    def __init__(self, file: BlockFile, prefix: str) -> None:
        self._blob = file.column(f"{prefix}.texts")
        self._offsets = file.column(f"{prefix}.text_offsets")

    def __len__(self) -> int:
        return self._offsets.size - 1

    def __getitem__(self, number: int) -> bytes:
        return self._blob.slice(int(self._offsets[number]), int(self._offsets[number + 1])).tobytes()


class _Postings:
    """Terms with postings, as `PostingCollector` wrote them."""

    def __init__(self, file: BlockFile, prefix: str, kind: str) -> None:
        self.texts = _Texts(file, prefix)
        self._starts = file.column(f"{prefix}.starts")
        self._first_items = file.column(f"{prefix}.first_items")
        self._weights = file.column(f"{prefix}.weights") if file.has(f"{prefix}.weights") else None
        self.values = StoredValues(file, prefix, kind)

    def bounds(self, term: int) -> tuple[int, int, int]:
        """Return the first posting of a term, the one behind its last, and the place of its first item."""
        return int(self._starts[term]), int(self._starts[term + 1]), int(self._first_items[term])

    def weights(self, start: int, stop: int) -> Array:
        """Return the weights of postings."""
        if self._weights is None:
            return np.ones(stop - start, np.float32)
        return self._weights.slice(start, stop)


class PlainField(FieldTerms):
    """The terms of a field, found by binary search in a mapped blob."""

    def __init__(self, file: BlockFile, prefix: str, kind: str, lengths: Array | None) -> None:
        self._postings = _Postings(file, prefix, kind)
        self._docs = file.column(f"{prefix}.docs")
        self._lengths = lengths

    def __len__(self) -> int:
        return len(self._postings.texts)

    def text(self, rank: int) -> bytes:
        """Return the term at a rank."""
        return self._postings.texts[rank]

    def lower_bound(self, text: bytes) -> int:
        """Return the rank of the first term that is not below ``text``."""
        return bisect_left(self._postings.texts, text)

    def at(self, rank: int) -> TermPostings:
        """Return the postings of the term at a rank."""
        start, stop, first_item = self._postings.bounds(rank)
        docs = self._docs.slice(start, stop)
        lengths = np.zeros(len(docs), np.uint8) if self._lengths is None else self._lengths[docs]
        values = self._postings.values.of_term(start, stop, first_item)
        return TermPostings(docs, self._postings.weights(start, stop), lengths, values)


def terms_reader(storage: Any, segment: PlainSegment) -> ArrayTermsReader:
    """Return the terms and postings of a segment."""
    record = segment.file("trm")
    if record is None:
        return ArrayTermsReader({})
    file = open_file(folder_of(storage), record)
    documents = PlainPerDocumentReader(storage, segment)
    fields = _directory(file)
    return ArrayTermsReader(
        {
            name: PlainField(file, f"field{number}", kind, documents.lengths(name))
            for number, (name, kind) in enumerate(fields)
        }
    )


class PlainPerDocumentReader(base.PerDocumentReader):  # type: ignore[misc]
    """Deletions, lengths, columns, vectors and stored fields of a segment."""

    def __init__(self, storage: Any, segment: PlainSegment) -> None:
        self._segment = segment
        self._doc_count = segment.doc_count_all()
        self._lengths: dict[str, Column] = {}
        self._columns: dict[str, tuple[str, str]] = {}
        self._vectors: dict[str, tuple[_Postings, Column]] = {}
        record = segment.file("doc")
        if record is not None:
            self._open(open_file(folder_of(storage), record))
        elif self._doc_count:
            raise IndexCorrupt(
                f"the segment {segment.segment_id()} lacks its documents; build the index anew"
            )

    def _open(self, file: BlockFile) -> None:
        directory = _directory(file)
        self._file = file
        self._lengths = {name: file.column(f"length{n}") for n, name in enumerate(directory["lengths"])}
        self._columns = {name: (f"column{n}", kind) for n, (name, kind) in enumerate(directory["columns"])}
        self._vectors = {
            name: (_Postings(file, f"vector{n}", kind), file.column(f"vector{n}.of_doc"))
            for n, (name, kind) in enumerate(directory["vectors"])
        }
        self._records = Records(file)

    def doc_count(self) -> int:
        """Return the number of documents that are not deleted."""
        return self._doc_count - self._segment.deleted_count()

    def doc_count_all(self) -> int:
        """Return the number of documents, deleted ones included."""
        return self._doc_count

    def has_deletions(self) -> bool:
        """Return whether documents are deleted."""
        return bool(self._segment.has_deletions())

    def is_deleted(self, docnum: int) -> bool:
        """Return whether a document is deleted."""
        return self._segment.is_deleted(docnum)

    def deleted_docs(self) -> set[int]:
        """Return the deleted documents."""
        return self._segment.deleted_docs()

    def supports_columns(self) -> bool:
        """Return True."""
        return True

    def has_column(self, fieldname: str) -> bool:
        """Return whether there is a column of that name."""
        return fieldname in self._columns

    def list_columns(self) -> list[str]:
        """Return the names of the columns."""
        return list(self._columns)

    def column_reader(self, fieldname: str, column: Any) -> ArrayColumnReader:
        """Return the values of a column, its default where a document has none."""
        prefix, kind = self._columns[fieldname]
        return column_reader(self._file, prefix, kind, column, self._doc_count)

    def lengths(self, fieldname: str) -> Array | None:
        """Return the number of terms of a field in each document, None if it has no lengths."""
        column = self._lengths.get(fieldname)
        return None if column is None else column.all()

    def doc_field_length(self, docnum: int, fieldname: str, default: int = 0) -> int:
        """Return the number of terms of a field in a document, ``default`` if the field has no lengths."""
        column = self._lengths.get(fieldname)
        return default if column is None else int(column[docnum])

    def field_length(self, fieldname: str) -> int:
        """Return the number of terms of a field in all documents, deleted ones included."""
        lengths = self.lengths(fieldname)
        return 0 if lengths is None else int(lengths.sum(dtype=np.int64))

    def min_field_length(self, fieldname: str) -> int:
        """Return the smallest number of terms of a field in a document."""
        lengths = self.lengths(fieldname)
        return 0 if lengths is None else int(lengths.min())

    def max_field_length(self, fieldname: str) -> int:
        """Return the largest number of terms of a field in a document."""
        lengths = self.lengths(fieldname)
        return 0 if lengths is None else int(lengths.max())

    def has_vector(self, docnum: int, fieldname: str) -> bool:
        """Return whether the term vector of a field was kept for a document."""
        if fieldname not in self._vectors:
            return False
        start, stop = self._vectors[fieldname][1].slice(docnum, docnum + 2).tolist()
        return bool(start < stop)

    def vector(self, docnum: int, fieldname: str, format_: Any) -> ArrayMatcher:
        """Return the terms of a field in a document, as a matcher over their texts.

        Raises:
            KeyError: no term vector of the field was kept for the document.
        """
        if not self.has_vector(docnum, fieldname):
            raise KeyError(f"document {docnum} has no term vector of {fieldname!r}")
        postings, of_doc = self._vectors[fieldname]
        start, stop = of_doc.slice(docnum, docnum + 2).tolist()
        texts = [postings.texts[number].decode("utf-8", "surrogatepass") for number in range(start, stop)]
        values = postings.values.of_term(start, stop, postings.bounds(start)[2])
        return ArrayMatcher(texts, postings.weights(start, stop), values, format_)

    def stored_fields(self, docnum: int) -> dict[str, Any]:
        """Return the stored fields of a document."""
        return dict(from_json(self._records.get([docnum])[0]))


def _directory(file: BlockFile) -> Any:
    try:
        return json.loads(file.column("directory").all().tobytes())
    except ValueError as error:
        raise IndexCorrupt(
            "the list of fields can't be read; build the index anew", path=file.path
        ) from error
