"""The postings of a layer on disk.

Terms and how many documents hold each stand as differences and sizes in few bytes, and are decoded when the layer is
first asked for something. The documents of most terms stand as numbers, so that a look-up only cuts a slice out; where
one bit for every document is smaller, a term has that. Frequencies are packed.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from searchkit.analysis.token import Layer
from searchkit.engines.whoosh import stream
from searchkit.engines.whoosh.blockfile import BlockFile, BlockFileWriter, small
from searchkit.engines.whoosh.inversion import Ints, Numbers, Postings
from searchkit.engines.whoosh.mapped_column import Column
from searchkit.errors import IndexCorrupt
from searchkit.ranking.ascending import among
from searchkit.ranking.bm25 import encode_lengths

Array = npt.NDArray[Any]

_SHIFTS = np.array([0, 2, 4, 6], np.uint8)
_UNPACKED = ((np.arange(256, dtype=np.uint8)[:, None] >> _SHIFTS & 3) + np.uint8(1)).view("<u4").ravel()
"""The four frequencies in each byte, as one number."""
_SPARSE = 10
"""Where no more than one document of so many holds a term, bytes without any are passed over first."""
_LARGE = 4
"""Frequencies from here on are kept apart: nine of ten are 1, and the others fit in two bits."""


def write_layer(writer: BlockFileWriter, layer: Layer, postings: Postings, doc_count: int) -> None:
    """Write the postings and lengths of a layer."""
    name = layer.name.lower()
    sizes = np.diff(postings.offsets)
    docs = postings.docs.astype(np.uint16 if doc_count <= 1 << 16 else np.uint32)
    dense = _dense(sizes, docs.dtype, doc_count)
    rare = np.ones(len(sizes), np.bool_)
    rare[dense] = False
    writer.add(f"{name}.terms", stream.encode(np.diff(postings.terms, prepend=0))[0])
    writer.add(f"{name}.sizes", stream.encode(sizes)[0])
    writer.add(f"{name}.docs", docs[np.repeat(rare, sizes)])
    writer.begin(f"{name}.bits", np.uint8)
    for slot in dense.tolist():
        held = np.zeros(doc_count, np.bool_)
        held[docs[postings.offsets[slot] : postings.offsets[slot + 1]]] = True
        writer.extend(np.packbits(held, bitorder="little"))
    writer.end()
    large = np.flatnonzero(postings.frequencies >= _LARGE)
    writer.add(f"{name}.frequencies", _pack(postings.frequencies))
    if len(large):
        writer.add(f"{name}.large_at", large.astype(np.uint32))
        writer.add(f"{name}.large", small(postings.frequencies[large]))
    writer.add(f"{name}.norms", encode_lengths(postings.lengths))
    writer.add(f"{name}.lengths", small(postings.lengths))


def _dense(sizes: Ints, dtype: np.dtype[Any], doc_count: int) -> Ints:
    """Return the places of the terms that take less room with one bit for every document."""
    return np.flatnonzero(sizes * (8 * dtype.itemsize) > doc_count)


def _pack(frequencies: Numbers) -> npt.NDArray[np.uint8]:
    """Return frequencies less one, 3 at most, in two bits each, the first in the lowest bits of a byte."""
    capped = np.zeros(-(-len(frequencies) // 4) * 4, np.uint8)
    capped[: len(frequencies)] = np.minimum(frequencies, _LARGE) - 1
    packed = np.bitwise_or.reduce(capped.reshape(-1, 4) << _SHIFTS, axis=1)
    return np.asarray(packed, np.uint8)


class StoredLayer:
    """What `write_layer` wrote. Thread-safe."""

    def __init__(self, file: BlockFile, layer: Layer, doc_count: int) -> None:
        name = layer.name.lower()
        self._path = file.path
        self._doc_count = doc_count
        self._terms = file.column(f"{name}.terms")
        self._sizes = file.column(f"{name}.sizes")
        self._docs = file.column(f"{name}.docs")
        self._bits = file.column(f"{name}.bits")
        self._frequencies = file.column(f"{name}.frequencies")
        self.norms = file.column(f"{name}.norms")
        self.lengths = file.column(f"{name}.lengths")
        self._large_at: Column | None = None
        if file.has(f"{name}.large"):
            self._large_at = file.column(f"{name}.large_at")
            self._large = file.column(f"{name}.large")

    @cached_property
    def terms(self) -> npt.NDArray[np.uint32]:
        """The string ids of all terms, ascending."""
        return np.cumsum(stream.decode(self._terms.all()), dtype=np.uint32)

    @cached_property
    def offsets(self) -> Ints:
        """Where the postings of each term begin; one more than terms."""
        sizes = stream.decode(self._sizes.all())
        offsets = np.zeros(len(sizes) + 1, np.int64)
        np.cumsum(sizes, out=offsets[1:])
        if len(sizes) != len(self.terms) or sizes.min(initial=1) < 1:
            raise self._misfit()
        return offsets

    @cached_property
    def _places(self) -> tuple[Ints, Ints]:
        """The places of the terms that are stored as bits, and how many postings those before each have."""
        sizes = np.diff(self.offsets)
        dense = _dense(sizes, self._docs.dtype, self._doc_count)
        before = np.zeros(len(dense) + 1, np.int64)
        np.cumsum(sizes[dense], out=before[1:])
        if self.offsets[-1] - before[-1] != self._docs.size:
            raise self._misfit()
        return dense, before

    def _misfit(self) -> IndexCorrupt:
        return IndexCorrupt("the postings of a layer don't fit its terms", path=self._path)

    def slot(self, string_id: int) -> int:
        """Return the place of a term among those of the layer, -1 if it isn't there."""
        terms = self.terms
        at = int(terms.searchsorted(np.uint32(max(string_id, 0))))
        return at if at < len(terms) and terms[at] == string_id else -1

    def size(self, slot: int) -> int:
        """Return how many documents, deleted ones included, hold the term at a place."""
        return int(self.offsets[slot + 1] - self.offsets[slot])

    def docs(self, slot: int) -> Array:
        """Return the documents that hold the term at a place, ascending."""
        return self._docs_at(slot).astype(self._docs.dtype, copy=False)

    def _docs_at(self, slot: int) -> Array:
        """Return the same in whatever type takes least work."""
        dense, before = self._places
        row = int(dense.searchsorted(slot))
        if row < len(dense) and dense[row] == slot:
            return self._docs_of_bits(row, slot)
        start, stop = (self.offsets[slot : slot + 2] - before[row]).tolist()
        return self._docs.slice(start, stop)

    def frequency_in_all(self, slot: int) -> Array:
        """Return how often each document holds the term at a place, mostly 0; at place -1 there is none."""
        if slot < 0:
            return np.zeros(self._doc_count, np.uint8)
        frequencies = self.frequencies(slot)
        found = np.zeros(self._doc_count, frequencies.dtype)
        found[self._docs_at(slot).astype(np.intp, copy=False)] = frequencies
        return found

    def holders(self, string_ids: Ints) -> npt.NDArray[np.bool_]:
        """Return which documents hold one of several terms, ascending."""
        mask = np.zeros(self._doc_count, np.bool_)
        terms, (dense, before) = self.terms, self._places
        wanted = string_ids.astype(terms.dtype)
        slots = terms.searchsorted(wanted)
        slots = slots[slots < len(terms)]
        slots = slots[among(terms.take(slots), wanted)]
        rows = dense.searchsorted(slots)
        stored = ~among(slots, dense)
        rare, less = slots[stored], before.take(rows[stored])
        listed = self._docs.joined(self.offsets.take(rare) - less, self.offsets.take(rare + 1) - less)
        mask[np.frombuffer(listed, self._docs.dtype)] = True
        for row, slot in zip(rows[~stored].tolist(), slots[~stored].tolist()):
            mask |= self._held(row, slot)
        return mask

    def _docs_of_bits(self, row: int, slot: int) -> npt.NDArray[np.intp]:
        if self.size(slot) * _SPARSE > self._doc_count:
            return self._held(row, slot).nonzero()[0]
        bits = self._bits_of(row)
        some = (bits != 0).nonzero()[0]
        at = np.unpackbits(bits.take(some), bitorder="little").view(np.bool_).nonzero()[0]
        docs: npt.NDArray[np.intp] = some.take(at >> 3)
        docs <<= 3
        docs |= at & 7
        if len(docs) != self.size(slot) or docs[-1] >= self._doc_count:
            raise self._misfit()
        return docs

    def _bits_of(self, row: int) -> Array:
        width = -(-self._doc_count // 8)
        return self._bits.slice(row * width, (row + 1) * width)

    def _held(self, row: int, slot: int) -> npt.NDArray[np.bool_]:
        held = np.unpackbits(self._bits_of(row), count=self._doc_count, bitorder="little").view(np.bool_)
        if np.count_nonzero(held) != self.size(slot):
            raise self._misfit()
        return held

    def frequencies(self, slot: int) -> Array:
        """Return how often each of `docs` holds the term at a place."""
        return self._unpack(*self.offsets[slot : slot + 2].tolist())

    def all(self) -> tuple[Array, Array, Array, Array]:
        """Return terms, offsets, documents and frequencies of the whole layer."""
        dense, before = self._places
        docs = np.empty(int(self.offsets[-1]), self._docs.dtype)
        done, copied = 0, 0
        for row, slot in enumerate(dense.tolist()):
            start, stop = self.offsets[slot : slot + 2].tolist()
            rare = start - int(before[row])
            docs[done:start] = self._docs.slice(copied, rare)
            docs[start:stop] = self._docs_of_bits(row, slot)
            done, copied = stop, rare
        docs[done:] = self._docs.slice(copied, self._docs.size)
        return self.terms, self.offsets, docs, self._unpack(0, len(docs))

    def _unpack(self, start: int, stop: int) -> Array:
        """Return the frequencies of postings ``start`` to ``stop``."""
        first = start >> 2
        packed = self._frequencies.slice(first, (stop + 3) >> 2)
        unpacked: Array = _UNPACKED.take(packed).view(np.uint8)[start - 4 * first : stop - 4 * first]
        if self._large_at is None:
            return unpacked
        at = self._large_at.all()
        # Numbers of another type would have the whole array converted.
        low, high = at.searchsorted(np.array((start, stop), at.dtype)).tolist()
        if low == high:
            return unpacked
        large = self._large.slice(low, high)
        frequencies: Array = unpacked.astype(large.dtype, copy=False)
        frequencies[at[low:high] - start] = large
        return frequencies
