"""What is sent to the cluster for one document: its terms, field by field, and the document itself to be shown.

Terms are those that the embedded engine counts, so that frequencies and lengths are the same; pairs, bigrams and
sentences are those that its second stage looks for in the streams.
"""

from __future__ import annotations

import re
import zlib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from searchkit.analysis.glosses import Gloss
from searchkit.analysis.token import FIRST_WORD, ITEM_END, SENTENCE_END, Kind, Layer, Token, WordKey
from searchkit.document import Document
from searchkit.engines.day_numbers import day_number
from searchkit.engines.opensearch import schema
from searchkit.engines.opensearch.word_marks import mark, marked
from searchkit.engines.stored_document import decode, encode
from searchkit.engines.whoosh.authors import author_words
from searchkit.engines.whoosh.occurrences import NEAR as DISTANCE

_BIGRAM = re.compile("(?=([가-힣]{2}))")
_SURROGATE = re.compile("[\ud800-\udfff]")
_GLOSS = "\t"


class WordTerms(NamedTuple):
    """What stands for a word, and its terms, each sort as often as it counts: ``surface`` with the word's own form."""

    token: str
    mark: bytes
    base: tuple[str, ...]
    parts: tuple[str, ...]
    surface: tuple[str, ...]
    identifiers: tuple[str, ...]
    bigrams: tuple[str, ...]

    @classmethod
    def of(cls, key: WordKey, tokens: Sequence[Token]) -> WordTerms:
        """Sort the tokens of a word."""

        def texts(kind: Kind) -> tuple[str, ...]:
            return tuple(token.text for token in tokens if token.kind is kind)

        return cls(
            schema.word_token(key),
            mark(key),
            texts(Kind.BASE),
            texts(Kind.PART),
            (key.form, *texts(Kind.SURFACE)),
            texts(Kind.IDENTIFIER),
            tuple(dict.fromkeys(_BIGRAM.findall(key.form))),
        )


def document_key(document_id: str) -> str:
    """Return the ``_id`` of a document: its id, or what stands for one that is too long for the cluster."""
    if len(document_id.encode()) <= schema.MAX_ID_BYTES and not document_id.startswith("#"):
        return document_id
    return f"#{zlib.crc32(document_id.encode()):08x}{document_id.encode()[:400].decode('utf-8', 'ignore')}"


def without_version(arxiv_id: str) -> str:
    """Return an arXiv id as papers are found by it: 2401.00001v2 is 2401.00001."""
    return arxiv_id.partition("v")[0]


def gloss_value(gloss: Gloss) -> str:
    """Return a gloss as it stands in the field ``glosses``; `read_gloss` reads it."""
    return _GLOSS.join((gloss.name, gloss.other, "1" if gloss.open else ""))


def read_gloss(value: str) -> Gloss:
    """Return the gloss that `gloss_value` wrote."""
    name, other, is_open = value.split(_GLOSS)
    return Gloss(name, other, bool(is_open))


def read_document(stored: str) -> Document:
    """Return the document from the field ``stored``.

    Raises:
        IndexCorrupt: it isn't one.
    """
    return decode(stored.encode())


def body(
    document: Document, codes: Sequence[int], word: Callable[[int], WordTerms], glosses: Sequence[Gloss]
) -> dict[str, Any]:
    """Return the fields of a document.

    ``codes`` is its stream: `ITEM_END`, `SENTENCE_END`, or `FIRST_WORD` + the number of a word, whose terms ``word``
    gives by that number. ``glosses`` are what the document glosses, each once.
    """
    text = Text(codes, word, len(document.bullets))
    fields: dict[str, Any] = {
        "id": document.id,
        "hash": document.content_hash(),
        "sample": zlib.crc32(document.id.encode()),
        schema.STORED: encode(document).decode(),
        schema.MARKS: marked(codes, lambda number: word(number).mark),
        **text.fields(),
    }
    if document.arxiv_id is not None:
        fields["arxiv_id"] = without_version(_sendable(document.arxiv_id))
    if document.date is not None:
        fields["date"] = day_number(document.date)
        fields["month"] = document.date[:7]
    if document.votes is not None:
        fields["votes"] = document.votes
    if document.authors:
        fields["authors"] = [_sendable(name) for name in dict.fromkeys(document.authors)]
        people = [author_words(_sendable(name)) for name in document.authors]
        fields[schema.PEOPLE] = [{"words": words} for words in people if words]
    if glosses:
        fields["glosses"] = [_sendable(gloss_value(gloss)) for gloss in glosses]
    return fields


