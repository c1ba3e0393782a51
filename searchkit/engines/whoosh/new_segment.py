"""A segment of new documents: what is collected of them, and how all of it is written once their words are known."""

from __future__ import annotations

from collections.abc import Callable
from itertools import chain
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from searchkit.document import Document
from searchkit.engines.stored_document import encode
from searchkit.engines.whoosh import neighbours, stream
from searchkit.engines.whoosh.blockfile import BlockFileWriter
from searchkit.engines.whoosh.gloss_reader import GlossReader
from searchkit.engines.whoosh.gloss_records import PackedGlosses
from searchkit.engines.whoosh.inversion import Ints, invert
from searchkit.engines.whoosh.layer_postings import write_layer
from searchkit.engines.whoosh.lexicon import StoredLexicon
from searchkit.engines.whoosh.records import RecordWriter
from searchkit.engines.whoosh.segment_writer import Columns, write_documents


class WordStreams(NamedTuple):
    """The words of documents: ``codes`` of all of them, cut by ``offsets``, and how many bullets each has."""

    codes: npt.NDArray[np.int32]
    offsets: Ints
    bullets: Ints


class NewDocuments:
    """Documents as they come, without their words; ``glosses`` reads what they gloss."""

    def __init__(self, glosses: GlossReader) -> None:
        self.columns = Columns.empty()
        self.records = RecordWriter()
        self._reader = glosses
        self.glosses: Callable[[], PackedGlosses] | None = None

    def __len__(self) -> int:
        return len(self.columns.ids)

    def add(self, document: Document) -> None:
        """Take the next document."""
        self.records.add(encode(document))
        self.columns.add(document)
        self._reader.add(len(self) - 1, (document.title, *document.bullets))

    def end(self, *, last: bool) -> None:
        """Hear that these are all, and the ``last`` ones of an index made from nothing or not."""
        self.glosses = self._reader.finish(len(self), last=last)


def write_segment(
    writer: BlockFileWriter,
    documents: NewDocuments,
    words: WordStreams,
    lexicon: Callable[[], StoredLexicon],
) -> PackedGlosses:
    """Write ``documents``, which have ended, and return their glosses.

    What needs no terms is written before ``lexicon`` is asked for one that has all of their words.
    """
    from concurrent.futures import ThreadPoolExecutor  # readers do without

    assert documents.glosses is not None
    codes, offsets, bullets = words
    write_documents(writer, *stream.encode_documents(codes, offsets), documents.columns, documents.records)
    known = lexicon()
    layers = invert(codes, offsets, bullets, known)
    inverted = next(layers)
    with ThreadPoolExecutor(1, thread_name_prefix="searchkit-neighbours") as pool:
        # All cores have inverted; while one writes that, the others count.
        counted = pool.submit(neighbours.count_neighbours, codes, offsets, known)
        for layer, postings in chain((inverted,), layers):
            write_layer(writer, layer, postings, len(documents))
        counted.result().write(writer)
    glosses = documents.glosses()
    glosses.write(writer)
    return glosses
