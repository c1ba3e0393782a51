"""Merging segments: live documents of several become one, as if they had been indexed at once."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from searchkit.analysis.token import Layer
from searchkit.engines.whoosh.blockfile import BlockFileWriter
from searchkit.engines.whoosh.gloss_records import merge_glosses
from searchkit.engines.whoosh.inversion import Ints, Postings
from searchkit.engines.whoosh.neighbours import Neighbours, live_neighbours
from searchkit.engines.whoosh.ranges import ranges
from searchkit.engines.whoosh.records import RecordWriter
from searchkit.engines.whoosh.segment import Segment
from searchkit.engines.whoosh.segment_writer import Columns, write_segment

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
        stored = segment.records()
        hashes = segment.hashes
        for doc, document in zip(live.tolist(), segment.documents(live.tolist())):
            columns.add(document, int(hashes[doc]))
            records.add(stored[doc])
    bounds = np.zeros(doc_count + 1, np.int64)
    np.cumsum(np.concatenate(sizes), out=bounds[1:])
    write_segment(writer, layers, pieces, bounds, columns, records)
    Neighbours.sum([live_neighbours(segment) for segment in segments]).write(writer)
    merge_glosses([segment.file for segment in segments], lives).write(writer, doc_count)
    return doc_count


def _live_docs(segment: Segment) -> npt.NDArray[np.int64]:
    if segment.deleted is None:
        return np.arange(segment.doc_count, dtype=np.int64)
    return np.flatnonzero(~segment.deleted)


def _merge_layer(layer: Layer, segments: Sequence[Segment], lives: Sequence[Ints]) -> Postings:
    first = 0
    all_terms, all_docs, all_frequencies, all_lengths = [], [], [], []
    for segment, live in zip(segments, lives):
        terms, offsets, docs, frequencies = segment.layer_arrays(layer)
        renumbered = np.full(segment.doc_count, -1, np.int64)
        renumbered[live] = np.arange(first, first + len(live))
        first += len(live)
        new_docs = renumbered[docs]
        kept = new_docs >= 0
        wide = offsets.astype(np.int64)
        of_term = np.repeat(terms, wide[1:] - wide[:-1])
        all_terms.append(of_term[kept])
        all_docs.append(new_docs[kept].astype(np.uint32))
        all_frequencies.append(frequencies[kept])
        all_lengths.append(segment.exact_lengths(layer)[live])
    terms = np.concatenate(all_terms)
    # Each segment's terms ascend already, so a stable sort only merges runs.
    order = np.argsort(terms, kind="stable")
    terms = terms[order]
    change = np.flatnonzero(np.diff(terms)) + 1
    starts = np.concatenate((np.zeros(1, np.int64), change)) if len(terms) else np.zeros(0, np.int64)
    return Postings(
        terms[starts].astype(np.int64),
        np.append(starts, len(terms)),
        np.concatenate(all_docs)[order],
        np.concatenate(all_frequencies)[order],
        np.concatenate(all_lengths).astype(np.int64),
    )
