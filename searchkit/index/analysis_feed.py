"""From documents to an engine: encode, analyse new words, hand over batch by batch."""

from __future__ import annotations

from searchkit.analysis.analyzer import WordAnalyzer
from searchkit.analysis.batch import BatchEncoder
from searchkit.analysis.token import Token, WordKey
from searchkit.document import Document
from searchkit.engines.base import DocumentWriter
from searchkit.index.report import Progress

_WORDS_AT_ONCE = 8192


class AnalysisFeed:
    """Feeds documents to ``writer`` in batches of bounded memory."""

    def __init__(
        self, writer: DocumentWriter, analyzer: WordAnalyzer, progress: Progress | None = None
    ) -> None:
        self._writer = writer
        self._analyzer = analyzer
        self._progress = progress
        self._encoder = BatchEncoder()

    def add(self, document: Document) -> None:
        """Index a document whose id is not in the index."""
        self._writer.store(document)
        self._encoder.add(document)
        if self._encoder.full:
            self.flush()

    def flush(self) -> None:
        """Hand over what is pending."""
        if not self._encoder.document_count:
            return
        batch = self._encoder.finish()
        unknown = self._writer.unknown(batch.new_keys)
        self._writer.flush(batch, unknown, self._analyze(unknown))

    def _analyze(self, keys: list[WordKey]) -> list[tuple[Token, ...]]:
        if self._progress is None:
            return self._analyzer.analyze(keys)
        tokens: list[tuple[Token, ...]] = []
        for start in range(0, len(keys), _WORDS_AT_ONCE):
            tokens += self._analyzer.analyze(keys[start : start + _WORDS_AT_ONCE])
            self._progress("words", len(tokens), len(keys))
        return tokens
