"""Whoosh codecs of this package, and the segments that name them.

Two kinds of index use them:

- the folder that searchkit writes: `SearchkitSegment` says which files hold a segment, and
  `GenerationCodec` reads them. It does not write: searchkit's own commits do;
- any other Whoosh index: pass ``codec=SearchkitCodec()`` to ``ix.writer()``, and terms, postings, stored
  fields and columns lie in flat arrays with checksums instead of pickles.

Whoosh pickles segments into its table of contents by module and class, with their attributes: this module's
path, the names of the two segment classes and their attributes are frozen. These are numbers, strings, and
tuples, sets and dictionaries of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from searchkit.engines.whoosh.manifest import FileRecord, Manifest, SegmentRecord
from searchkit.engines.whoosh.stock import base, index

if TYPE_CHECKING:
    from searchkit.engines.whoosh.codec_reader import PlainPerDocumentReader
    from searchkit.engines.whoosh.codec_terms import ArrayTermsReader
    from searchkit.engines.whoosh.codec_writer import PlainFieldWriter, PlainPerDocumentWriter
    from searchkit.engines.whoosh.generation_reader import GenerationPerDocumentReader

INDEX_NAME = "MAIN"

_File = tuple[str, int, int]


class SearchkitSegment(base.Segment):  # type: ignore[misc]
    """A segment of one generation of a searchkit index: which files hold it and its lexicon."""

    def __init__(
        self,
        segid: str,
        generation: int,
        documents: int,
        deleted: int,
        file: _File,
        deletions: _File | None,
        lexicon: tuple[_File, ...],
    ) -> None:
        self.indexname = INDEX_NAME
        self.segid = segid
        self.compound = False
        self.generation = generation
        self.documents = documents
        self.deleted = deleted
        self.file = file
        self.deletions = deletions
        self.lexicon = lexicon

    @classmethod
    def describe(cls, manifest: Manifest, record: SegmentRecord) -> SearchkitSegment:
        """Return what Whoosh's table of contents says of a segment of ``manifest``."""
        return cls(
            record.id,
            manifest.generation,
            record.documents,
            record.deleted,
            _plain(record.file),
            None if record.deletions is None else _plain(record.deletions),
            tuple(_plain(level) for level in manifest.lexicon),
        )

    @property
    def record(self) -> SegmentRecord:
        """The segment as a manifest has it."""
        deletions = None if self.deletions is None else FileRecord(*self.deletions)
        return SegmentRecord(self.segid, FileRecord(*self.file), self.documents, deletions, self.deleted)

    def codec(self) -> GenerationCodec:
        """Return the codec that reads it."""
        return GenerationCodec()

    def doc_count_all(self) -> int:
        """Return the number of documents, deleted ones included."""
        return self.documents

    def deleted_count(self) -> int:
        """Return the number of deleted documents."""
        return self.deleted

    def deleted_docs(self) -> Any:
        """Refuse: only a reader knows which documents are deleted."""
        raise NotImplementedError("open a reader to see which documents are deleted")

    is_deleted = deleted_docs

    def delete_document(self, docnum: int, delete: bool = True) -> None:
        """Refuse: searchkit writes this index.

        Raises:
            whoosh.index.IndexError: always.
        """
        raise _read_only()

    def should_assemble(self) -> bool:
        """Return False: a segment is one file already."""
        return False


class GenerationCodec(base.Codec):  # type: ignore[misc]
    """Reads the segments of a searchkit index."""

    def terms_reader(self, storage: Any, segment: SearchkitSegment) -> ArrayTermsReader:
        """Return the terms and postings of a segment."""
        from searchkit.engines.whoosh.generation_reader import terms_reader

        return terms_reader(storage, segment)

    def per_document_reader(self, storage: Any, segment: SearchkitSegment) -> GenerationPerDocumentReader:
        """Return lengths, deletions, columns and stored fields of a segment."""
        from searchkit.engines.whoosh.generation_reader import GenerationPerDocumentReader, open_files

        return GenerationPerDocumentReader(open_files(storage, segment)[0])

    def new_segment(self, storage: Any, indexname: str) -> Any:
        """Refuse: searchkit writes this index.

        Raises:
            whoosh.index.IndexError: always.
        """
        raise _read_only()

    per_document_writer = field_writer = new_segment


