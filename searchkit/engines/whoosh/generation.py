"""A generation: one whole, immutable state of the index, as a reader holds it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

import numpy as np

from searchkit.analysis.token import Layer
from searchkit.engines.whoosh.blockfile import BlockFile, BlockFileWriter
from searchkit.engines.whoosh.files import Files
from searchkit.engines.whoosh.glossary import StoredGlossary
from searchkit.engines.whoosh.joined_segments import JoinedSegments
from searchkit.engines.whoosh.lexicon import LexiconLevel, StoredLexicon
from searchkit.engines.whoosh.manifest import FileRecord, Manifest, SegmentRecord
from searchkit.engines.whoosh.neighbours import Neighbours
from searchkit.engines.whoosh.segment import Segment

if TYPE_CHECKING:
    from searchkit.engines.whoosh.pins import Pin


class Generation:
    """Segments, largest first, and the lexicon of one commit. Thread-safe: it only reads.

    ``joined`` numbers the documents of all segments through.

    ``caches`` is a place for what others derive from it (impact columns and the like); it lives as long as
    the generation.
    """

    def __init__(self, folder: Path, manifest: Manifest, pin: Pin | None = None) -> None:
        self.folder = folder
        self.manifest = manifest
        self.number = manifest.generation
        self.caches: dict[str, Any] = {}
        self._pin = pin
        self.lexicon = StoredLexicon(
            [LexiconLevel(BlockFile.open(folder, record), record) for record in manifest.lexicon]
        )
        segments = [open_segment(folder, record) for record in manifest.segments]
        self.segments = tuple(sorted(segments, key=lambda segment: (-segment.live_count, segment.id)))
        self.joined = JoinedSegments(self.segments)
        self._stats: dict[Layer, tuple[int, float]] = {}

    @classmethod
    def open(cls, pin: Pin) -> Generation:
        """Open what ``pin`` holds; the pin is released with the generation.

        Raises:
            IndexCorrupt: a file is missing, or its size or directory is wrong.
        """
        try:
            return cls(pin.folder, pin.manifest, pin)
        except BaseException:
            pin.release()
            raise

    @property
    def live_count(self) -> int:
        """The number of documents."""
        return sum(segment.live_count for segment in self.segments)

    @cached_property
    def glossary(self) -> StoredGlossary | None:
        """The glossary, None if it is empty."""
        record = self.manifest.glossary
        return None if record is None else StoredGlossary(BlockFile.open(self.folder, record))

    def layer_stats(self, layer: Layer) -> tuple[int, float]:
        """Return how many live documents have the layer, and their average length in tokens (1 if there are none)."""
        found = self._stats.get(layer)
        if found is None:
            documents, tokens = 0, 0
            for segment in self.segments:
                count, length = segment.layer_stats(layer)
                documents += count
                tokens += length
            found = documents, tokens / documents if documents else 1.0
            self._stats[layer] = found
        return found

    def doc_freq(self, layer: Layer, string_id: int) -> int:
        """Return how many live documents hold a term."""
        return sum(segment.doc_freq(layer, string_id) for segment in self.segments)

    def find(self, document_id: str) -> tuple[Segment, int] | None:
        """Return where the live document with an id is, None if there is none."""
        for segment in self.segments:
            doc = segment.find_id(document_id)
            if doc >= 0 and (segment.deleted is None or not segment.deleted[doc]):
                return segment, doc
        return None

    def ids(self, places: Sequence[tuple[int, int]]) -> list[str]:
        """Return the ids of documents by (segment number, document), in the order asked for."""
        found: dict[tuple[int, int], str] = {}
        for index in dict.fromkeys(index for index, _ in places):
            own = [place for place in places if place[0] == index]
            found.update(zip(own, self.segments[index].ids_of([doc for _, doc in own])))
        return [found[place] for place in places]

    def release(self) -> None:
        """Let the writer remove the files; searches that still go on read them to the end, for they are mapped."""
        if self._pin is not None:
            self._pin.release()
            self._pin = None

    def close(self) -> None:
        """Let the files and all that was derived from them go."""
        self.release()
        self.caches.clear()

    def __enter__(self) -> Generation:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def open_segment(folder: Path, record: SegmentRecord) -> Segment:
    """Open a segment with its deletions."""
    deleted = gone = None
    if record.deletions is not None:
        gone = BlockFile.open(folder, record.deletions)
        deleted = np.unpackbits(gone.column("deleted").all(), count=record.documents).astype(np.bool_)
    return Segment(record.id, BlockFile.open(folder, record.file), deleted, gone)


def write_deletions(
    files: Files, name: str, deleted: np.ndarray[Any, np.dtype[np.bool_]], gone: Neighbours
) -> FileRecord:
    """Write the mask of deleted documents of a segment, and the statistics of these documents."""
    writer = BlockFileWriter(files, name)
    writer.add("deleted", np.packbits(deleted))
    gone.write(writer)
    return writer.finish()
