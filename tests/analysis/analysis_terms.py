"""Shared by the tests of this folder: real text, and the terms that documents hold and queries ask for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from searchkit.analysis.analyzer import WordAnalyzer
from searchkit.analysis.token import Kind, WordKey
from searchkit.analysis.words import split

ROOT = Path(__file__).parents[2]
SEEDS = ROOT / "seeds"
CORPUS = ROOT.parent / "shared" / "corpus" / "2024"

Terms = frozenset[tuple[Kind, str]]


def lines_of(folder: Path) -> list[str]:
    return [
        line
        for path in sorted(folder.rglob("*.md"))
        for line in path.read_text(encoding="utf-8").splitlines()
        if line.strip()
    ]


class Terminology:
    """Terms of words, each word analysed once; `learn` takes many in one batch."""

    def __init__(self, analyzer: WordAnalyzer) -> None:
        self._analyzer = analyzer
        self._known: dict[WordKey, Terms] = {}

    def learn(self, keys: Iterable[WordKey]) -> None:
        new = [key for key in dict.fromkeys(keys) if key not in self._known]
        for key, tokens in zip(new, self._analyzer.analyze(new), strict=True):
            self._known[key] = frozenset((token.kind, token.text) for token in tokens)

    def of_document(self, keys: Sequence[WordKey]) -> set[tuple[Kind, str]]:
        self.learn(keys)
        return {term for key in keys for term in self._known[key]} | {
            (Kind.SURFACE, key.form) for key in keys
        }

    def of_query(self, text: str) -> set[tuple[Kind, str]]:
        """All that a query looks for; extra surfaces are what a document offers, not what a query asks."""
        keys = [word.key for word in split(text)]
        self.learn(keys)
        wanted = {term for key in keys for term in self._known[key] if term[0] is not Kind.SURFACE}
        return wanted | {(Kind.SURFACE, key.form) for key in keys}
