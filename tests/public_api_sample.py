"""A program as users write it: only its types are checked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import searchkit
from searchkit import (
    Document,
    Hit,
    IndexMissing,
    QuerySyntaxError,
    Results,
    SearchIndex,
    SearchkitError,
    SourceError,
)


def documents() -> Iterator[Document]:
    yield Document(id="a", title="A", bullets=("하나", "둘"), date="2024-05-01", votes=1, authors=("Kim",))


def use(path: Path) -> None:
    with SearchIndex.build("seeds/", path) as index:
        results: Results = index.search(
            "확산 모델",
            limit=10,
            offset=0,
            since="2023-12",
            until=None,
            min_votes=3,
            author="kim",
            sort="votes",
            facets=True,
            expand=False,
            strict=True,
        )
        first: Hit = results[0]
        page: tuple[Hit, ...] = results[:2]
        facets: Mapping[str, Sequence[tuple[str, int]]] | None = results.facets
        numbers: tuple[int, float, int] = (results.total, results.took_ms, len(page))
        texts: tuple[str, str] = (first.snippet.as_text(), first.snippet.as_html())
        notes: list[str] = [note.message for note in results.notes]
        places: list[tuple[str, int, int, int]] = [
            (mark.field, mark.item, mark.start, mark.end) for mark in first.highlights
        ]
        vias: set[str] = {term.via for term in first.matched_terms}
        found: Document | None = index.get(first.id)
        counts: tuple[int, int, int] = (index.add(documents()), index.delete(["a"]), len(index))
        added: int = index.update(["notes/"], dry_run=True).added
        explanation = index.explain("확산", first.id)
        total: float = explanation.score if explanation is not None else 0.0
        spans: list[tuple[int, int]] = [(term.start, term.end) for term in index.analyze("모델을")]
    del facets, numbers, texts, notes, places, vias, found, counts, added, total, spans


def handle(path: str) -> str:
    try:
        return SearchIndex.open(path).search('"', strict=True).query
    except QuerySyntaxError as error:
        return f"{error.position}"
    except SourceError as error:
        return f"{error.path}:{error.line}"
    except IndexMissing:
        return searchkit.__version__
    except SearchkitError as error:
        return str(error)
