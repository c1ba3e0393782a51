"""The peer in numpy and scipy: bm25s on ready terms, which scores everything eagerly; bullets only.

The mode names the backend: ``numpy`` or ``numba``.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import bm25s

from bench.peers import command


def build(terms: Path, folder: Path, every: int) -> None:
    names, texts = [], []
    for name, _, bullets in command.read_rows(terms, every):
        names.append(name)
        texts.append(bullets)
    tokens = bm25s.tokenize(texts, lower=False, token_pattern=r"\S+", stopwords=None, show_progress=False)
    index = bm25s.BM25(k1=command.K1, b=command.B, method="lucene")
    index.index(tokens, show_progress=False)
    index.save(str(folder), show_progress=False)
    (folder / "names.json").write_text(json.dumps(names), encoding="utf-8")


class Searcher:
    """The whole index in memory, as bm25s has it by default."""

    def __init__(self, folder: Path, mode: str) -> None:
        self.index = bm25s.BM25.load(str(folder), load_corpus=False)
        self.names = json.loads((folder / "names.json").read_text(encoding="utf-8"))
        if mode == "numba":
            self.index.backend = "numba"
            self.index.activate_numba_scorer()

    def search(self, query: command.Query) -> Any:
        """Return document numbers and scores."""
        return self.index.retrieve([query.terms], k=min(command.TOP, len(self.names)), show_progress=False)

    def ids(self, found: Any) -> Sequence[str]:
        """Look the numbers up; a document of score 0 was not found but filled in."""
        numbers, scores = found
        return [self.names[number] for number, score in zip(numbers[0], scores[0], strict=True) if score > 0]


if __name__ == "__main__":
    command.main(build, Searcher)
