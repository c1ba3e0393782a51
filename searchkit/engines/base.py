"""What an engine promises: it takes terms, never text, and makes whole commits visible at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from searchkit.analysis.batch import Batch
from searchkit.analysis.token import Token, WordKey
from searchkit.document import Document


class DocumentWriter(Protocol):
    """The write side of an engine, as the indexer uses it, within one commit."""

    def store(self, document: Document) -> None:
        """Take the next document of the current batch; its words come with `flush`."""

    def delete(self, document_id: str) -> bool:
        """Delete a document that is in the index; tell whether there was one."""

    def unknown(self, keys: Sequence[WordKey]) -> list[WordKey]:
        """Return those of ``keys``, the new words of a batch, whose tokens the engine's lexicon lacks."""

    def flush(self, batch: Batch, keys: Sequence[WordKey], tokens: Sequence[tuple[Token, ...]]) -> None:
        """Take the words of all documents stored since the last call; ``keys`` and ``tokens`` are the unknown ones."""
