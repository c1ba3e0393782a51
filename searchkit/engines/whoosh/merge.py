"""Merging segments: live documents of several become one, as if they had been indexed at once."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from searchkit.analysis.ranges import ranges
from searchkit.analysis.token import Layer
from searchkit.engines.stored_document import decode
from searchkit.engines.whoosh.blockfile import BlockFileWriter
from searchkit.engines.whoosh.gloss_records import merge_glosses
from searchkit.engines.whoosh.inversion import Ints, Postings, join_postings
from searchkit.engines.whoosh.layer_postings import write_layer
from searchkit.engines.whoosh.neighbours import Neighbours, live_neighbours
from searchkit.engines.whoosh.records import RecordWriter
from searchkit.engines.whoosh.segment import Segment
from searchkit.engines.whoosh.segment_writer import Columns, write_documents

FAN_IN = 8
"""So many segments of about one size become one."""
SMALLEST_TIER = 256
MAX_MERGED_DOCUMENTS = 262_144
MAX_DELETED_SHARE = 0.3


def choose(segments: Sequence[Segment]) -> list[Segment]:
    """Return the segments to merge into one now; none, or one that is mostly deleted, or several of one size."""
    for segment in segments:
        if segment.live_count < segment.doc_count * (1 - MAX_DELETED_SHARE):
            return [segment]
    tiers: dict[int, list[Segment]] = {}
    for segment in sorted(segments, key=lambda segment: segment.live_count):
        tier, size = 0, SMALLEST_TIER
        while segment.live_count > size:
            tier, size = tier + 1, size * FAN_IN
        tiers.setdefault(tier, []).append(segment)
    for _, members in sorted(tiers.items()):
        if len(members) < FAN_IN:
            continue
        chosen = members[:FAN_IN]
        if sum(segment.live_count for segment in chosen) <= MAX_MERGED_DOCUMENTS:
            return chosen
    return []


def merge_segments(writer: BlockFileWriter, segments: Sequence[Segment]) -> int:
    """Write the live documents of ``segments``, in their order, as one segment; return how many they are."""
    lives = [_live_docs(segment) for segment in segments]
    doc_count = sum(map(len, lives))
    layers = ((layer, _merge_layer(layer, segments, lives)) for layer in Layer)
    pieces: list[npt.NDArray[np.uint8]] = []
    sizes: list[Ints] = [np.zeros(0, np.int64)]
    columns = Columns.empty()
    records = RecordWriter()
    for segment, live in zip(segments, lives):
        codes, offsets = segment.stream_bytes()
        starts = offsets[live].astype(np.int64)
        counts = offsets[live + 1].astype(np.int64) - starts
        pieces.append(codes[ranges(starts, counts)])
        sizes.append(counts)
        for record in segment.records(live.tolist()):
            columns.add(decode(record))
            records.add(record)
    bounds = np.zeros(doc_count + 1, np.int64)
    np.cumsum(np.concatenate(sizes), out=bounds[1:])
    write_documents(writer, pieces, bounds, columns, records)
    for layer, postings in layers:
        write_layer(writer, layer, postings, doc_count)
    Neighbours.sum([live_neighbours(segment) for segment in segments]).write(writer)
    merge_glosses([segment.file for segment in segments], lives).pack(doc_count).write(writer)
    return doc_count


def _live_docs(segment: Segment) -> npt.NDArray[np.int64]:
    if segment.deleted is None:
        return np.arange(segment.doc_count, dtype=np.int64)
    return np.flatnonzero(~segment.deleted)


def _merge_layer(layer: Layer, segments: Sequence[Segment], lives: Sequence[Ints]) -> Postings:
    return join_postings([_live_postings(layer, segment, live) for segment, live in zip(segments, lives)])


def _live_postings(layer: Layer, segment: Segment, live: Ints) -> Postings:
    """Return the postings of the documents ``live`` of a segment, these numbered from 0."""
    terms, offsets, docs, frequencies = segment.layer_arrays(layer)
    lengths = segment.exact_lengths(layer)[live].astype(np.int64)
    if len(live) == segment.doc_count:
        return Postings(terms.astype(np.int64), offsets, docs, frequencies, lengths)
    kept = np.zeros(segment.doc_count, np.bool_)
    kept[live] = True
    held = kept[docs]
    before = np.zeros(len(docs) + 1, np.int64)
    np.cumsum(held, out=before[1:])
    sizes = np.diff(before[offsets])
    left = np.flatnonzero(sizes)
    renumbered = (np.cumsum(kept) - 1).astype(docs.dtype)
    return Postings(
        terms[left].astype(np.int64),
        np.append(before[offsets[:-1]][left], before[-1]),
        renumbered[docs[held]],
        frequencies[held],
        lengths,
    )
