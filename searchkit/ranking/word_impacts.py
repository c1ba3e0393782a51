"""Which form the impacts of a word take: it depends on how many documents hold it, and of how many."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from searchkit.ranking.ascending import distinct
from searchkit.ranking.common_impacts import ColumnImpacts, ComputedImpacts
from searchkit.ranking.impacts import Impacts, padded
from searchkit.ranking.postings import DENSE_SHARE, Term
from searchkit.ranking.rare_impacts import RareImpacts
from searchkit.ranking.scratch import Scratch

COMMON_SHARE = DENSE_SHARE
"""What stands in more than one document of so many is common."""
MOST_IN_COLUMNS = 1 << 18
"""Among more documents columns of all common words of queries would take too much memory."""
_SORTED_SHARE = 3
"""Looking through all sums is faster than sorting more than one number for so many documents."""


def word_impacts(
    terms: Sequence[Term],
    doc_count: int,
    scratch: Scratch,
    *,
    common_share: int = COMMON_SHARE,
    most_in_columns: int = MOST_IN_COLUMNS,
) -> Impacts:
    """Return what a word adds to the scores of ``doc_count`` documents; it has one of ``terms`` or more."""
    sizes = [term.count for term, _, _ in terms]
    if max(sizes) * common_share > doc_count:
        return common_impacts(terms, doc_count, most_in_columns=most_in_columns)
    if len(terms) == 1:
        ((term, factors, gain),) = terms
        return RareImpacts(term.stored, term.scores(factors, gain), shared=True)
    sums = scratch.zeros(doc_count)
    for term, factors, gain in terms:
        term.add_to(sums, factors, gain)
    if sum(sizes) * _SORTED_SHARE > doc_count:
        found = (sums != 0).nonzero()[0]
    else:
        found = distinct(np.concatenate([term.stored for term, _, _ in terms])).astype(np.intp)
    total = sums.take(found)
    sums[found] = 0.0
    scratch.cleaned()
    if len(found) * common_share <= doc_count or doc_count > most_in_columns:
        return RareImpacts(found, total)
    column = np.zeros(padded(doc_count), np.float32)
    column[found] = total
    return ColumnImpacts(column, len(found))


def common_impacts(
    terms: Sequence[Term], doc_count: int, *, most_in_columns: int = MOST_IN_COLUMNS
) -> Impacts:
    """Return what a word in many of ``doc_count`` documents adds to scores; it has one of ``terms`` or more."""
    if doc_count > most_in_columns:
        return ComputedImpacts(terms, doc_count)
    term, factors, gain = terms[0]
    column = term.column(factors, gain, padded(doc_count))
    for term, factors, gain in terms[1:]:
        term.add_to(column, factors, gain)
    return ColumnImpacts(column, terms[0][0].count if len(terms) == 1 else int(np.count_nonzero(column != 0)))
