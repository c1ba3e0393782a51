"""The product itself: its engine on ready terms, its ranking without the page, and a whole search.

    python -m bench.peers.ours query MODE INDEX WARMUP.tsv QUERIES.tsv OUT.tsv

Modes: ``plain`` and ``fields`` as for the other peers, from terms to ten (id, score); ``mix`` from the typed
text to ten (id, score) over all layers and both stages, ``names`` the same with other names from the glossary and
titles; ``full`` is `SearchIndex.search` with total, highlights and snippets; ``suggest`` and ``similar`` are theirs.
The index is built by ``searchkit index``.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import cycle
from pathlib import Path
from typing import Any

from bench.peers import command
from searchkit import SearchIndex
from searchkit.analysis.analyzer import WordAnalyzer
from searchkit.analysis.token import Layer
from searchkit.answers.expansion import expanded
from searchkit.answers.vocabulary import LexiconVocabulary
from searchkit.engines.found import TopDocs
from searchkit.engines.whoosh.executor import run
from searchkit.engines.whoosh.generation import Generation
from searchkit.engines.whoosh.snapshot import WhooshSnapshot
from searchkit.engines.whoosh.store import Store
from searchkit.query.parser import parse
from searchkit.query.plan import AnyTerm, Plan, PlanTerm
from searchkit.query.planner import plan
from searchkit.ranking.weights import QUERY_WEIGHTS

_PAPERS = 1_000


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
        ids = self.generation.ids([place for _, place in found.hits])
        return [(name, score) for name, (score, _) in zip(ids, found.hits)]

    def ids(self, found: Any) -> Sequence[str]:
        """Return the ids alone."""
        return [name for name, _ in found]


class MixSearcher(EngineSearcher):
    """Typed text in, ten ids and scores of the whole ranking out; with ``names``, of other names as well."""

    def __init__(self, folder: Path, *, names: bool = False) -> None:
        super().__init__(folder, {})
        self.vocabulary = LexiconVocabulary(self.generation.lexicon, WordAnalyzer())
        self.snapshot = WhooshSnapshot(self.generation) if names else None

    def search(self, query: command.Query) -> Any:
        """Return ids and scores."""
        parsed = parse(query.text)
        made = plan(parsed, self.vocabulary, QUERY_WEIGHTS).plan
        if self.snapshot is not None:
            made, _ = expanded(self.snapshot, self.vocabulary, parsed, made, ranked=True)
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


class Suggester(IndexSearcher):
    """A query without its last letter in, completions out."""

    def search(self, query: command.Query) -> Any:
        """Return the completions."""
        return self.index.suggest(query.text[:-1], limit=command.TOP)

    def ids(self, found: Any) -> Sequence[str]:
        """Return nothing: completions have no ids."""
        return []


class SimilarSearcher(IndexSearcher):
    """One paper after the other in, a page of papers like it out."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.papers = cycle([hit.id for hit in self.index.search("", limit=_PAPERS)])

    def search(self, query: command.Query) -> Any:
        """Return the hits, snippets made."""
        found = self.index.similar(next(self.papers), limit=command.TOP)
        return [(hit.id, hit.score, hit.snippet) for hit in found]


def build(terms: Path, folder: Path, every: int) -> None:
    raise SystemExit("the index is built by `searchkit index`, from the digests")


def open_index(folder: Path, mode: str) -> command.Searcher:
    if mode in ("mix", "names"):
        return MixSearcher(folder, names=mode == "names")
    if mode in ("full", "suggest", "similar"):
        return {"full": IndexSearcher, "suggest": Suggester, "similar": SimilarSearcher}[mode](folder)
    layers = {Layer.BULLETS: 1.0}
    return EngineSearcher(
        folder, {Layer.TITLE: command.TITLE_WEIGHT, **layers} if mode == "fields" else layers
    )


if __name__ == "__main__":
    command.main(build, open_index)