class SearchkitCodec(base.Codec):  # type: ignore[misc]
    """A codec for any Whoosh index in a folder: ``ix.writer(codec=SearchkitCodec())``."""

    def per_document_writer(self, storage: Any, segment: PlainSegment) -> PlainPerDocumentWriter:
        """Return what writes lengths, columns, vectors and stored fields."""
        from searchkit.engines.whoosh.codec_writer import PlainPerDocumentWriter

        return PlainPerDocumentWriter(storage, segment)

    def field_writer(self, storage: Any, segment: PlainSegment) -> PlainFieldWriter:
        """Return what writes terms and postings."""
        from searchkit.engines.whoosh.codec_writer import PlainFieldWriter

        return PlainFieldWriter(storage, segment)

    def terms_reader(self, storage: Any, segment: PlainSegment) -> ArrayTermsReader:
        """Return the terms and postings of a segment."""
        from searchkit.engines.whoosh.codec_reader import terms_reader

        return terms_reader(storage, segment)

    def per_document_reader(self, storage: Any, segment: PlainSegment) -> PlainPerDocumentReader:
        """Return lengths, deletions, columns, vectors and stored fields of a segment."""
        from searchkit.engines.whoosh.codec_reader import PlainPerDocumentReader

        return PlainPerDocumentReader(storage, segment)

    def new_segment(self, storage: Any, indexname: str) -> PlainSegment:
        """Return a new, empty segment."""
        return PlainSegment(indexname)


class PlainSegment(base.Segment):  # type: ignore[misc]
    """A segment written by `SearchkitCodec`: one block file for documents, one for terms, and the deletions."""

    def __init__(self, indexname: str) -> None:
        super().__init__(indexname)
        self.documents = 0
        self.deleted: set[int] = set()
        self.files: dict[str, _File] = {}
        self.broken = False

    def codec(self) -> SearchkitCodec:
        """Return the codec that reads it."""
        return SearchkitCodec()

    def file(self, kind: str) -> FileRecord | None:
        """Return the record of one of its files, "doc" or "trm"; None if nothing was written."""
        found = self.files.get(kind)
        return None if found is None else FileRecord(*found)

    def add_file(self, kind: str, record: FileRecord) -> None:
        """Note a file that was written."""
        self.files[kind] = _plain(record)

    def set_doc_count(self, doccount: int) -> None:
        """Say how many documents it has; Whoosh's writer does."""
        self.documents = doccount

    def doc_count_all(self) -> int:
        """Return the number of documents, deleted ones included."""
        return self.documents

    def deleted_count(self) -> int:
        """Return the number of deleted documents."""
        return len(self.deleted)

    def deleted_docs(self) -> set[int]:
        """Return the deleted documents."""
        return self.deleted

    def is_deleted(self, docnum: int) -> bool:
        """Return whether a document is deleted."""
        return docnum in self.deleted

    def delete_document(self, docnum: int, delete: bool = True) -> None:
        """Delete a document, or bring it back.

        Raises:
            IndexError: there is no such document.
        """
        if not 0 <= docnum < self.documents:
            raise IndexError(f"there is no document {docnum} in a segment of {self.documents}")
        if delete:
            self.deleted.add(docnum)
        else:
            self.deleted.discard(docnum)

    def should_assemble(self) -> bool:
        """Return False: Whoosh's compound files would copy the arrays and hide them from the map."""
        return False


def _plain(record: FileRecord) -> _File:
    return record.name, record.size, record.checksum


def _read_only() -> Exception:
    error: Exception = index.IndexError(
        "searchkit writes this index and Whoosh only reads it; change it with `searchkit index` or SearchIndex"
    )
    return error