class Text:
    """The terms of a stream, field by field, as often as they stand there.

    ``pairs`` and ``near`` are the tokens of pairs, those of ``near`` without their ends; the distinct terms of each of
    ``sentences`` are separated by spaces.
    """

    def __init__(self, codes: Sequence[int], word: Callable[[int], WordTerms], bullets: int) -> None:
        self.layers: dict[Layer, list[str]] = {layer: [] for layer in Layer}
        self._title: list[str] = []
        self._rest: list[str] = []
        self.pairs: list[str] = []
        self._near: list[str] = []
        self.bigrams: list[str] = []
        self.sentences: list[str] = []
        for number, item in enumerate(_items(codes)):
            layer = Layer.TITLE if number == 0 else Layer.BULLETS if number <= bullets else None
            self._add(item, word, layer, self._title if number == 0 else self._rest)
        self.near = Counter(self._near)

    def _add(
        self, item: Sequence[int], word: Callable[[int], WordTerms], layer: Layer | None, forms: list[str]
    ) -> None:
        tokens: list[str] = []
        run: list[str] = []
        parts, surface = self.layers[Layer.PARTS], self.layers[Layer.SURFACE]
        identifiers, bigrams = self.layers[Layer.IDENTIFIERS], self.bigrams
        first = 0
        for code in item:
            if code == SENTENCE_END:
                self._end_sentence(run[first:])
                first = len(run)
                continue
            token, _, base, word_parts, word_surface, word_identifiers, word_bigrams = word(code - FIRST_WORD)
            tokens.append(token)
            run += base
            parts += word_parts
            surface += word_surface
            identifiers += word_identifiers
            bigrams += word_bigrams
        self._end_sentence(run[first:])
        if tokens:
            forms.append(" ".join(tokens))
        if layer is not None:
            self.layers[layer] += run
        self.pairs += map(schema.pair_token, run, run[1:])
        self._near += [
            schema.near_pair(one, other)
            for shift in range(1, DISTANCE + 1)
            for one, other in zip(run, run[shift:])
            if one != other
        ]

    def _end_sentence(self, terms: Sequence[str]) -> None:
        if terms:
            self.sentences.append(" ".join(dict.fromkeys(terms)))

    def fields(self) -> dict[str, Any]:
        """Return the fields that aren't empty."""
        near = [pair + end for pair, times in self.near.items() for end in schema.NEAR_ENDS[:times]]
        fields: dict[str, Any] = {
            **{schema.LAYER_FIELDS[layer]: " ".join(terms) for layer, terms in self.layers.items()},
            schema.TITLE_FORMS: self._title,
            schema.REST_FORMS: self._rest,
            schema.PAIRS: " ".join(self.pairs),
            schema.NEAR: " ".join(near),
            schema.BIGRAMS: " ".join(self.bigrams),
            # A sentence within another adds nothing to the greatest; equal ones are stored once.
            schema.SENTENCES: [{"terms": terms} for terms in dict.fromkeys(self.sentences)],
            schema.LENGTHS: {
                schema.LAYER_FIELDS[layer]: len(terms) for layer, terms in self.layers.items() if terms
            },
        }
        return {name: value for name, value in fields.items() if value}


def _items(codes: Sequence[int]) -> Iterator[Sequence[int]]:
    start = 0
    for at, code in enumerate(codes):
        if code == ITEM_END:
            yield codes[start:at]
            start = at + 1


def _sendable(text: str) -> str:
    """Return ``text`` with U+FFFD for halves of surrogate pairs, which only broken input has and UTF-8 can't hold."""
    return _SURROGATE.sub("\ufffd", text)
