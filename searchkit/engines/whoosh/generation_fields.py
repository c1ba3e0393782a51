"""The fields of a searchkit segment that have terms: its layers, and what its columns know of each document."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable
from functools import cached_property
from itertools import repeat
from typing import Any

import numpy as np
import numpy.typing as npt

from searchkit.analysis.token import Layer
from searchkit.engines.day_numbers import iso_date
from searchkit.engines.whoosh.codec_terms import FieldTerms, TermPostings
from searchkit.engines.whoosh.generation_positions import LayerValues, Places
from searchkit.engines.whoosh.generation_segment import LiveSegment
from searchkit.engines.whoosh.lexicon import StoredLexicon
from searchkit.engines.whoosh.segment import NO_VOTES
from searchkit.engines.whoosh.stock import fields
from searchkit.engines.whoosh.whoosh_analyzers import name_pieces
from searchkit.engines.whoosh.whoosh_schema import LAYER_FIELDS, schema

Array = npt.NDArray[Any]


class Words:
    """The lexicon of a generation, its strings in order once somebody goes through them."""

    def __init__(self, lexicon: StoredLexicon) -> None:
        self.lexicon = lexicon

    @cached_property
    def sorted_strings(self) -> tuple[list[bytes], npt.NDArray[np.int64]]:
        """All strings in byte order, and their ids."""
        pairs = list(self.lexicon.iterate_strings())
        return [text for text, _ in pairs], np.fromiter((i for _, i in pairs), np.int64, len(pairs))

    @cached_property
    def places(self) -> Places:
        """What the positions of terms are computed with."""
        return Places(self.lexicon)


class LayerField(FieldTerms):
    """The terms of a layer. One term is found in the lexicon; only going through them sorts them."""

    def __init__(self, segment: LiveSegment, layer: Layer, words: Words) -> None:
        self._segment = segment
        self._layer = layer
        self._words = words

    @cached_property
    def _ranks(self) -> npt.NDArray[np.int64]:
        """The places of this layer's terms among all strings."""
        _, ids = self._words.sorted_strings
        there = np.zeros(len(ids), np.bool_)
        there[self._segment.terms(self._layer)] = True
        return np.flatnonzero(there[ids])

    def __len__(self) -> int:
        return len(self._segment.terms(self._layer))

    def text(self, rank: int) -> bytes:
        """Return the term at a rank."""
        return self._words.sorted_strings[0][int(self._ranks[rank])]

    def lower_bound(self, text: bytes) -> int:
        """Return the rank of the first term that is not below ``text``."""
        strings, _ = self._words.sorted_strings
        return int(np.searchsorted(self._ranks, bisect_left(strings, text)))

    def at(self, rank: int) -> TermPostings:
        """Return the postings of the term at a rank."""
        return self._postings(int(self._words.sorted_strings[1][self._ranks[rank]]))

    def find(self, text: bytes) -> TermPostings | None:
        """Return the postings of a term, None if the layer lacks it."""
        string_id = self._words.lexicon.string_id(text.decode("utf-8", "surrogatepass"))
        if string_id < 0:
            return None
        found = self._postings(string_id)
        return found if len(found.docs) else None

    def _postings(self, string_id: int) -> TermPostings:
        docs, frequencies = self._segment.postings(self._layer, string_id)
        values = LayerValues(self._segment, self._layer, string_id, docs, frequencies, self._words)
        return TermPostings(docs, frequencies, self._segment.lengths(self._layer)[docs], values)


class _Once:
    """The values of postings in fields without frequencies or places, or of ``frequencies`` alone."""

    def __init__(self, frequencies: Array | None = None) -> None:
        self._frequencies = frequencies

    def frequency(self, posting: int) -> int:
        return 1 if self._frequencies is None else int(self._frequencies[posting])

    def items(self, posting: int, kind: str) -> list[Any]:
        return []

    def raw(self, posting: int) -> bytes | None:
        return None


