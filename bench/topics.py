"""Topics: Korean queries judged by English titles, expanded or not, and without the topic's own pair.

    python -m bench.topics CORPUS [--index DIR] [--make FILE] [--topics FILE]

A topic is a Korean name and an English one that some document gives side by side; relevant is every document whose
title holds the English name, whatever its case, plurals and hyphens. ``--make`` reads ``Korean=English`` lines and
writes the topics with the ids of what is relevant. Besides, known items say what literal queries lose.
"""

from __future__ import annotations

import argparse
import math
import re
import statistics
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from bench.known_items import known_items
from searchkit import Document, SearchIndex
from searchkit.analysis.english import stem
from searchkit.analysis.glossary import name_key

TOPICS = Path(__file__).resolve().parents[1] / "tests" / "data" / "topics.tsv"
FEWEST_RELEVANT = 3
SELDOM = 1
CUT = 10
KNOWN_ITEMS = 300
SEED = 2024
_WORDS = re.compile(r"[^\W_]+")


class Topic(NamedTuple):
    """A query, what it is in English, in how many documents the pair stands and the ids of what is relevant."""

    korean: str
    english: str
    glossed: int
    relevant: frozenset[str]


class Without:
    """A glossary that lacks one pair."""

    def __init__(self, glossary: Any, topic: Topic) -> None:
        self._glossary = glossary
        self._pair = {name_key(topic.korean), name_key(topic.english)}

    def translations(self, key: str, least: int = 1) -> tuple[Any, ...]:
        """Return the other names of a name that ``least`` documents give, or the user."""
        found = self._glossary.translations(key, least)
        if key not in self._pair:
            return tuple(found)
        return tuple(each for each in found if name_key(each.spellings[0]) not in self._pair)


def folded(text: str) -> str:
    """Return a text by which titles and names are compared."""
    return f" {' '.join(stem(word) for word in _WORDS.findall(text.lower()))} "


def make(lines: Iterable[str], documents: Sequence[Document], glossary: Any) -> Iterator[Topic]:
    """Yield the topics that enough documents are relevant to."""
    titles = [(folded(document.title), document.id) for document in documents]
    for line in lines:
        korean, _, english = line.strip().partition("=")
        relevant = frozenset(found for title, found in titles if folded(english) in title)
        glossed = sum(
            each.documents
            for each in glossary.translations(name_key(korean))
            if name_key(each.spellings[0]) == name_key(english)
        )
        if len(relevant) >= FEWEST_RELEVANT and glossed:
            yield Topic(korean, english, glossed, relevant)


def read(path: Path) -> list[Topic]:
    """Read topics from a file."""
    topics = []
    for line in path.read_text(encoding="utf-8").splitlines():
        korean, english, glossed, ids = line.split("\t")
        topics.append(Topic(korean, english, int(glossed), frozenset(ids.split())))
    return topics


def ndcg(ids: Sequence[str], relevant: frozenset[str]) -> float:
    """Return nDCG@10 with binary relevance."""
    gains = [1 / math.log2(place + 2) for place in range(CUT)]
    ideal = sum(gains[: len(relevant)])
    return sum(gain for gain, found in zip(gains, ids) if found in relevant) / ideal


def use_glossary(snapshot: Any, glossary: Any) -> None:
    """Let searches use another glossary, or none."""
    snapshot.generation.__dict__["glossary"] = glossary
    snapshot.caches.clear()


def judge(
    index: SearchIndex, topics: Sequence[Topic], prepare: Callable[[Topic], None], *, expand: bool = True
) -> list[float]:
    """Return the nDCG@10 of each topic; ``prepare`` is called before each."""
    scores = []
    for topic in topics:
        prepare(topic)
        ids = [hit.document.id for hit in index.search(topic.korean, limit=CUT, expand=expand)]
        scores.append(ndcg(ids, topic.relevant))
    return scores


def reciprocal_rank(index: SearchIndex, queries: Sequence[tuple[str, str]], *, expand: bool = True) -> float:
    """Return MRR@10 of known items."""
    total = 0.0
    for query, wanted in queries:
        ids = [hit.document.id for hit in index.search(query, limit=CUT, expand=expand)]
        total += 1 / (ids.index(wanted) + 1) if wanted in ids else 0.0
    return total / len(queries)


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--index", type=Path, help="an index of the corpus; made if it isn't there")
    parser.add_argument("--make", type=Path, help="a file of Korean=English lines; writes --topics")
    parser.add_argument("--topics", type=Path, default=TOPICS)
    parser.add_argument("--each", action="store_true", help="print the figures of every topic")
    parser.add_argument("--no-known-items", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = options.index or Path(scratch) / "index"
        index = SearchIndex.open(folder) if folder.exists() else SearchIndex.build(options.corpus, folder)
        with index:
            _run(index, options)


def _run(index: SearchIndex, options: argparse.Namespace) -> None:
    view = index._current()
    documents = list(view.snapshot.all_documents())
    glossary = view.snapshot.glossary

    def use(found: Any) -> None:
        use_glossary(view.snapshot, found)

    if options.make:
        topics = make(options.make.read_text(encoding="utf-8").splitlines(), documents, glossary)
        lines = [
            "\t".join((t.korean, t.english, str(t.glossed), " ".join(sorted(t.relevant)))) for t in topics
        ]
        options.topics.write_text("\n".join(lines) + "\n", encoding="utf-8")
    topics = read(options.topics)
    seldom = [topic.glossed <= SELDOM for topic in topics]
    print(
        f"{len(topics)} topics, {sum(seldom)} of them glossed by one document; {len(documents):,} documents"
    )
    columns = {
        "not expanded": judge(index, topics, lambda topic: None, expand=False),
        "titles alone": judge(index, topics, lambda topic: use(None)),
        "glossary and titles": judge(index, topics, lambda topic: use(glossary)),
        "own pair removed": judge(index, topics, lambda topic: use(Without(glossary, topic))),
    }
    for name, scores in columns.items():
        few = [score for score, is_seldom in zip(scores, seldom) if is_seldom]
        print(
            f"{name:20} nDCG@{CUT} {statistics.mean(scores):.4f}, seldom glossed {statistics.mean(few):.4f}"
        )
    if options.each:
        for topic, *scores in zip(topics, *columns.values()):
            print(
                " ".join(f"{score:.2f}" for score in scores), topic.glossed, len(topic.relevant), *topic[:2]
            )
    if options.no_known_items:
        return
    queries = known_items(documents, view.vocabulary.tokens, count=KNOWN_ITEMS, seed=SEED)
    use(glossary)
    for name, expand in (("not expanded", False), ("glossary and titles", True)):
        started = time.perf_counter()
        rank = reciprocal_rank(index, queries, expand=expand)
        took = (time.perf_counter() - started) * 1000 / len(queries)
        print(f"{name:20} known items MRR@{CUT} {rank:.4f}, {took:.1f} ms a query")


if __name__ == "__main__":
    main()
