"""The peer in Rust: tantivy on ready terms, through its Python package."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import tantivy

from bench.peers import command


def schema() -> tantivy.Schema:
    """Return a schema with an id and two fields of terms without positions."""
    builder = tantivy.SchemaBuilder()
    builder.add_text_field("id", stored=True, tokenizer_name="raw")
    for name in ("title", "bullets"):
        builder.add_text_field(name, tokenizer_name="whitespace", index_option="freq")
    return builder.build()


def build(terms: Path, folder: Path, every: int) -> None:
    writer = (index := tantivy.Index(schema(), str(folder))).writer(heap_size=256_000_000, num_threads=2)
    for name, title, bullets in command.read_rows(terms, every):
        writer.add_document(tantivy.Document(id=name, title=title, bullets=bullets))
    writer.commit()
    writer.wait_merging_threads()
    index.reload()


class Searcher:
    """Without counting, so that tantivy may skip blocks; ten addresses and scores are the timed result."""

    def __init__(self, folder: Path, mode: str) -> None:
        self.schema = schema()
        self.searcher = tantivy.Index(self.schema, str(folder)).searcher()
        self.fields = mode == "fields"

    def search(self, query: command.Query) -> Any:
        """Return scores and addresses."""
        any_of = []
        for term in query.terms:
            any_of.append((tantivy.Occur.Should, self.term("bullets", term)))
            if self.fields:
                title = tantivy.Query.boost_query(self.term("title", term), command.TITLE_WEIGHT)
                any_of.append((tantivy.Occur.Should, title))
        return self.searcher.search(tantivy.Query.boolean_query(any_of), command.TOP, count=False).hits

    def term(self, field: str, term: str) -> tantivy.Query:
        """Return the query for one term of one field."""
        return tantivy.Query.term_query(self.schema, field, term, "freq")

    def ids(self, found: Any) -> Sequence[str]:
        """Read the ids from the stored documents."""
        return [self.searcher.doc(address)["id"][0] for _, address in found]


if __name__ == "__main__":
    command.main(build, Searcher)
