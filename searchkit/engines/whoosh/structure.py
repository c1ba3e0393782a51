"""Whether the arrays of a generation fit together: what `verify --deep` checks beyond checksums."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from searchkit.analysis.token import FIRST_WORD, Layer
from searchkit.engines.whoosh import stream
from searchkit.engines.whoosh.generation import Generation
from searchkit.engines.whoosh.lexicon import StoredLexicon
from searchkit.engines.whoosh.manifest import Manifest
from searchkit.engines.whoosh.segment import Segment


def structure_problems(folder: Path, manifest: Manifest) -> list[str]:
    """Return what is wrong in plain words; nothing is written."""
    generation = Generation(folder, manifest)
    problems = list(_lexicon_problems(generation.lexicon))
    seen: set[str] = set()
    for segment in generation.segments:
        problems += [
            f"segment {segment.id}: {message}" for message in _segment_problems(segment, generation.lexicon)
        ]
        for doc, document_id in enumerate(segment.ids()):
            if segment.deleted is not None and segment.deleted[doc]:
                continue
            if document_id in seen:
                problems.append(f"segment {segment.id}: the id {document_id} is in the index twice")
            seen.add(document_id)
    if len(seen) != manifest.documents:
        problems.append(f"{len(seen)} documents instead of {manifest.documents}")
    return problems


def _lexicon_problems(lexicon: StoredLexicon) -> Iterator[str]:
    strings, words = 0, 0
    for level in lexicon.levels:
        if (level.first_string, level.first_word) != (strings, words):
            yield f"{level.record.name}: the ids don't follow those of the level before"
        strings, words = level.string_end, level.word_end
        last: bytes | None = None
        for string, string_id in level.strings.iterate():
            outside = not level.first_string <= string_id < level.string_end
            if outside or (last is not None and string <= last):
                yield f"{level.record.name}: the strings are out of order"
                break
            last = string
        keys, counts, terms = level.arrays()
        if int(counts.sum()) != len(terms) or len(keys) != level.word_end - level.first_word:
            yield f"{level.record.name}: the tokens don't fit the words"
        if len(keys) and int(keys.max()) >> 2 >= level.string_end:
            yield f"{level.record.name}: a word has a form that doesn't exist"


def _segment_problems(segment: Segment, lexicon: StoredLexicon) -> Iterator[str]:
    for layer in Layer:
        terms, offsets, docs, frequencies = segment.layer_arrays(layer)
        name = layer.name.lower()
        wide = offsets.astype(np.int64)
        if len(wide) != len(terms) + 1 or wide[0] != 0 or wide[-1] != len(docs) or np.any(np.diff(wide) < 1):
            yield f"the postings of {name} don't fit their terms"
            continue
        if np.any(np.diff(terms.astype(np.int64)) < 1) or (
            len(terms) and int(terms[-1]) >= lexicon.string_count
        ):
            yield f"the terms of {name} are out of order"
        inner = np.ones(max(len(docs) - 1, 0), np.bool_)
        inner[wide[1:-1] - 1] = False
        steps = np.diff(docs.astype(np.int64))
        if len(docs) and (np.any(steps[inner] < 1) or int(docs.max()) >= segment.doc_count):
            yield f"the documents of {name} are out of order"
            continue
        lengths = np.bincount(docs, weights=frequencies, minlength=segment.doc_count).astype(np.int64)
        if (
            not np.array_equal(lengths, segment.exact_lengths(layer))
            or len(segment.norms(layer)) != segment.doc_count
        ):
            yield f"the lengths of {name} are not those of its postings"
    data, offsets = segment.stream_bytes()
    codes = stream.decode(data)
    if len(offsets) != segment.doc_count + 1 or int(offsets[-1]) != len(data):
        yield "the forward stream doesn't fit the documents"
    elif len(codes) and int(codes.max()) - FIRST_WORD >= lexicon.word_count:
        yield "the forward stream has a word that doesn't exist"
    ids = segment.ids()
    for doc, document in enumerate(segment.documents(range(segment.doc_count))):
        if document.id != ids[doc]:
            yield f"the stored document {document.id} stands in the place of {ids[doc]}"
        if segment.find_id(ids[doc]) < 0:
            yield f"the id {ids[doc]} can't be found"
