"""Whoosh as it comes, with its own codec and its own searcher, on ready terms."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from whoosh import fields, index, query, scoring

from bench.peers import command


def build(terms: Path, folder: Path, every: int) -> None:
    schema = fields.Schema(
        id=fields.STORED(), title=fields.KEYWORD(scorable=True), bullets=fields.KEYWORD(scorable=True)
    )
    writer = index.create_in(str(folder), schema).writer(limitmb=256)
    for name, title, bullets in command.read_rows(terms, every):
        writer.add_document(id=name, title=title, bullets=bullets)
    writer.commit()


class Searcher:
    """Whoosh's Or query and its BM25F."""

    def __init__(self, folder: Path, mode: str) -> None:
        weighting = scoring.BM25F(B=command.B, K1=command.K1)
        self.searcher = index.open_dir(str(folder)).searcher(weighting=weighting)
        self.fields = mode == "fields"

    def search(self, typed: command.Query) -> Any:
        """Return scores and document numbers."""
        any_of = [query.Term("bullets", term) for term in typed.terms]
        if self.fields:
            any_of += [query.Term("title", term, boost=command.TITLE_WEIGHT) for term in typed.terms]
        return self.searcher.search(query.Or(any_of), limit=command.TOP).top_n

    def ids(self, found: Any) -> Sequence[str]:
        """Read the ids from the stored fields."""
        return [self.searcher.stored_fields(number)["id"] for _, number in found]


if __name__ == "__main__":
    command.main(build, Searcher)
