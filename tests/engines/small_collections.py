"""Indexes of small collections, made through the real writer without Korean analysis."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from searchkit.analysis.batch import BatchEncoder
from searchkit.analysis.token import Kind, Token, WordKey
from searchkit.document import Document
from searchkit.engines.whoosh.generation import Generation
from searchkit.engines.whoosh.store import Store
from searchkit.engines.whoosh.writer import IndexWriter


def plain_tokens(key: WordKey) -> tuple[Token, ...]:
    """Give a word one base term, itself; long words also have two parts. Each syllable of 낱… is a base term."""
    form = key.form
    if form.startswith("낱"):
        return tuple(Token(Kind.BASE, syllable, at, 1) for at, syllable in enumerate(form))
    tokens = [Token(Kind.BASE, form[:255], 0, min(len(form), 256))]
    if 4 <= len(form) <= 200:
        half = len(form) // 2
        tokens += [
            Token(Kind.PART, form[:half], 0, half),
            Token(Kind.PART, form[half:], half, len(form) - half),
        ]
    return tuple(tokens)


def write_documents(writer: IndexWriter, encoder: BatchEncoder, documents: Iterable[Document]) -> None:
    """Write one segment."""
    for document in documents:
        writer.store(document)
        encoder.add(document)
    batch = encoder.finish()
    unknown = writer.unknown(batch.new_keys)
    writer.flush(batch, unknown, lambda: [plain_tokens(key) for key in unknown])


def commit(
    folder: Path, batches: Sequence[Sequence[Document]] = (), delete: Iterable[str] = (), fresh: bool = False
) -> Generation:
    """Commit ``batches``, a segment each, after deleting ``delete``; return the new generation."""
    store = Store(folder)
    with store.begin() as transaction:
        base = None
        if transaction.base is not None and not fresh:
            base = Generation(folder, transaction.base)
        with IndexWriter(transaction, base) as writer:
            for document_id in delete:
                assert writer.delete(document_id)
            encoder = BatchEncoder()
            for documents in batches:
                write_documents(writer, encoder, documents)
            writer.commit({"format": "1", "analysis": "plain"}, state=b"{}")
    return Generation.open(store.pin())
