"""An index in another place, on any engine: neither the sources nor the analysis are needed for it."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from dataclasses import dataclass

from searchkit.analysis.batch import BatchEncoder
from searchkit.analysis.token import Token, WordKey
from searchkit.engines.base import CommitWriter, Snapshot
from searchkit.engines.locate import engine_at
from searchkit.errors import IndexCorrupt, SearchkitError
from searchkit.index.report import Progress
from searchkit.index.terms import UserTerms

_LOOK_EVERY = 16_384
"""So many documents are handed over at once, to bound memory."""


@dataclass(frozen=True, slots=True)
class Copied:
    """What `copy` did: so many documents in so many milliseconds."""

    documents: int
    took_ms: float


def copy(
    source: str | os.PathLike[str],
    target: str | os.PathLike[str],
    *,
    timeout: float = 10.0,
    progress: Progress | None = None,
) -> Copied:
    """Copy the last commit of an index to a place where there is none: documents, words, the user's files, sources.

    A later `refresh` there goes on from what the index knew of its sources.

    Raises:
        SearchkitError: there is an index in that place, or something else.
        IndexMissing, IndexCorrupt, IndexIncompatible: there is nothing to be copied, or it can't be read.
    """
    started = time.perf_counter()
    here, there = engine_at(source), engine_at(target)
    with here.open() as snapshot:
        there.check_target()
        if there.exists():
            raise SearchkitError(f"{there.location}: there is an index already; copy to another place")
        with there.begin(timeout=timeout, fresh=True) as commit, commit.writer(keep=False) as writer:
            _copy_words(snapshot, writer)
            _copy_documents(snapshot, writer, progress)
            terms = UserTerms.of(snapshot.user_files)
            writer.commit(
                dict(snapshot.versions),
                state=snapshot.sources,
                user_files=snapshot.user_files,
                dictionary=terms.dictionary.lines(),
                user_glosses=terms.glosses,
            )
        documents = snapshot.live_count
    return Copied(documents, (time.perf_counter() - started) * 1000)


def _copy_words(snapshot: Snapshot, writer: CommitWriter) -> None:
    from searchkit.engines.all_words import all_words

    words, table = all_words(snapshot.lexicon)

    def tokens(keys: list[WordKey]) -> Sequence[tuple[Token, ...]]:
        if len(keys) == len(words):
            return table
        numbers = {key: number for number, key in enumerate(words)}
        return [table[numbers[key]] for key in keys]

    writer.add_words(words, tokens)


def _copy_documents(snapshot: Snapshot, writer: CommitWriter, progress: Progress | None) -> None:
    encoder = BatchEncoder()
    every = writer.checkpoint_every or _LOOK_EVERY
    done = 0

    def hand_over() -> None:
        batch = encoder.finish()
        missing = writer.unknown(batch.new_keys)
        if missing:
            raise IndexCorrupt(f"the lexicon lacks {missing[0].form!r}; run `searchkit verify --deep`")
        writer.flush(batch, [], list)

    for document in snapshot.all_documents():
        writer.store(document)
        encoder.add(document)
        done += 1
        if encoder.full or encoder.document_count >= every:
            hand_over()
        if progress is not None:
            progress("documents", done, snapshot.live_count)
    if encoder.document_count:
        hand_over()
