"""The product itself: its engine on ready terms, its ranking without the page, and a whole search.

    python -m bench.peers.ours query MODE INDEX WARMUP.tsv QUERIES.tsv OUT.tsv

Modes: ``plain`` and ``fields`` as for the other peers, from terms to ten (id, score); ``mix`` from the typed
text to ten (id, score) over all layers; ``full`` is `SearchIndex.search` with total, highlights and snippets.
The index is built by ``searchkit index``.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bench.peers import command
from searchkit import SearchIndex
from searchkit.analysis.analyzer import WordAnalyzer
from searchkit.analysis.token import Layer
from searchkit.answers.vocabulary import LexiconVocabulary
from searchkit.engines.found import TopDocs
from searchkit.engines.whoosh.executor import run
from searchkit.engines.whoosh.generation import Generation
from searchkit.engines.whoosh.store import Store
from searchkit.query.parser import parse
from searchkit.query.plan import AnyTerm, Plan, PlanTerm
from searchkit.query.planner import plan
from searchkit.ranking.weights import QUERY_WEIGHTS


class EngineSearcher:
    """Terms in, ten ids and scores out."""

    def __init__(self, folder: Path, layers: dict[Layer, float]) -> None:
        self.generation = Generation.open(Store(folder).pin())
        self.layers = layers

    def search(self, query: command.Query) -> Any:
        """Return ids and scores."""
        terms = tuple(
            PlanTerm(layer, term, weight, word=number)
            for number, term in enumerate(query.terms)
            for layer, weight in self.layers.items()
        )
        found = run(self.generation, Plan(AnyTerm(terms)), limit=command.TOP, offset=0, total=False)
        return self.named(found)

    def named(self, found: TopDocs) -> Any:
        """Return ids and scores."""
        segments = self.generation.segments
        return [(segments[segment].id_of(doc), score) for score, (segment, doc) in found.hits]

    def ids(self, found: Any) -> Sequence[str]:
        """Return the ids alone."""
        return [name for name, _ in found]


class MixSearcher(EngineSearcher):
    """Typed text in, ten ids and scores of the whole ranking out."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, {})
        self.vocabulary = LexiconVocabulary(self.generation.lexicon, WordAnalyzer())

    def search(self, query: command.Query) -> Any:
        """Return ids and scores."""
        made = plan(parse(query.text), self.vocabulary, QUERY_WEIGHTS).plan
        found = run(self.generation, made, limit=command.TOP, offset=0, total=False)
        return self.named(found)


class IndexSearcher:
    """Typed text in, a page of hits out."""

    def __init__(self, folder: Path) -> None:
        self.index = SearchIndex.open(folder)

    def search(self, query: command.Query) -> Any:
        """Return the hits, snippets made."""
        return [(hit.id, hit.score, hit.snippet) for hit in self.index.search(query.text, limit=command.TOP)]

    def ids(self, found: Any) -> Sequence[str]:
        """Return the ids alone."""
        return [name for name, _, _ in found]


def build(terms: Path, folder: Path, every: int) -> None:
    raise SystemExit("the index is built by `searchkit index`, from the digests")


def open_index(folder: Path, mode: str) -> command.Searcher:
    if mode in ("mix", "full"):
        return MixSearcher(folder) if mode == "mix" else IndexSearcher(folder)
    layers = {Layer.BULLETS: 1.0}
    return EngineSearcher(
        folder, {Layer.TITLE: command.TITLE_WEIGHT, **layers} if mode == "fields" else layers
    )


if __name__ == "__main__":
    command.main(build, open_index)
