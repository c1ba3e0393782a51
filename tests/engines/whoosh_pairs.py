"""The same documents indexed with Whoosh's codec and with ours, and random queries to ask both."""

from __future__ import annotations

import datetime
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from whoosh import analysis, columns, fields, index, query

from searchkit.engines.whoosh.codec import SearchkitCodec

WORDS = ["alfa", "alpha", "bravo", "brava", "charlie", "delta", "echo", "foxtrot", "golf", "gulf", "hotel"]
WORDS += ["india", "juliet", "kilo", "확산", "확산모델", "모델", "모댈", "양자화", "é", "ß"]
LONGEST = 10
"""Whoosh rounds lengths from 11 words on; up to here its scores and ours are the same."""


def make_schema() -> Any:
    return fields.Schema(
        id=fields.ID(stored=True, unique=True, sortable=True),
        text=fields.TEXT(analyzer=analysis.SimpleAnalyzer(), stored=True, vector=True),
        chars=fields.TEXT(analyzer=analysis.SimpleAnalyzer(), chars=True),
        plain=fields.TEXT(analyzer=analysis.SimpleAnalyzer(), phrase=False, field_boost=2.0),
        stems=fields.TEXT(analyzer=analysis.StemmingAnalyzer(), spelling=True),
        tags=fields.KEYWORD(stored=True, commas=True, sortable=columns.RefBytesColumn()),
        number=fields.NUMERIC(stored=True, sortable=True),
        ratio=fields.NUMERIC(float, stored=True),
        when=fields.DATETIME(stored=True, sortable=True),
        flag=fields.BOOLEAN(stored=True),
        note=fields.STORED(),
    )


def random_document(rng: random.Random, key: str, longest: int = LONGEST) -> dict[str, Any]:
    def text() -> str:
        return " ".join(rng.choices(WORDS, k=rng.randint(1, longest)))

    document: dict[str, Any] = {"id": key}
    makers: dict[str, Callable[[], Any]] = {
        "text": text,
        "chars": text,
        "plain": text,
        "stems": lambda: " ".join([*text().split()[: LONGEST - 2], "running runs"]),
        "tags": lambda: ",".join(rng.choices(WORDS, k=2)),
        "number": lambda: rng.randint(-20, 20),
        "ratio": lambda: rng.randint(-8, 8) / 4,
        "when": lambda: datetime.datetime(2024, rng.randint(1, 3), rng.randint(1, 28)),
        "flag": lambda: rng.random() < 0.5,
        "note": lambda: rng.choice(
            [("a", 1), {"k": [1, None]}, "글", b"\x00\xff", datetime.date(2024, 1, 2)]
        ),
    }
    for name, make in makers.items():
        if rng.random() < 0.85:
            document[name] = make()
    if rng.random() < 0.1:
        document["_text_boost"] = 2.0
    return document


def random_query(rng: random.Random, depth: int = 2) -> Any:
    def word() -> str:
        return rng.choice(WORDS)

    def bounds() -> tuple[str, str]:
        low, high = sorted((word(), word()))
        return low, high

    field = rng.choice(["text", "text", "chars", "plain", "tags"])
    if depth and rng.random() < 0.45:
        parts = [random_query(rng, depth - 1) for _ in range(rng.randint(2, 3))]
        kind = rng.randrange(6)
        if kind == 0:
            return query.And(parts)
        if kind == 1:
            return query.Or(parts)
        if kind == 2:
            return query.And([parts[0], query.Not(parts[1])])
        if kind == 3:
            return query.AndMaybe(parts[0], parts[1])
        if kind == 4:
            return query.AndNot(parts[0], parts[1])
        return query.DisjunctionMax(parts)
    low = rng.randint(-20, 15)
    month = rng.randint(1, 3)
    return rng.choice(
        [
            lambda: query.Term(field, word()),
            lambda: query.Term(field, word(), boost=2.0),
            lambda: query.Phrase(rng.choice(["text", "chars"]), [word(), word()], slop=rng.randint(1, 3)),
            lambda: query.Phrase("text", [word(), word(), word()]),
            lambda: query.TermRange(field, *bounds(), rng.random() < 0.5, rng.random() < 0.5),
            lambda: query.Prefix(field, word()[:2]),
            lambda: query.Wildcard(field, f"{word()[0]}*{word()[-1]}"),
            lambda: query.Wildcard(field, f"?{word()[1:]}"),
            lambda: query.FuzzyTerm(field, word(), maxdist=rng.randint(1, 2)),
            query.Every,
            lambda: query.Every(field),
            lambda: query.NumericRange("number", low, low + rng.randint(0, 15)),
            lambda: query.NumericRange("ratio", low / 10, low / 10 + 1),
            lambda: query.DateRange(
                "when", datetime.datetime(2024, month, 1), datetime.datetime(2024, month, rng.randint(2, 28))
            ),
            lambda: query.Term("flag", rng.random() < 0.5),
            lambda: query.Term("stems", "run"),
            lambda: query.Not(query.Term(field, word())),
        ]
    )()


class Pair:
    """Two indexes to which the same is done."""

    def __init__(self, folder: Path, schema: Any | None = None) -> None:
        self.codecs: list[Any] = [None, SearchkitCodec()]
        self.indexes = []
        for name in ("stock", "ours"):
            (folder / name).mkdir()
            self.indexes.append(index.create_in(folder / name, schema or make_schema()))

    def write(self, change: Callable[[Any], None], **commit: Any) -> None:
        for ix, codec in zip(self.indexes, self.codecs):
            writer = ix.writer(codec=codec)
            change(writer)
            writer.commit(**commit)

    def fill(self, seed: int, *, commits: int = 4, documents: int = 40, longest: int = LONGEST) -> None:
        """Add, update and delete in several commits, a segment each."""
        rng = random.Random(seed)
        for _ in range(commits):
            batch = {
                (key := f"d{rng.randint(0, commits * documents)}"): random_document(rng, key, longest)
                for _ in range(documents)
            }
            gone = rng.choice(WORDS)

            def change(writer: Any, batch: Any = batch, gone: str = gone) -> None:
                writer.delete_by_query(query.And([query.Term("text", gone), query.Term("flag", True)]))
                for document in batch.values():
                    writer.update_document(**document)

            self.write(change, merge=False)

    def ask(self, asked: Any, *, exact: bool = True) -> int:
        """Compare what both answer: documents, their order and scores; return how many there are."""
        try:
            expected = _answer(self.indexes[0], asked)
        except IndexError:
            # Some of Whoosh's matchers read past the end; whether one does depends on the codec's leftovers.
            return 0
        stock, stock_best, stock_docs = expected
        ours, our_best, our_docs = _answer(self.indexes[1], asked)
        assert sorted(key for key, _ in ours) == sorted(key for key, _ in stock), asked
        assert len(our_docs) == len(stock_docs), asked
        assert len(our_best) == len(stock_best), asked
        if exact:
            assert ours == [(key, pytest.approx(score, rel=1e-6)) for key, score in stock], asked
            assert our_best == [(key, pytest.approx(score, rel=1e-6)) for key, score in stock_best], asked
        else:
            scores = dict(stock)
            assert all(score == pytest.approx(scores[key], rel=0.1) for key, score in ours), asked
        return len(ours)


def _answer(ix: Any, asked: Any) -> tuple[Any, Any, Any]:
    with ix.searcher() as searcher:
        everything = [(hit["id"], hit.score) for hit in searcher.search(asked, limit=None)]
        best = [(hit["id"], hit.score) for hit in searcher.search(asked, limit=5)]
        return everything, best, sorted(searcher.docs_for_query(asked))
