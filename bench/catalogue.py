"""The peers: how each is built and asked, and on how much of a large corpus."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bench.corpora import MILLION, Corpus
from bench.environment import PYTHON, VENV, Environment

Command = list[str | Path]
SLOW = 20_000
"""On more papers than this slow peers run on a tenth."""


@dataclass(frozen=True)
class Peer:
    """One peer.

    ``build`` gives its command for an index folder, ``query`` the beginning of the one for a mode. ``modes``
    maps the tables it stands in to its own names for them. ``needs`` is the package or program that may be
    missing. ``every_document`` and ``every_query`` are 10 where it runs on a tenth of a large corpus.
    """

    key: str
    title: str
    needs: str
    build: Callable[[Environment, Corpus, Path], Command]
    query: Callable[[Environment, str, Path], Command] | None
    modes: dict[str, str]
    every_document: int = 1
    every_query: int = 1
    million: bool = False
    indexes: bool = True

    def document_step(self, corpus: Corpus) -> int:
        """Return 1 for all documents, n for each n-th."""
        return self.every_document if corpus.documents > SLOW else 1

    def query_step(self, corpus: Corpus) -> int:
        """Return 1 for all queries, n for each n-th."""
        return self.every_query if corpus.documents > SLOW else 1


def _lucene_build(kind: str, file: str) -> Callable[[Environment, Corpus, Path], Command]:
    return lambda environment, corpus, index: environment.lucene("build", kind, corpus.path(file), index)


def _lucene_query(environment: Environment, mode: str, index: Path) -> Command:
    return environment.lucene("query", mode, index)


def _module_build(module: str, step: int = 1) -> Callable[[Environment, Corpus, Path], Command]:
    def command(_: Environment, corpus: Corpus, index: Path) -> Command:
        every = str(step if corpus.documents > SLOW else 1)
        return [
            PYTHON,
            "-m",
            f"bench.peers.{module}",
            "build",
            corpus.path("terms.tsv"),
            index,
            "--every",
            every,
        ]

    return command


def _module_query(module: str) -> Callable[[Environment, str, Path], Command]:
    return lambda _, mode, index: [PYTHON, "-m", f"bench.peers.{module}", "query", mode, index]


def _kiwi(_: Environment, corpus: Corpus, index: Path) -> Command:
    every = str(10 if corpus.documents > SLOW else 1)
    return [PYTHON, "-m", "bench.peers.kiwi", corpus.path("documents.tsv"), "--every", every]


PLAIN, FIELDS, MIX, NAMES, TEXT = "plain", "fields", "mix", "names", "text"
SUGGEST, SIMILAR = "suggest", "similar"
BOTH = {PLAIN: "plain", FIELDS: "fields"}

PEERS = (
    Peer(
        "searchkit",
        "searchkit",
        "searchkit",
        lambda _, corpus, index: [
            VENV / "bin" / "searchkit",
            "index",
            corpus.digests,
            "--index",
            index,
            "-q",
        ],
        _module_query("ours"),
        {**BOTH, MIX: "mix", NAMES: "names", TEXT: "full", SUGGEST: "suggest", SIMILAR: "similar"},
        million=True,
    ),
    Peer(
        "nori",
        "Lucene + nori",
        "lucene",
        _lucene_build("nori", "documents.tsv"),
        _lucene_query,
        {TEXT: "text"},
    ),
    Peer("kiwi", "Kiwi's batch alone", "kiwipiepy", _kiwi, None, {}, every_document=10, indexes=False),
    Peer(
        "lucene",
        "Lucene",
        "lucene",
        _lucene_build("terms", "terms.tsv"),
        _lucene_query,
        BOTH,
        million=True,
    ),
    Peer(
        "tantivy",
        "tantivy",
        "tantivy",
        _module_build("tantivy"),
        _module_query("tantivy"),
        BOTH,
        million=True,
    ),
    Peer(
        "bm25s-numba",
        "bm25s (numba)",
        "numba",
        _module_build("bm25s"),
        _module_query("bm25s"),
        {PLAIN: "numba"},
    ),
    Peer("bm25s", "bm25s (numpy)", "bm25s", _module_build("bm25s"), _module_query("bm25s"), {PLAIN: "numpy"}),
    Peer(
        "fts5", "SQLite FTS5", "sqlite3", _module_build("fts5"), _module_query("fts5"), BOTH, every_query=10
    ),
    Peer(
        "whoosh",
        "Whoosh, its own codec",
        "Whoosh",
        _module_build("stock_whoosh", 10),
        _module_query("stock_whoosh"),
        BOTH,
        every_document=10,
    ),
)


def peers_for(corpus: Corpus, only: set[str] | None) -> list[Peer]:
    """Return the peers that take part on a corpus."""
    return [
        peer
        for peer in PEERS
        if (only is None or peer.key in only) and (peer.million or corpus.documents < MILLION)
    ]
