"""Neighbours: in how many documents two base terms follow each other, and in how many a syllable bigram stands.

These statistics are kept per segment, and with each segment's deletions those of the deleted documents, so that they
are exact after any sequence of commits. How often a pair stands in one document is read from its stream.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from searchkit.analysis.ranges import ranges, run_starts
from searchkit.analysis.token import FIRST_WORD, SENTENCE_END, Kind
from searchkit.engines.whoosh.blockfile import BlockFile, BlockFileWriter
from searchkit.engines.whoosh.blocks_of_documents import BLOCK, map_blocks
from searchkit.engines.whoosh.counts import Counts, CountTable, write_counts
from searchkit.engines.whoosh.lexicon import WordLevels
from searchkit.engines.whoosh.syllables import BIGRAM_BITS

if TYPE_CHECKING:
    from searchkit.engines.whoosh.segment import Segment

Ints = npt.NDArray[np.int64]

_PAIR_BITS = 32
_FACTORS = 0xFF51AFD7ED558CCD, 0xC4CEB9FE1A85EC53
_APART = -1
"""Stands between the terms of two items."""
_BATCH = 8192
"""Streams of so many documents are decoded at once, to bound memory."""


def pair_keys(first: Ints, second: Ints) -> Ints:
    """Return 32 bits for each pair of string ids, in this order.

    Source: the finalizer of MurmurHash3 (Austin Appleby, public domain), its upper half.
    """
    mixed = first.astype(np.uint64)
    mixed <<= np.uint64(32)
    mixed |= second.astype(np.uint64)
    for factor in _FACTORS:
        mixed ^= mixed >> np.uint64(33)
        mixed *= np.uint64(factor)
    mixed >>= np.uint64(32)
    return mixed.view(np.int64)


def pair_key(first: int, second: int) -> int:
    """Return what `pair_keys` returns, for one pair."""
    mixed = first << 32 | second
    for factor in _FACTORS:
        mixed ^= mixed >> 33
        mixed = mixed * factor & 0xFFFFFFFFFFFFFFFF
    return mixed >> 32


@dataclass(frozen=True, slots=True, eq=False)
class Neighbours:
    """Documents with each pair and each bigram; ``paired`` and ``spelled`` count those with any pair, any bigram."""

    pairs: Counts
    bigrams: Counts
    paired: int
    spelled: int

    @classmethod
    def sum(cls, several: Sequence[Neighbours]) -> Neighbours:
        """Add up what is known of several sets of documents."""
        return cls(
            Counts.sum([each.pairs for each in several]),
            Counts.sum([each.bigrams for each in several]),
            sum(each.paired for each in several),
            sum(each.spelled for each in several),
        )

    def without(self, other: Neighbours) -> Neighbours:
        """Take ``other``, of some of these documents, away."""
        return Neighbours(
            self.pairs.without(other.pairs),
            self.bigrams.without(other.bigrams),
            self.paired - other.paired,
            self.spelled - other.spelled,
        )

    def write(self, writer: BlockFileWriter) -> None:
        """Write it all as arrays of a block file."""
        writer.add("neighbours.documents", np.array([self.paired, self.spelled], np.int64))
        write_counts(writer, "pairs", self.pairs, _PAIR_BITS)
        write_counts(writer, "syllables", self.bigrams, BIGRAM_BITS)


class StoredNeighbours:
    """What `Neighbours.write` wrote."""

    def __init__(self, file: BlockFile) -> None:
        self.paired, self.spelled = file.column("neighbours.documents").all().tolist()
        self.pairs = CountTable(file, "pairs")
        self.bigrams = CountTable(file, "syllables")

    def load(self) -> Neighbours:
        """Return everything."""
        return Neighbours(self.pairs.all(), self.bigrams.all(), self.paired, self.spelled)


def count_neighbours(codes: npt.NDArray[np.integer], offsets: Ints, lexicon: WordLevels) -> Neighbours:
    """Count what stands in the streams of several documents: ``codes`` of all of them, cut by ``offsets``."""
    there = np.zeros(lexicon.word_count + FIRST_WORD, np.bool_)
    there[codes] = True
    words = np.flatnonzero(there[FIRST_WORD:])
    # Numbers of the words that occur; 0 and 1 stay what they are.
    numbers = np.zeros(len(there), np.int32)
    numbers[words + FIRST_WORD] = np.arange(FIRST_WORD, len(words) + FIRST_WORD, dtype=np.int32)
    numbers[SENTENCE_END] = SENTENCE_END
    terms, bigrams = (
        _Lists(*_base_terms(lexicon, words), (_APART,)),
        _Lists(*lexicon.expand_bigrams(words), ()),
    )

    def count(first: int) -> Neighbours:
        bounds = offsets[first : first + BLOCK + 1]
        return _count(numbers[codes[bounds[0] : bounds[-1]]], bounds - bounds[0], terms, bigrams)

    return Neighbours.sum(map_blocks(count, len(offsets) - 1))


class _Lists:
    """A list of numbers for each code of a stream; that of the end of an item is ``end``."""

    def __init__(self, counts: Ints, values: Ints, end: Sequence[int]) -> None:
        self._counts = np.concatenate(([len(end), 0], counts))
        self._values = np.concatenate((np.array(end, np.int64), values))
        self._starts = np.cumsum(self._counts) - self._counts

    def of(self, codes: npt.NDArray[np.int32], offsets: Ints) -> tuple[Ints, Ints]:
        """Return the lists of ``codes``, which ``offsets`` cut, one after the other, and where that cuts them."""
        sizes = self._counts.take(codes)
        bounds = np.zeros(len(codes) + 1, np.int64)
        np.cumsum(sizes, out=bounds[1:])
        return self._values.take(ranges(self._starts.take(codes), sizes)), bounds.take(offsets)


def _count(codes: npt.NDArray[np.int32], offsets: Ints, terms: _Lists, bigrams: _Lists) -> Neighbours:
    doc_count = len(offsets) - 1
    docs = np.arange(doc_count, dtype=np.int64)
    sequence, bounds = terms.of(codes, offsets)
    inside = sequence != _APART
    together = (inside[1:] & inside[:-1]).nonzero()[0]
    pair_docs = np.repeat(docs, np.diff(bounds)).take(together)
    pairs = pair_keys(sequence.take(together), sequence[1:].take(together))
    spelled, bounds = bigrams.of(codes, offsets)
    sizes = np.diff(bounds)
    return Neighbours(
        Counts.of(pairs, pair_docs, doc_count),
        Counts.of(spelled, np.repeat(docs, sizes), doc_count),
        len(run_starts(pair_docs)),
        int(np.count_nonzero(sizes)),
    )


def _base_terms(lexicon: WordLevels, words: Ints) -> tuple[Ints, Ints]:
    """Return how many base terms each of ``words``, ascending, has, and the base terms of all of them."""
    tokens = lexicon.expand(words)
    base = tokens.kinds == Kind.BASE
    owners = np.repeat(np.arange(len(words)), tokens.counts)[base]
    return np.bincount(owners, minlength=len(words)).astype(np.int64), tokens.terms[base]


def live_neighbours(segment: Segment) -> Neighbours:
    """Return what stands in the documents of a segment that are not deleted."""
    found = StoredNeighbours(segment.file).load()
    return found if segment.gone is None else found.without(StoredNeighbours(segment.gone).load())


def after_deleting(segment: Segment, deleted: npt.NDArray[np.bool_], lexicon: WordLevels) -> Neighbours:
    """Return what stands in all ``deleted`` documents of a segment, of which it knows some already."""
    newly = deleted if segment.deleted is None else deleted & ~segment.deleted
    found = neighbours_of(segment, np.flatnonzero(newly), lexicon)
    return found if segment.gone is None else Neighbours.sum([StoredNeighbours(segment.gone).load(), found])


def neighbours_of(segment: Segment, docs: Ints, lexicon: WordLevels) -> Neighbours:
    """Count what stands in ``docs`` of a segment."""
    found = [
        count_neighbours(*segment.words(docs[start : start + _BATCH]), lexicon)
        for start in range(0, len(docs), _BATCH)
    ]
    return Neighbours.sum(found) if found else Neighbours(Counts.none(), Counts.none(), 0, 0)
