"""The texts of the documents that are shown together as one long string, in which forms of words are looked up."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence

from searchkit.analysis.normalization import fold
from searchkit.analysis.words import same_signs
from searchkit.document import Document
from searchkit.query.plan import Phrase

Text = tuple[str, int, str]
"""Field, item and text."""
Pieces = dict[int, int]
"""Where pieces between blanks begin, and where each ends."""


class PageText:
    """The texts of ``documents`` as forms are written, one line after the other.

    ``texts`` are those of documents in which each code point has its place there, each with the number of its
    document and in the order of the documents; ``odd`` are the texts of the others by the number of the document.
    ``starts`` says where each of ``texts`` begins in the whole.
    """

    def __init__(self, documents: Sequence[Document]) -> None:
        self.texts: list[tuple[int, Text]] = []
        self.odd: dict[int, list[Text]] = {}
        self.starts = [0]
        lines: list[str] = []
        for number, document in enumerate(documents):
            texts = list(_texts(document))
            plain = _plain("\n".join([text for *_, text in texts]))
            if plain is None:
                self.odd[number] = texts
                continue
            lines.append(plain)
            self.texts += [(number, text) for text in texts]
            for *_, text in texts:
                self.starts.append(self.starts[-1] + len(text) + 1)
        self._whole = "\n".join(lines)

    def holding(self, forms: Iterable[str]) -> dict[int, Pieces]:
        """Return the pieces that hold one of ``forms``, by the number of the text; places are those in the whole."""
        whole, starts = self._whole, self.starts
        found: dict[int, Pieces] = {}
        for form in forms:
            at = whole.find(form)
            while at >= 0:
                number = bisect_right(starts, at) - 1
                begin, stop = starts[number], starts[number + 1] - 1
                end = whole.find(" ", at, stop)
                end = stop if end < 0 else end
                begin = max(begin, whole.rfind(" ", begin, at) + 1)
                if number in found:
                    found[number][begin] = end
                else:
                    found[number] = {begin: end}
                at = whole.find(form, end)
        return found

    def holding_phrases(self, phrases: Sequence[Phrase]) -> dict[int, Pieces]:
        """Return the pieces with words of those of ``phrases`` all of whose words the document holds."""
        where: dict[str, dict[int, dict[int, Pieces]]] = {}
        for form in {form for phrase in phrases for word in phrase.words for form in word.forms}:
            for number, pieces in self.holding((form,)).items():
                where.setdefault(form, {}).setdefault(self.texts[number][0], {})[number] = pieces
        wanted: set[tuple[str, int]] = set()
        for phrase in phrases if where else ():
            held = [
                {document for form in word.forms for document in where.get(form, ())} for word in phrase.words
            ]
            documents = set.intersection(*held) if held else ()
            wanted.update(
                (form, document)
                for document in documents
                for word in phrase.words
                for form in word.forms
                if document in where.get(form, ())
            )
        found: dict[int, Pieces] = {}
        for form, document in wanted:
            for number, pieces in where[form][document].items():
                found.setdefault(number, {}).update(pieces)
        return found

    def within(self, number: int, pieces: Pieces) -> list[tuple[int, int]]:
        """Return ``pieces`` of a text, in its order, by their places in it."""
        begin = self.starts[number]
        return sorted((at - begin, stop - begin) for at, stop in pieces.items())


def _texts(document: Document) -> Iterator[Text]:
    yield "title", 0, document.title
    for item, bullet in enumerate(document.bullets):
        yield "bullets", item, bullet
    for item, label in enumerate(document.labels):
        if label:
            yield "labels", item, label


def _plain(text: str) -> str | None:
    """Return ``text`` as forms are written, each code point at its place; None where that can't be had."""
    folded, offsets = fold(text)
    if offsets is not None or "Σ" in folded:  # how a sigma is lower-cased depends on what follows
        return None
    plain = same_signs(folded.lower())
    return plain if len(plain) == len(text) else None
