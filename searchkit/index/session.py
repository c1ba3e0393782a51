"""A writing session: one lock, one commit, whatever is added, replaced or deleted in between."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from searchkit.analysis.analyzer import WordAnalyzer
from searchkit.analysis.words import split
from searchkit.document import Document
from searchkit.engines.whoosh.blockfile import BlockFile
from searchkit.engines.whoosh.generation import Generation
from searchkit.engines.whoosh.manifest import Manifest
from searchkit.engines.whoosh.store import Store
from searchkit.engines.whoosh.transaction import Transaction
from searchkit.engines.whoosh.writer import IndexWriter
from searchkit.errors import IndexCorrupt
from searchkit.index.analysis_feed import AnalysisFeed
from searchkit.index.changed_words import changed_words
from searchkit.index.report import Progress
from searchkit.index.state import SourcesState
from searchkit.index.terms import NO_TERMS, UserTerms
from searchkit.index.versions import check_analysis, current_versions, other_model


def read_state(generation: Generation) -> SourcesState:
    """Return what the index knows of its sources."""
    record = generation.manifest.sources
    if record is None:
        return SourcesState()
    return SourcesState.from_bytes(BlockFile.open(generation.folder, record).column("state").all().tobytes())


def live_documents(generation: Generation) -> Iterator[Document]:
    """Yield all documents of a generation."""
    for segment in generation.segments:
        for start in range(0, segment.doc_count, 1024):
            docs = [
                doc
                for doc in range(start, min(start + 1024, segment.doc_count))
                if segment.deleted is None or not segment.deleted[doc]
            ]
            yield from segment.documents(docs)


class Session:
    """What may be done between taking the lock and committing.

    ``base`` is the generation before, None if none counts.
    """

    def __init__(
        self,
        transaction: Transaction,
        base: Generation | None,
        analyzer: WordAnalyzer,
        progress: Progress | None,
        terms: UserTerms = NO_TERMS,
    ) -> None:
        self.transaction = transaction
        self.base = base
        self.terms = terms
        self.changed_words = 0
        self.changed_documents = 0
        self._analyzer = analyzer = analyzer.with_dictionary(terms.dictionary)
        self._changed = False
        self._reanalyse = base is not None and other_model(base.manifest, analyzer) is not None
        self._gone: set[str] = set()
        self.writer = IndexWriter(transaction, None if self._reanalyse else base)
        self.feed = AnalysisFeed(self.writer, analyzer, progress)
        self._pending: set[str] = set()
        if base is not None:
            self._take_terms(base)

    def _take_terms(self, base: Generation) -> None:
        """Bring the words and documents of ``base`` in line with the dictionary."""
        before = UserTerms.of(base.folder, base.manifest)
        if before == self.terms:
            return
        self._changed = True
        if before.dictionary == self.terms.dictionary or self._reanalyse:
            return
        changes = changed_words(base.lexicon, before.dictionary, self._analyzer)
        self.changed_words = len(changes)
        self.changed_documents = self.writer.change_words(changes)

    def add(self, document: Document) -> None:
        """Index a new document."""
        self._changed = True
        self._pending.add(document.id)
        self.feed.add(document)

    def replace(self, document: Document) -> None:
        """Index a document instead of the one with its id, if there is one."""
        self.remove(document.id)
        self.add(document)

    def remove(self, document_id: str) -> None:
        """Delete a document, if it is there."""
        self._changed = True
        self._gone.add(document_id)
        if document_id in self._pending:
            self.feed.flush()
            self._pending.clear()
        self.writer.delete(document_id)

    def commit(self, state: SourcesState) -> bool:
        """Commit if anything has changed; tell whether it had."""
        old = SourcesState() if self.base is None else read_state(self.base)
        if self.base is not None and not self._changed and not self._reanalyse and state == old:
            return False
        if self._reanalyse and self.base is not None:
            for document in live_documents(self.base):
                if document.id not in self._gone:
                    self.feed.add(document)
        self.feed.flush()
        # Then a search that finds a synonym or another name needs no analysis.
        named = (word for name in self.terms.glosses.names() for word in split(name))
        words = [word.key for word in (*self.terms.synonyms.words(), *named)]
        self.writer.add_words(words, self._analyzer.analyze)
        kept = None if self.base is None else (self.base.folder, self.base.manifest)
        user_files, extra = self.terms.write(self.transaction, kept)
        self.writer.commit(
            current_versions(self._analyzer),
            state=state.to_bytes(),
            user_files=user_files,
            extra=extra,
            dictionary=self.terms.dictionary.lines(),
            user_glosses=self.terms.glosses,
        )
        return True


def _terms_of(folder: Path, base: Manifest | None) -> UserTerms:
    """Return the copies of the user's files in ``base``, empty ones where they can't be read."""
    if base is None:
        return NO_TERMS
    try:
        return UserTerms.of(folder, base)
    except IndexCorrupt:
        return NO_TERMS


@contextmanager
def writing(
    folder: Path,
    analyzer: WordAnalyzer,
    *,
    fresh: bool = False,
    set_aside: bool = False,
    timeout: float = 10.0,
    progress: Progress | None = None,
    terms: UserTerms | None = None,
) -> Iterator[Session]:
    """Take the write lock of an index.

    With ``fresh`` nothing of the generation before is kept; with ``set_aside`` its files are not removed but
    set aside. ``terms`` are the user's files from now on; None keeps the copies that the index has.

    Raises:
        IndexLocked: someone else is writing and doesn't finish within ``timeout`` seconds.
        IndexIncompatible: other rules of analysis built the index.
    """
    with Store(folder).begin(timeout=timeout, rebuild=fresh, set_aside=set_aside) as transaction:
        base = None
        if transaction.base is not None and not fresh:
            check_analysis(
                transaction.base,
                analyzer.with_dictionary(UserTerms.of(folder, transaction.base).dictionary),
                folder,
            )
            base = Generation(folder, transaction.base)
        if terms is None:
            terms = _terms_of(folder, transaction.base)
        session = Session(transaction, base, analyzer, progress, terms)
        with session.writer, session.feed:
            yield session
