"""What an index consists of, in numbers."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np

from searchkit.analysis.token import Layer
from searchkit.engines.day_numbers import iso_date
from searchkit.engines.whoosh.generation import Generation

_PARTS = {
    "records": "stored documents",
    "stream": "forward stream",
    "ids": "ids",
    "arxiv": "ids",
    "meta": "columns",
    "authors": "columns",
    "strings": "lexicon",
    "lexicon": "lexicon",
    "words": "lexicon",
    "tokens": "lexicon",
    "bigrams": "lexicon, syllables",
    "pairs": "pairs and syllables",
    "syllables": "pairs and syllables",
    "neighbours": "pairs and syllables",
}


def statistics(generation: Generation) -> dict[str, Any]:
    """Return counts, dates, sizes in bytes and versions."""
    manifest = generation.manifest
    dates = [
        segment.dates if segment.deleted is None else segment.dates[~segment.deleted]
        for segment in generation.segments
    ]
    known = np.concatenate([part[part > 0] for part in dates]) if dates else np.zeros(0, np.int32)
    sizes: Counter[str] = Counter()
    files = [segment.file for segment in generation.segments] + [
        level.file for level in generation.lexicon.levels
    ]
    for file in files:
        for name in file.names:
            column = file.column(name)
            group = name.partition(".")[0]
            sizes[_PARTS.get(group, f"postings, {group}")] += column.size * column.dtype.itemsize
    total = sum(record.size for record in manifest.files())
    sizes["everything else"] = total - sum(sizes.values())
    return {
        "format_version": 1,
        "documents": generation.live_count,
        "first_date": iso_date(int(known.min())) if len(known) else None,
        "last_date": iso_date(int(known.max())) if len(known) else None,
        "undated": generation.live_count - len(known),
        "generation": generation.number,
        "segments": len(generation.segments),
        "deleted": sum(segment.doc_count - segment.live_count for segment in generation.segments),
        "layers": {layer.name.lower(): _layer(generation, layer) for layer in Layer},
        "lexicon": {"words": generation.lexicon.word_count, "strings": generation.lexicon.string_count},
        "bytes": {"total": total, **dict(sorted(sizes.items(), key=lambda item: -item[1]))},
        "versions": dict(manifest.versions),
        "whoosh_dir": str(generation.folder),
    }


def _layer(generation: Generation, layer: Layer) -> dict[str, Any]:
    documents, average = generation.layer_stats(layer)
    terms: set[int] = set()
    for segment in generation.segments:
        terms.update(segment.terms(layer).tolist())
    return {"documents": documents, "average_length": round(average, 3), "terms": len(terms)}
