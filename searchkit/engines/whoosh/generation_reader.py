"""A segment of a searchkit index as Whoosh reads it."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from threading import Lock
from typing import TYPE_CHECKING, Any
from weakref import WeakValueDictionary

import numpy as np

from searchkit.document import Document
from searchkit.engines.day_numbers import iso_date
from searchkit.engines.whoosh.codec_columns import ArrayColumnReader, NumberColumnReader
from searchkit.engines.whoosh.codec_files import folder_of, open_file
from searchkit.engines.whoosh.codec_terms import ArrayTermsReader
from searchkit.engines.whoosh.generation_fields import Words, author_lengths, field_terms
from searchkit.engines.whoosh.generation_segment import LiveSegment
from searchkit.engines.whoosh.lexicon import LexiconLevel, StoredLexicon
from searchkit.engines.whoosh.manifest import FileRecord
from searchkit.engines.whoosh.segment import NO_VOTES, Segment
from searchkit.engines.whoosh.stock import base
from searchkit.engines.whoosh.whoosh_schema import LAYER_FIELDS, schema

if TYPE_CHECKING:
    from searchkit.engines.whoosh.codec import SearchkitSegment

_DOCUMENTS_AT_ONCE = 256

_lock = Lock()
_words: WeakValueDictionary[Any, Words] = WeakValueDictionary()
_segments: WeakValueDictionary[Any, LiveSegment] = WeakValueDictionary()


def open_files(storage: Any, described: SearchkitSegment) -> tuple[LiveSegment, Words]:
    """Return a segment of Whoosh's table of contents and its lexicon; readers of a process share open files."""
    folder = folder_of(storage)
    lexicon = (str(folder.absolute()), described.lexicon)
    key = (lexicon, described.file, described.deletions)
    with _lock:
        words = _words.get(lexicon)
        if words is None:
            records = [FileRecord(*level) for level in described.lexicon]
            words = Words(StoredLexicon([LexiconLevel(open_file(folder, r), r) for r in records]))
            _words[lexicon] = words
        segment = _segments.get(key)
        if segment is None:
            deleted = None
            if described.deletions is not None:
                bits = open_file(folder, FileRecord(*described.deletions)).column("deleted").all()
                deleted = np.unpackbits(bits, count=described.documents).astype(np.bool_)
            file = open_file(folder, FileRecord(*described.file))
            segment = LiveSegment(Segment(described.segid, file, deleted))
            _segments[key] = segment
    return segment, words


def terms_reader(storage: Any, described: SearchkitSegment) -> ArrayTermsReader:
    """Return the terms and postings of a segment."""
    return ArrayTermsReader(field_terms(*open_files(storage, described)))


class GenerationPerDocumentReader(base.PerDocumentReader):  # type: ignore[misc]
    """Lengths, columns and stored fields of a segment; deleted documents are not there at all."""

    def __init__(self, segment: LiveSegment) -> None:
        self._segment = segment
        self._stored = frozenset(name for name, field in schema().items() if field.stored)

    def doc_count(self) -> int:
        """Return the number of documents."""
        return self._segment.doc_count

    doc_count_all = doc_count

    def has_deletions(self) -> bool:
        """Return False."""
        return False

    def is_deleted(self, docnum: int) -> bool:
        """Return False."""
        return False

    def deleted_docs(self) -> frozenset[int]:
        """Return no document."""
        return frozenset()

    def all_doc_ids(self) -> Iterator[int]:
        """Yield all documents."""
        return iter(range(self._segment.doc_count))

    def supports_columns(self) -> bool:
        """Return True."""
        return True

    def has_column(self, fieldname: str) -> bool:
        """Return whether there is a column of that name."""
        return fieldname in self.list_columns()

    def list_columns(self) -> tuple[str, ...]:
        """Return the names of the columns."""
        return "date", "id", "votes"

    def column_reader(self, fieldname: str, column: Any) -> ArrayColumnReader:
        """Return the values of a column as Whoosh's own would give them, the default where a value is unknown."""
        segment = self._segment
        if fieldname == "votes":
            # The field keeps signed numbers as unsigned ones in the same order.
            shifted = segment.votes.astype(np.int64) + (1 << 31)
            return NumberColumnReader(np.where(segment.votes == NO_VOTES, column.default_value(), shifted))
        if fieldname == "date":
            dates = segment.dates
            return ArrayColumnReader(segment.doc_count, lambda doc: iso_date(int(dates[doc])).encode())
        return ArrayColumnReader(segment.doc_count, lambda doc: segment.id_of(doc).encode())

    @cached_property
    def _author_lengths(self) -> Any:
        return author_lengths(self._segment)

    def _lengths(self, fieldname: str) -> Any:
        if fieldname == "author":
            return self._author_lengths
        layer = LAYER_FIELDS.get(fieldname)
        return None if layer is None else self._segment.lengths(layer)

    def doc_field_length(self, docnum: int, fieldname: str, default: int = 0) -> int:
        """Return the number of terms of a field in a document, ``default`` if the field has no lengths."""
        lengths = self._lengths(fieldname)
        return default if lengths is None else int(lengths[docnum])

    def field_length(self, fieldname: str) -> int:
        """Return the number of terms of a field in all documents."""
        lengths = self._lengths(fieldname)
        return 0 if lengths is None else int(lengths.sum(dtype=np.int64))

    def min_field_length(self, fieldname: str) -> int:
        """Return the smallest number of terms of a field in a document."""
        lengths = self._lengths(fieldname)
        return 0 if lengths is None or not len(lengths) else int(lengths.min())

    def max_field_length(self, fieldname: str) -> int:
        """Return the largest number of terms of a field in a document."""
        lengths = self._lengths(fieldname)
        return 0 if lengths is None or not len(lengths) else int(lengths.max())

    def stored_fields(self, docnum: int) -> dict[str, Any]:
        """Return the stored fields of a document, those that are known."""
        return self._fields(self._segment.documents([docnum])[0])

    def iter_docs(self) -> Iterator[tuple[int, dict[str, Any]]]:
        """Yield the number and the stored fields of each document."""
        count = self._segment.doc_count
        for start in range(0, count, _DOCUMENTS_AT_ONCE):
            docs = range(start, min(start + _DOCUMENTS_AT_ONCE, count))
            for doc, document in zip(docs, self._segment.documents(docs)):
                yield doc, self._fields(document)

    def all_stored_fields(self) -> Iterator[dict[str, Any]]:
        """Yield the stored fields of each document."""
        return (fields for _, fields in self.iter_docs())

    def _fields(self, document: Document) -> dict[str, Any]:
        return {
            name: value
            for name, value in document.as_dict().items()
            if name in self._stored and value is not None
        }
