"""Terms and postings as Whoosh asks for them, over whatever holds them as arrays."""

from __future__ import annotations

from abc import ABC, abstractmethod
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from searchkit.engines.whoosh.codec_values import Values, value_as, value_bytes
from searchkit.engines.whoosh.stock import base, mcore, reading

Array = npt.NDArray[Any]
Term = tuple[str, bytes]


@dataclass(frozen=True, slots=True)
class TermPostings:
    """The documents that hold a term, deleted ones included, and what is known of each: parallel arrays.

    ``lengths`` are those of the field in these documents; ``weights`` are frequencies times boosts.
    """

    docs: Array
    weights: Array
    lengths: Array
    values: Values

    def info(self) -> Any:
        """Return what Whoosh wants to know of a term."""
        return reading.TermInfo(
            weight=float(self.weights.sum(dtype=np.float64)),
            df=len(self.docs),
            minlength=int(self.lengths.min()),
            maxlength=int(self.lengths.max()),
            maxweight=float(self.weights.max()),
            minid=int(self.docs[0]),
            maxid=int(self.docs[-1]),
        )


class FieldTerms(ABC):
    """The terms of a field in the order of their bytes; a rank is a place in that order."""

    @abstractmethod
    def __len__(self) -> int: ...

    @abstractmethod
    def text(self, rank: int) -> bytes:
        """Return the term at a rank."""

    @abstractmethod
    def lower_bound(self, text: bytes) -> int:
        """Return the rank of the first term that is not below ``text``."""

    @abstractmethod
    def at(self, rank: int) -> TermPostings:
        """Return the postings of the term at a rank."""

    def find(self, text: bytes) -> TermPostings | None:
        """Return the postings of a term, None if the field lacks it."""
        rank = self.lower_bound(text)
        return self.at(rank) if rank < len(self) and self.text(rank) == text else None


class ArrayTermsReader(base.TermsReader):  # type: ignore[misc]
    """The terms of a segment, by field."""

    def __init__(self, fields: Mapping[str, FieldTerms]) -> None:
        self._fields = dict(sorted(fields.items()))

    def _find(self, fieldname: str, text: bytes) -> TermPostings | None:
        field = self._fields.get(fieldname)
        return None if field is None else field.find(text)

    def _must_find(self, fieldname: str, text: bytes) -> TermPostings:
        found = self._find(fieldname, text)
        if found is None:
            raise reading.TermNotFound(f"No term {fieldname}:{text!r}")
        return found

    def __contains__(self, term: Term) -> bool:
        return self._find(*term) is not None

    def indexed_field_names(self) -> list[str]:
        """Return the fields that have terms."""
        return [name for name, field in self._fields.items() if len(field)]

    def cursor(self, fieldname: str, fieldobj: Any) -> Any:
        """Return a cursor at the first term of a field."""
        field = self._fields.get(fieldname)
        return base.EmptyCursor() if field is None else ArrayCursor(field, fieldobj)

    def _from(self, fieldname: str | None, text: bytes) -> Iterator[tuple[Term, FieldTerms, int]]:
        names = list(self._fields)
        start = names.index(fieldname) if fieldname in self._fields else len(names)
        for name in names if fieldname is None else names[start:]:
            field = self._fields[name]
            for rank in range(field.lower_bound(text) if name == fieldname else 0, len(field)):
                yield (name, field.text(rank)), field, rank

    def terms(self) -> Iterator[Term]:
        """Yield all terms, field by field."""
        return (term for term, _, _ in self._from(None, b""))

    def terms_from(self, fieldname: str, prefix: bytes) -> Iterator[Term]:
        """Yield the terms from ``prefix`` on, those of later fields too."""
        return (term for term, _, _ in self._from(fieldname, prefix))

    def items(self) -> Iterator[tuple[Term, Any]]:
        """Yield all terms with what is known of them."""
        return ((term, field.at(rank).info()) for term, field, rank in self._from(None, b""))

    def items_from(self, fieldname: str, prefix: bytes) -> Iterator[tuple[Term, Any]]:
        """Yield the terms from ``prefix`` on with what is known of them."""
        return ((term, field.at(rank).info()) for term, field, rank in self._from(fieldname, prefix))

    def term_info(self, fieldname: str, text: bytes) -> Any:
        """Return what is known of a term.

        Raises:
            whoosh.reading.TermNotFound: there is no such term.
        """
        return self._must_find(fieldname, text).info()

    def frequency(self, fieldname: str, text: bytes) -> float:
        """Return the weight of a term over all documents, 0 if there is none."""
        found = self._find(fieldname, text)
        return 0 if found is None else float(found.weights.sum(dtype=np.float64))

    def doc_frequency(self, fieldname: str, text: bytes) -> int:
        """Return in how many documents a term stands, 0 if there is none."""
        found = self._find(fieldname, text)
        return 0 if found is None else len(found.docs)

    def matcher(self, fieldname: str, text: bytes, format_: Any, scorer: Any = None) -> ArrayMatcher:
        """Return a matcher over the postings of a term.

        Raises:
            whoosh.reading.TermNotFound: there is no such term.
        """
        postings = self._must_find(fieldname, text)
        return ArrayMatcher(
            postings.docs.tolist(),
            postings.weights,
            postings.values,
            format_,
            term=(fieldname, text),
            scorer=scorer,
            info=postings.info(),
        )


