"""What engines find: pages of documents, and why a document scores what it does."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from searchkit.query.plan import PlanTerm

Handle = Any
"""A document as the snapshot that found it names it; nobody else looks inside. It can be hashed and compared."""

Expected = Callable[[Sequence[Handle], int], Iterable[object]]
"""Gets ready for hits: it is given documents that are probably among them, best first, and the number of matches, and
what it returns is gone through, one small step after the other, as far as there is time.
"""


@dataclass(slots=True)
class TopDocs:
    """One page of hits, best first, as (score, handle of the document).

    ``total`` counts all matches, if it was asked for. ``facets`` maps "month" and "author" to (value, count).
    """

    hits: list[tuple[float, Handle]]
    total: int
    facets: dict[str, list[tuple[str, int]]] | None = None


@dataclass(frozen=True, slots=True)
class Contribution:
    """What a term adds to the score of a document: ``score`` = weight × ``idf`` × saturation.

    ``tf`` is its frequency there, ``length`` the document's (rounded) length and ``average_length`` the average in the
    layer of the term, in tokens; ``doc_freq`` counts the documents that hold it. All four are 0 for the boost of an id.
    """

    term: PlanTerm
    idf: float
    tf: int
    length: int
    average_length: float
    doc_freq: int
    score: float
