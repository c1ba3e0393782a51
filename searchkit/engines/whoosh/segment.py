"""A segment: an immutable part of the index, read from mapped arrays, and what this generation has deleted of it."""

from __future__ import annotations

import json
import zlib
from collections.abc import Sequence
from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from searchkit.analysis.ranges import ranges
from searchkit.analysis.token import Layer
from searchkit.document import Document
from searchkit.engines.stored_document import decode
from searchkit.engines.whoosh import stream
from searchkit.engines.whoosh.blockfile import BlockFile
from searchkit.engines.whoosh.layer_postings import StoredLayer
from searchkit.engines.whoosh.records import Records
from searchkit.engines.whoosh.segment_writer import NO_VOTES, arxiv_hash
from searchkit.errors import IndexCorrupt

__all__ = ["NO_VOTES", "Segment"]

Array = npt.NDArray[Any]

_NO_DOCS = np.zeros(0, np.uint16)
_NO_FREQUENCIES = np.zeros(0, np.uint8)


class Segment:
    """``doc_count`` documents numbered from 0, ``live_count`` of them not deleted; ``deleted`` is a mask or None."""

    def __init__(
        self,
        segment_id: str,
        file: BlockFile,
        deleted: npt.NDArray[np.bool_] | None = None,
        gone: BlockFile | None = None,
    ) -> None:
        self.id = segment_id
        self.file = file
        self.gone = gone
        self.doc_count = int(file.column("meta.counts")[0])
        if deleted is not None and len(deleted) != self.doc_count:
            raise IndexCorrupt("deletions of another segment", path=file.path)
        self.deleted = deleted
        self.live_count = self.doc_count - (0 if deleted is None else int(np.count_nonzero(deleted)))
        self._layers = tuple(StoredLayer(file, layer, self.doc_count) for layer in Layer)
        self._stats: dict[Layer, tuple[int, int]] = {}
        self._records = Records(file)
        self._id_blob = file.column("ids.blob")
        self._id_offsets = file.column("ids.offsets")
        self._id_order = file.column("ids.order")
        self._codes = file.column("stream.codes")
        self._code_offsets = file.column("stream.offsets")
        if not self._fits():
            raise IndexCorrupt("the arrays are of different numbers of documents", path=file.path)

    def _fits(self) -> bool:
        """Return whether there are as many documents in all arrays; only sizes are looked at, no block is read."""
        each = [column for layer in self._layers for column in (layer.norms, layer.lengths)]
        each += [self._id_order, *(self.file.column(f"meta.{name}") for name in ("dates", "votes"))]
        offsets = self._id_offsets, self._code_offsets, self.file.column("authors.offsets")
        return all(column.size == self.doc_count for column in each) and all(
            column.size == self.doc_count + 1 for column in offsets
        )

    def postings(self, layer: Layer, string_id: int) -> tuple[Array, Array]:
        """Return the documents that hold a term, ascending, deleted ones included, and its frequency in each."""
        stored = self._layers[layer]
        slot = stored.slot(string_id)
        if slot < 0:
            return _NO_DOCS, _NO_FREQUENCIES
        return stored.docs(slot), stored.frequencies(slot)

    def size(self, layer: Layer, string_id: int) -> int:
        """Return how many documents, deleted ones included, hold a term."""
        stored = self._layers[layer]
        slot = stored.slot(string_id)
        return 0 if slot < 0 else stored.size(slot)

    def frequencies(self, layer: Layer, string_id: int) -> Array:
        """Return the frequency of a term in each document, mostly 0."""
        stored = self._layers[layer]
        return stored.frequency_in_all(stored.slot(string_id))

    def holders(self, layer: Layer, string_ids: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
        """Return which documents, deleted ones included, hold one of several terms, ascending."""
        return self._layers[layer].holders(string_ids)

    def doc_freq(self, layer: Layer, string_id: int) -> int:
        """Return how many live documents hold a term."""
        stored = self._layers[layer]
        slot = stored.slot(string_id)
        if slot < 0:
            return 0
        if self.deleted is None:
            return stored.size(slot)
        docs = stored.docs(slot)
        return len(docs) - int(np.count_nonzero(self.deleted[docs]))

    def terms(self, layer: Layer) -> Array:
        """Return the string ids of the terms of a layer, ascending."""
        return self._layers[layer].terms

    def sizes(self, layer: Layer) -> npt.NDArray[np.int64]:
        """Return how many documents, deleted ones included, hold each of the terms of a layer."""
        return np.diff(self._layers[layer].offsets)

    def norms(self, layer: int) -> Array:
        """Return the rounded length of each document in a layer, as Lucene's one byte; 0 where it has none."""
        return self._layers[layer].norms.all()

    def exact_lengths(self, layer: Layer) -> Array:
        """Return the number of tokens of each document in a layer."""
        return self._layers[layer].lengths.all()

    def layer_stats(self, layer: Layer) -> tuple[int, int]:
        """Return how many live documents have the layer, and their tokens in all."""
        found = self._stats.get(layer)
        if found is None:
            lengths = self.exact_lengths(layer)
            if self.deleted is not None:
                lengths = lengths[~self.deleted]
            found = int(np.count_nonzero(lengths)), int(lengths.sum(dtype=np.int64))
            self._stats[layer] = found
        return found

    def layer_arrays(self, layer: Layer) -> tuple[Array, Array, Array, Array]:
        """Return terms, offsets, documents and frequencies of a whole layer."""
        return self._layers[layer].all()

    @cached_property
    def dates(self) -> Array:
        """Dates as numbers, year × 10000 + month × 100 + day; 0 where unknown."""
        return self.file.column("meta.dates").all()

    @cached_property
    def votes(self) -> Array:
        """Votes; `NO_VOTES` where unknown."""
        return self.file.column("meta.votes").all()

    @cached_property
    def author_names(self) -> list[str]:
        """The distinct names of authors."""
        try:
            names = json.loads(zlib.decompress(self.file.column("authors.names").all().tobytes()))
        except (ValueError, zlib.error) as error:
            raise IndexCorrupt(f"the authors can't be read: {error}", path=self.file.path) from error
        return [str(name) for name in names]

    @cached_property
    def author_offsets(self) -> Array:
        """Where the authors of each document start in ``author_ids``; one more than documents."""
        return self.file.column("authors.offsets").all()

    @cached_property
    def author_ids(self) -> Array:
        """Indexes into ``author_names``."""
        return self.file.column("authors.numbers").all()

    def id_of(self, doc: int) -> str:
        """Return the id of a document."""
        start, stop = self._id_offsets.slice(doc, doc + 2).tolist()
        return self._id_blob.slice(start, stop).tobytes().decode()

    def ids_of(self, docs: Sequence[int]) -> list[str]:
        """Return the ids of documents, in the order asked for."""
        at = np.array(docs, np.int64)
        offsets = self._id_offsets.all()
        bounds = zip(offsets.take(at).tolist(), offsets.take(at + 1).tolist())
        return [self._id_blob.slice(start, stop).tobytes().decode() for start, stop in bounds]

    def ids(self) -> list[str]:
        """Return the ids of all documents, deleted ones included."""
        blob = self._id_blob.all().tobytes()
        offsets = self._id_offsets.all().tolist()
        return [blob[start:stop].decode() for start, stop in pairwise(offsets)]

    def find_id(self, document_id: str) -> int:
        """Return the document with an id, deleted or not; -1 if there is none."""
        low, high = 0, self.doc_count
        while low < high:
            middle = (low + high) // 2
            if self.id_of(int(self._id_order[middle])) < document_id:
                low = middle + 1
            else:
                high = middle
        if low < self.doc_count:
            doc = int(self._id_order[low])
            if self.id_of(doc) == document_id:
                return doc
        return -1

    @cached_property
    def id_rank(self) -> npt.NDArray[np.uint32]:
        """The rank of each document's id among the segment's, in code point order."""
        ranks = np.empty(self.doc_count, np.uint32)
        ranks[self._id_order.all()] = np.arange(self.doc_count, dtype=np.uint32)
        return ranks

    def find_arxiv(self, arxiv_id: str) -> npt.NDArray[np.int64]:
        """Return the documents with an arXiv id, deleted or not; its version is ignored."""
        wanted = arxiv_id.partition("v")[0]
        hashes = self.file.column("arxiv.hashes").all()
        low, high = np.searchsorted(hashes, (arxiv_hash(arxiv_id), arxiv_hash(arxiv_id) + 1))
        docs = self.file.column("arxiv.docs").slice(int(low), int(high)).astype(np.int64)
        found = [
            doc for doc in docs.tolist() if (self.document(doc).arxiv_id or "").partition("v")[0] == wanted
        ]
        return np.array(sorted(found), np.int64)

    def document(self, doc: int) -> Document:
        """Return a stored document."""
        return self.documents([doc])[0]

    def documents(self, docs: Sequence[int]) -> list[Document]:
        """Return stored documents in the order asked for."""
        return [decode(record) for record in self._records.get(docs)]

    def records(self, docs: Sequence[int]) -> list[bytes]:
        """Return stored documents as their records."""
        return self._records.get(docs)

    def words(self, docs: npt.NDArray[np.integer]) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int64]]:
        """Return the streams of ``docs``, one after the other, and where each starts (one more than documents).

        Codes: 0 ends an item, 1 ends a sentence, others are word ids + 2. Items: title, bullets, then labels.
        """
        data, bounds = self.streams(docs)
        return stream.decode_cut(data, bounds)

    def heads(self, docs: npt.NDArray[np.integer], size: int) -> npt.NDArray[np.uint8]:
        """Return the first ``size`` bytes of the streams of ``docs``, in rows; behind short ones is what follows."""
        return self._codes.heads(self._code_offsets.all().take(docs).astype(np.int64), size)

    def streams(self, docs: npt.NDArray[np.integer]) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.int64]]:
        """Return the encoded streams of ``docs``, one after the other, and where each starts (one more)."""
        offsets = self._code_offsets.all()
        docs = np.asarray(docs, np.int64)
        starts = offsets.take(docs).astype(np.int64)
        stops = offsets.take(docs + 1).astype(np.int64)
        sizes = stops - starts
        bounds = np.zeros(len(docs) + 1, np.int64)
        np.cumsum(sizes, out=bounds[1:])
        if len(docs) * 2 > self.doc_count:
            return self._codes.all()[ranges(starts, sizes)], bounds
        return np.frombuffer(self._codes.joined(starts, stops), np.uint8), bounds

    def stream_bytes(self) -> tuple[Array, Array]:
        """Return the encoded streams of all documents and their byte offsets."""
        return self._codes.all(), self._code_offsets.all()