class ColumnField(FieldTerms):
    """The terms that a column gives, sorted when they are first asked for."""

    def __init__(self, doc_count: int, pairs: Callable[[], Iterable[tuple[bytes, int]]]) -> None:
        """Take a function that yields (term, document), documents ascending, a pair for each occurrence."""
        self._doc_count = doc_count
        self._pairs = pairs

    @cached_property
    def _terms(self) -> dict[bytes, dict[int, int]]:
        found: dict[bytes, dict[int, int]] = {}
        for text, doc in self._pairs():
            docs = found.setdefault(text, {})
            docs[doc] = docs.get(doc, 0) + 1
        return found

    @cached_property
    def _texts(self) -> list[bytes]:
        return sorted(self._terms)

    @cached_property
    def lengths(self) -> npt.NDArray[np.int64]:
        """The number of occurrences of terms in each document."""
        lengths = np.zeros(self._doc_count, np.int64)
        for docs in self._terms.values():
            lengths[list(docs)] += np.fromiter(docs.values(), np.int64, len(docs))
        return lengths

    def __len__(self) -> int:
        return len(self._terms)

    def text(self, rank: int) -> bytes:
        """Return the term at a rank."""
        return self._texts[rank]

    def lower_bound(self, text: bytes) -> int:
        """Return the rank of the first term that is not below ``text``."""
        return bisect_left(self._texts, text)

    def at(self, rank: int) -> TermPostings:
        """Return the postings of the term at a rank."""
        docs = self._terms[self._texts[rank]]
        numbers = np.fromiter(docs, np.int64, len(docs))
        frequencies = np.fromiter(docs.values(), np.int64, len(docs))
        return TermPostings(numbers, frequencies, self.lengths[numbers], _Once(frequencies))


class IdField(FieldTerms):
    """The ids, which the segment keeps in order."""

    def __init__(self, segment: LiveSegment) -> None:
        self._segment = segment

    def __len__(self) -> int:
        return self._segment.doc_count

    def text(self, rank: int) -> bytes:
        """Return the id at a rank."""
        return self._segment.id_of(int(self._segment.by_id[rank])).encode()

    def lower_bound(self, text: bytes) -> int:
        """Return the rank of the first id that is not below ``text``."""
        return bisect_left(range(len(self)), text, key=self.text)

    def at(self, rank: int) -> TermPostings:
        """Return the one posting of the id at a rank."""
        return _plain_postings(self._segment.by_id[rank : rank + 1])


class ArxivField(ColumnField):
    """The arXiv ids, with and without their version; one is found without reading all documents."""

    def __init__(self, segment: LiveSegment) -> None:
        super().__init__(segment.doc_count, self._read)
        self._segment = segment

    def _read(self) -> Iterable[tuple[bytes, int]]:
        for doc, document in enumerate(self._segment.documents(range(self._segment.doc_count))):
            if document.arxiv_id is not None:
                for text in dict.fromkeys((document.arxiv_id, document.arxiv_id.partition("v")[0])):
                    yield text.encode("utf-8", "surrogatepass"), doc

    def find(self, text: bytes) -> TermPostings | None:
        """Return the postings of an arXiv id, None if no document has it."""
        wanted = text.decode("utf-8", "surrogatepass")
        docs = self._segment.find_arxiv(wanted)
        if "v" in wanted:
            found = self._segment.documents(docs.tolist())
            docs = docs[[document.arxiv_id == wanted for document in found]]
        return _plain_postings(docs) if len(docs) else None


def field_terms(segment: LiveSegment, words: Words) -> dict[str, FieldTerms]:
    """Return the fields of a segment that have terms, by name."""
    found: dict[str, FieldTerms] = {
        name: LayerField(segment, layer, words) for name, layer in LAYER_FIELDS.items()
    }
    found["id"] = IdField(segment)
    found["arxiv_id"] = ArxivField(segment)
    found["author"] = _authors(segment)
    found["date"] = ColumnField(segment.doc_count, lambda: _dates(segment))
    found["votes"] = ColumnField(segment.doc_count, lambda: _votes(segment))
    return found


def _plain_postings(docs: Array) -> TermPostings:
    return TermPostings(docs, np.ones(len(docs)), np.zeros(len(docs), np.int64), _Once())


def author_lengths(segment: LiveSegment) -> npt.NDArray[np.int64]:
    """Return the number of words in the names of each document's authors."""
    return _authors(segment).lengths


def _authors(segment: LiveSegment) -> ColumnField:
    def pairs() -> Iterable[tuple[bytes, int]]:
        pieces = [
            [piece.encode("utf-8", "surrogatepass") for piece in name_pieces(name)]
            for name in segment.author_names
        ]
        for doc, numbers in enumerate(segment.authors()):
            for number in numbers:
                yield from zip(pieces[number], repeat(doc))

    return ColumnField(segment.doc_count, pairs)


def _dates(segment: LiveSegment) -> Iterable[tuple[bytes, int]]:
    return ((iso_date(date).encode(), doc) for doc, date in enumerate(segment.dates.tolist()) if date)


def _votes(segment: LiveSegment) -> Iterable[tuple[bytes, int]]:
    field: fields.NUMERIC = schema()["votes"]
    terms = {
        vote: [text for text, *_ in field.index(vote)]
        for vote in set(segment.votes.tolist())
        if vote != NO_VOTES
    }
    for doc, vote in enumerate(segment.votes.tolist()):
        if vote in terms:
            yield from zip(terms[vote], repeat(doc))
