"""Korean topics judged by English titles, on the corpus beside the checkout."""

from __future__ import annotations

import math
import statistics
from pathlib import Path

from searchkit import SearchIndex

TOPICS = Path(__file__).parents[1] / "data" / "topics.tsv"
CUT = 10


def topics() -> list[tuple[str, int, frozenset[str]]]:
    """Return queries, how many documents gloss each, and what is relevant."""
    rows = [line.split("\t") for line in TOPICS.read_text(encoding="utf-8").splitlines()]
    return [(korean, int(glossed), frozenset(ids.split())) for korean, _, glossed, ids in rows]


def ndcg(ids: list[str], relevant: frozenset[str]) -> float:
    gains = [1 / math.log2(place + 2) for place in range(CUT)]
    return sum(gain for gain, found in zip(gains, ids) if found in relevant) / sum(gains[: len(relevant)])


def test_there_are_enough_topics_and_seldom_ones() -> None:
    every = topics()
    assert len(every) >= 60
    assert sum(glossed == 1 for _, glossed, _ in every) >= 15
    assert all(len(relevant) >= 3 for _, _, relevant in every)


def test_korean_topics_find_english_titles(corpus: SearchIndex) -> None:
    scores = [
        ndcg([hit.document.id for hit in corpus.search(korean, limit=CUT)], relevant)
        for korean, _, relevant in topics()
    ]
    assert statistics.mean(scores) >= 0.9
