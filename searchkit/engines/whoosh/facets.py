"""Facets: how all matches are spread over months and authors."""

from __future__ import annotations

from collections import Counter

import numpy as np
import numpy.typing as npt

from searchkit.engines.whoosh.authors import AuthorIndex
from searchkit.engines.whoosh.segment import Segment

Mask = npt.NDArray[np.bool_]


class FacetCounter:
    """Counts the matches of one segment after the other."""

    def __init__(self) -> None:
        self._months: Counter[int] = Counter()
        self._authors: Counter[str] = Counter()

    def add(self, segment: Segment, authors: AuthorIndex, matched: Mask) -> None:
        """Count the documents in ``matched``; those without a date have no month."""
        months = segment.dates[matched] // 100
        counts = np.bincount(months[months > 0])
        present = np.flatnonzero(counts)
        self._months.update(dict(zip(present.tolist(), counts[present].tolist())))
        found = authors.count(matched)
        names = authors.names
        present = np.flatnonzero(found)
        # A name may stand in several segments, but only once in each.
        self._authors.update({names[at]: n for at, n in zip(present.tolist(), found[present].tolist())})

    def result(self) -> dict[str, list[tuple[str, int]]]:
        """Return (value, count) under "month" ("YYYY-MM") and "author", greatest count first, then by value."""
        months = [(f"{month // 100:04}-{month % 100:02}", count) for month, count in self._months.items()]
        return {"month": _ordered(months), "author": _ordered(list(self._authors.items()))}


def _ordered(counts: list[tuple[str, int]]) -> list[tuple[str, int]]:
    return sorted(counts, key=lambda entry: (-entry[1], entry[0]))
