"""The peer in SQLite: FTS5 on ready terms, without the texts."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bench.peers import command

_TABLE = """CREATE VIRTUAL TABLE papers USING fts5(title, bullets, content='',
    tokenize="unicode61 remove_diacritics 0 categories 'L* M* N* Co' tokenchars '_'")"""
_SIGN = re.compile(r"[^\w ]")


def plain(terms: str) -> str:
    """Replace what FTS5 would cut a term at (c++, 27.3)."""
    return _SIGN.sub("_", terms)


def build(terms: Path, folder: Path, every: int) -> None:
    database = sqlite3.connect(folder / "papers.db")
    with database:
        database.execute(_TABLE)
        database.execute("CREATE TABLE names (number INTEGER PRIMARY KEY, id TEXT)")
        for number, (name, title, bullets) in enumerate(command.read_rows(terms, every), start=1):
            database.execute("INSERT INTO names VALUES (?, ?)", (number, name))
            row = (number, plain(title), plain(bullets))
            database.execute("INSERT INTO papers (rowid, title, bullets) VALUES (?, ?, ?)", row)
    database.close()


class Searcher:
    """Ordered by FTS5's own bm25()."""

    def __init__(self, folder: Path, mode: str) -> None:
        self.database = sqlite3.connect(folder / "papers.db")
        self.fields = mode == "fields"
        self.columns = "{title bullets}" if self.fields else "bullets"
        order = f"bm25(papers, {command.TITLE_WEIGHT}, 1.0)" if self.fields else "rank"
        self.sql = f"SELECT rowid FROM papers WHERE papers MATCH ? ORDER BY {order} LIMIT {command.TOP}"

    def search(self, query: command.Query) -> Any:
        """Return row numbers."""
        terms = " OR ".join(f'"{plain(term)}"' for term in query.terms)
        return self.database.execute(self.sql, (f"{self.columns} : ({terms})",)).fetchall()

    def ids(self, found: Any) -> Sequence[str]:
        """Look the row numbers up."""
        sql = "SELECT id FROM names WHERE number = ?"
        return [self.database.execute(sql, row).fetchone()[0] for row in found]


if __name__ == "__main__":
    command.main(build, Searcher)
