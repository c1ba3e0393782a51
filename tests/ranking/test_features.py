"""Which terms of a query are neighbours."""

from __future__ import annotations

from searchkit.ranking.bm25 import idf, pair_idf
from searchkit.ranking.features import neighbours


def test_pairs_are_those_of_known_terms_that_follow_each_other() -> None:
    found = neighbours(("a", "b", "new", "a", "b", "a", "a"), {"a", "b"}.__contains__)
    assert found.terms == ("a", "b")
    assert found.ordered == ((0, 1), (1, 0), (0, 0))
    assert found.near == ((0, 1),)
    assert neighbours((), bool) == ((), (), ())


def test_the_weight_of_a_pair_stays_within_what_there_is() -> None:
    assert pair_idf(100, 7) == idf(100, 7)
    assert pair_idf(100, 0) == idf(100, 1)
    assert pair_idf(100, 170) == idf(100, 100)
    assert pair_idf(0, 3) == 0.0
