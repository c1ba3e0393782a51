"""A writing session: one commit, whatever is added, replaced or deleted in between."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from searchkit.analysis.analyzer import WordAnalyzer
from searchkit.analysis.words import split
from searchkit.document import Document
from searchkit.engines.base import Commit, Engine, Snapshot
from searchkit.index.analysis_feed import AnalysisFeed
from searchkit.index.changed_words import changed_words
from searchkit.index.report import Progress
from searchkit.index.state import SourcesState
from searchkit.index.terms import NO_TERMS, UserTerms
from searchkit.index.versions import check_analysis, current_versions, other_model


def read_state(snapshot: Snapshot, known: SourcesState | None = None) -> SourcesState:
    """Return what the index knows of its sources: ``known`` if it was read from the same."""
    data = snapshot.sources
    return known if known is not None and known.stored == data else _state(data)


def _state(data: bytes) -> SourcesState:
    return SourcesState.from_bytes(data) if data else SourcesState()


class Session:
    """What may be done before committing.

    ``next`` is the commit to be, ``base`` the one before, None if none counts. ``state`` says how the sources stand
    in it, or where a run that was cut short had come to.
    """

    def __init__(
        self,
        commit: Commit,
        analyzer: WordAnalyzer,
        progress: Progress | None,
        terms: UserTerms = NO_TERMS,
        *,
        fresh: bool = False,
        resume: bool = False,
        known: SourcesState | None = None,
    ) -> None:
        self.next = commit
        self._fresh = fresh
        self.base = base = commit.before
        self.terms = terms
        self.changed_words = 0
        self.changed_documents = 0
        self._analyzer = analyzer = analyzer.with_dictionary(terms.dictionary)
        self._reanalyse = base is not None and other_model(base.versions, analyzer) is not None
        self._before = SourcesState() if base is None else read_state(base, known)
        self._versions = current_versions(analyzer)
        cut_short = commit.resumable(self._versions) if resume and not self._reanalyse else None
        self.resumed = cut_short is not None
        self.state = self._before if cut_short is None else _state(cut_short)
        self._changed = self.resumed
        self._since_checkpoint = 0
        self._gone: set[str] = set()
        self.writer = commit.writer(keep=not self._reanalyse, resume=self.resumed)
        self.feed = AnalysisFeed(self.writer, analyzer, progress)
        self._pending: set[str] = set()
        if base is not None:
            self._take_terms(base)

    def _take_terms(self, base: Snapshot) -> None:
        """Bring the words and documents of ``base`` in line with the dictionary."""
        before = UserTerms.of(base.user_files)
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
        self._since_checkpoint += 1
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

    def checkpoint(self, state: Callable[[], SourcesState]) -> None:
        """Let the engine keep how the sources stand after this file, if enough documents have come since."""
        every = self.writer.checkpoint_every
        if not every or self._since_checkpoint < every or self._reanalyse:
            return
        self._since_checkpoint = 0
        self.feed.flush()
        self._pending.clear()
        self.writer.checkpoint(state().to_bytes(), self._versions)

    def commit(self, state: SourcesState) -> bool:
        """Commit if anything has changed; tell whether it had."""
        if self.base is not None and not self._changed and not self._reanalyse and state == self._before:
            return False
        if self._reanalyse and self.base is not None:
            for document in self.base.all_documents():
                if document.id not in self._gone:
                    self.feed.add(document)
        self.feed.flush(last=True)
        # Then a search that finds a synonym or another name needs no analysis.
        named = (word for name in self.terms.glosses.names() for word in split(name))
        words = [word.key for word in (*self.terms.synonyms.words(), *named)]
        self.writer.add_words(words, self.feed.analyze)
        # Nothing is analysed from here on, and what is left may need memory.
        self.feed.close()
        self.writer.commit(
            self._versions,
            state=state.to_bytes(),
            rebase=None if self._fresh else lambda theirs: state.merged(self._before, _state(theirs)).to_bytes(),
            user_files=self.terms.files,
            dictionary=self.terms.dictionary.lines(),
            user_glosses=self.terms.glosses,
        )
        return True


@contextmanager
def writing(
    engine: Engine,
    analyzer: WordAnalyzer,
    *,
    fresh: bool = False,
    set_aside: bool = False,
    resume: bool = False,
    timeout: float = 10.0,
    progress: Progress | None = None,
    terms: UserTerms | None = None,
    known: SourcesState | None = None,
) -> Iterator[Session]:
    """Begin the next commit of an index.

    With ``fresh`` nothing of the commit before is kept; with ``set_aside`` its files are not removed but
    set aside. With ``resume`` a run that was cut short goes on, where the engine kept how far it had come. ``terms``
    are the user's files from now on; None keeps the copies that the index has. ``known`` is the state as it was read a
    moment ago, which needn't be read again if it is still the same.

    Raises:
        IndexLocked: someone else is writing and doesn't finish within ``timeout`` seconds.
        IndexIncompatible: other rules of analysis built the index.
    """
    with engine.begin(timeout=timeout, fresh=fresh, set_aside=set_aside) as commit:
        base = commit.before
        if base is not None:
            before = UserTerms.of(base.user_files)
            check_analysis(base.versions, analyzer.with_dictionary(before.dictionary), engine.location)
        if terms is None:
            terms = UserTerms.of(commit.user_files)
        session = Session(commit, analyzer, progress, terms, fresh=fresh, resume=resume, known=known)
        with session.writer, session.feed:
            yield session
