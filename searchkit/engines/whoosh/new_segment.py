"""A segment of new documents while it is made.

Its documents come in parts. A part is inverted as soon as the terms of its words are known, while documents of later
parts are read; what is left for the end is to join what was found.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from searchkit.analysis.token import Layer
from searchkit.document import Document
from searchkit.engines.stored_document import encode
from searchkit.engines.whoosh import stream
from searchkit.engines.whoosh.blockfile import BlockFileWriter
from searchkit.engines.whoosh.gloss_reader import GlossReader
from searchkit.engines.whoosh.gloss_records import PackedGlosses
from searchkit.engines.whoosh.inversion import Ints, Postings, invert, join_postings
from searchkit.engines.whoosh.layer_postings import write_layer
from searchkit.engines.whoosh.lexicon import WordLevels
from searchkit.engines.whoosh.neighbours import Neighbours, count_neighbours
from searchkit.engines.whoosh.records import RecordWriter
from searchkit.engines.whoosh.segment_writer import Columns, write_documents

_SUMS_AT_ONCE = 4
"""Counts of so many parts are added up, which takes less memory than they do."""


class WordStreams(NamedTuple):
    """The words of documents: ``codes`` of all of them, cut by ``offsets``, and how many bullets each has."""

    codes: npt.NDArray[np.int32]
    offsets: Ints
    bullets: Ints


class NewSegment:
    """Documents, and part by part their words; ``glosses`` reads what the documents gloss.

    One thread may bring documents while another one brings the words of earlier ones.
    """

    def __init__(self, glosses: GlossReader) -> None:
        self._columns = Columns.empty()
        self._records = RecordWriter()
        self._reader = glosses
        self._stream: list[npt.NDArray[np.uint8]] = []
        self._stream_sizes: list[Ints] = []
        self._blocks: list[dict[Layer, Postings]] = []
        self._neighbours: list[Neighbours] = []

    def __len__(self) -> int:
        return len(self._columns.ids)

    def store(self, document: Document) -> None:
        """Take the next document."""
        self._records.add(encode(document))
        self._columns.add(document)
        self._reader.add(len(self) - 1, (document.title, *document.bullets))

    def end(self, *, last: bool) -> None:
        """Hear that no document follows: these are the ``last`` ones of an index made from nothing, or not."""
        self._glosses = self._reader.finish(len(self), last=last)

    def encode_words(self, words: WordStreams) -> None:
        """Take the words of the next documents, the first half of it, for which no terms are needed."""
        pieces, offsets = stream.encode_documents(words.codes, words.offsets)
        self._stream += pieces
        self._stream_sizes.append(np.diff(offsets))

    def invert_words(self, words: WordStreams, lexicon: WordLevels) -> None:
        """Take the same words, of which ``lexicon`` knows the terms."""
        codes, offsets, bullets = words
        self._blocks += invert(codes, offsets, bullets, lexicon)
        self._neighbours.append(count_neighbours(codes, offsets, lexicon))
        if len(self._neighbours) > _SUMS_AT_ONCE:
            self._neighbours = [Neighbours.sum(self._neighbours)]

    def write(self, writer: BlockFileWriter) -> PackedGlosses:
        """Write everything and return the glosses; it is spent then."""
        from concurrent.futures import ThreadPoolExecutor  # readers do without

        bounds = np.zeros(len(self) + 1, np.int64)
        np.cumsum(np.concatenate(self._stream_sizes), out=bounds[1:])
        write_documents(writer, self._stream, bounds, self._columns, self._records)
        # While one core writes a layer, the other one joins the next.
        with ThreadPoolExecutor(1, thread_name_prefix="searchkit-joining") as pool:
            joined = [pool.submit(self._join, layer) for layer in Layer]
            counted = pool.submit(Neighbours.sum, self._neighbours)
            for layer, postings in zip(Layer, joined):
                write_layer(writer, layer, postings.result(), len(self))
            counted.result().write(writer)
        glosses = self._glosses()
        glosses.write(writer)
        return glosses

    def _join(self, layer: Layer) -> Postings:
        return join_postings([block.pop(layer) for block in self._blocks])