class ArrayCursor(base.FieldCursor):  # type: ignore[misc]
    """Goes through the terms of a field."""

    def __init__(self, field: FieldTerms, fieldobj: Any) -> None:
        self._field = field
        self._fieldobj = fieldobj
        self._rank = 0

    def first(self) -> Any:
        """Go to the first term and return it."""
        self._rank = 0
        return self.text()

    def find(self, term: str | bytes) -> Any:
        """Go to the first term that is not below ``term`` and return it."""
        self._rank = self._field.lower_bound(
            term if isinstance(term, bytes) else self._fieldobj.to_bytes(term)
        )
        return self.text()

    def next(self) -> Any:
        """Go to the next term and return it, None at the end."""
        self._rank += 1
        return self.text()

    def text(self) -> Any:
        """Return the term, None at the end."""
        return self._fieldobj.from_bytes(self._field.text(self._rank)) if self.is_valid() else None

    def term_info(self) -> Any:
        """Return what is known of the term, None at the end."""
        return self._field.at(self._rank).info() if self.is_valid() else None

    def is_valid(self) -> bool:
        """Return whether there is a term here."""
        return self._rank < len(self._field)


class ArrayMatcher(mcore.LeafMatcher):  # type: ignore[misc]
    """Goes through postings: ``ids`` ascend (documents, or the terms of a vector), the rest runs parallel."""

    def __init__(
        self,
        ids: Sequence[Any],
        weights: Array,
        values: Values,
        format_: Any,
        *,
        term: Term | None = None,
        scorer: Any = None,
        info: Any = None,
    ) -> None:
        self._ids = ids
        self._weights = weights
        self._values = values
        self._info = info
        self._term = term
        self._at = 0
        self.format = format_
        self.scorer = scorer

    def is_active(self) -> bool:
        """Return whether there is a posting here."""
        return self._at < len(self._ids)

    def reset(self) -> None:
        """Go to the first posting."""
        self._at = 0

    def next(self) -> bool:
        """Go to the next posting; return whether that left the block, which is the whole list."""
        if self._at >= len(self._ids):
            raise mcore.ReadTooFar
        self._at += 1
        return self._at == len(self._ids)

    def skip_to(self, id: Any) -> None:  # noqa: A002
        """Go to the first posting, from here on, that is not below ``id``."""
        if self._at >= len(self._ids):
            raise mcore.ReadTooFar
        self._at = bisect_left(self._ids, id, self._at)

    def id(self) -> Any:
        """Return the document, at the end the last one: Whoosh's AndNot asks for it even there."""
        return self._ids[self._at] if self._at < len(self._ids) else self._ids[-1]

    def all_ids(self) -> Iterator[Any]:
        """Yield all documents."""
        return iter(self._ids)

    def all_items(self) -> Iterator[tuple[Any, bytes]]:
        """Yield all documents with their packed values."""
        return (
            (document, value_bytes(self._values, number, self.format))
            for number, document in enumerate(self._ids)
        )

    def value(self) -> bytes:
        """Return the value, packed by the format."""
        return value_bytes(self._values, self._at, self.format)

    def value_as(self, astype: str) -> Any:
        """Return the value as Whoosh's formats name it: "frequency", "positions" and so on."""
        return value_as(self._values, self._at, astype, self.format)

    def weight(self) -> float:
        """Return the weight."""
        return float(self._weights[self._at])

    def score(self) -> float:
        """Return the score, the weight if there is no scorer."""
        return self.weight() if self.scorer is None else float(self.scorer.score(self))

    def copy(self) -> ArrayMatcher:
        """Return another matcher at the same posting."""
        made = ArrayMatcher(
            self._ids,
            self._weights,
            self._values,
            self.format,
            term=self._term,
            scorer=self.scorer,
            info=self._info,
        )
        made._at = self._at
        return made

    def supports_block_quality(self) -> bool:
        """Return whether the scorer can tell a bound."""
        return self._info is not None and self.scorer is not None and self.scorer.supports_block_quality()

    def skip_to_quality(self, minquality: float) -> int:
        """Go to the end if no posting is of more than that quality; return the number of blocks passed."""
        if self.is_active() and self.block_quality() <= minquality:
            self._at = len(self._ids)
            return 1
        return 0

    def block_min_length(self) -> int:
        """Return the length of the shortest field value that the postings are from."""
        return int(self._info.min_length())

    def block_max_length(self) -> int:
        """Return the length of the longest field value that the postings are from."""
        return int(self._info.max_length())

    def block_max_weight(self) -> float:
        """Return the highest weight of a posting."""
        return float(self._info.max_weight())
