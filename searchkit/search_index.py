"""SearchIndex: one index, for programs. The command line is made of the same calls."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

from searchkit.document import Document
from searchkit.errors import EngineUnavailable
from searchkit.results.hit import Results

if TYPE_CHECKING:
    from searchkit.analysis.analyzer import WordAnalyzer
    from searchkit.answers.answer import View
    from searchkit.answers.view import TermsWatch
    from searchkit.index.dictionary_words import AddedWords
    from searchkit.index.report import IndexReport, Progress
    from searchkit.index.unknown_words import Unknown
    from searchkit.index.why import Why
    from searchkit.results.analysis import AnalyzedTerm
    from searchkit.results.explain import Explanation
    from searchkit.results.glossary_entry import GlossaryEntry
    from searchkit.results.suggestion import Suggestion

PathLike = str | os.PathLike[str]

_analyzer_lock = threading.Lock()
_analyzer: WordAnalyzer | None = None


def _shared_analyzer() -> WordAnalyzer:
    """Return the analyzer of this process: the Korean model is large, and one serves all indexes."""
    global _analyzer  # noqa: PLW0603
    with _analyzer_lock:
        if _analyzer is None:
            from searchkit.analysis.analyzer import WordAnalyzer

            _analyzer = WordAnalyzer()
        return _analyzer


class SearchIndex:
    """An index: a folder, or in a cluster.

    It may be used from several threads, and while others write to it: a search sees the last whole commit.
    Make one with `open` or `build`; it is a context manager.
    """

    def __init__(self, path: PathLike, *, terms: PathLike | None = None) -> None:
        from searchkit.engines.locate import engine_at
        from searchkit.index.terms import terms_folder

        self._engine = engine_at(path)
        self.terms = terms_folder(self._engine.folder, terms)
        """The folder of the user's dictionary, synonyms and glossary."""
        self.last_report: IndexReport | None = None
        """What the last call of this object that wrote to the index did."""
        self._analyzer = _shared_analyzer()
        self._lock = threading.Lock()
        self._view: View | None = None
        self._watch: TermsWatch | None = None

    @classmethod
    def open(cls, path: PathLike, *, terms: PathLike | None = None) -> SearchIndex:
        """Open an index: ``path`` is a folder, or the address of one in a cluster, ``opensearch://host:9200/name``.

        ``terms`` is the folder of the user's dictionary, synonyms and glossary: `update` takes them from there. None
        is ``terms/`` beside the index, for a cluster in the current folder.

        Raises:
            IndexMissing: there is none.
            IndexIncompatible: another format or other rules of analysis built it.
            IndexCorrupt: it is damaged.
            EngineUnavailable: the cluster can't be reached.
        """
        index = cls(path, terms=terms)
        try:
            index._current()
        except BaseException:
            index.close()
            raise
        return index

    @classmethod
    def build(
        cls,
        sources: PathLike | Document | Iterable[PathLike | Document],
        path: PathLike,
        *,
        timeout: float = 10.0,
        progress: Progress | None = None,
        terms: PathLike | None = None,
    ) -> SearchIndex:
        """Make an index of files, folders or documents, or replace the content of one, in one commit.

        ``timeout`` is how many seconds to wait for another writer; ``terms`` as in `open`.

        Raises:
            SourceError: a source is missing or unreadable.
            IndexLocked: someone else is writing.
            SearchkitError: the folder holds something else, or can't be written.
        """
        from searchkit.index import updates

        index = cls(path, terms=terms)
        index.last_report = updates.fill(
            index._engine, index._analyzer, sources, timeout=timeout, progress=progress, terms=index.terms
        )
        return index

    def update(
        self,
        sources: Sequence[PathLike] = (),
        *,
        forget: Sequence[PathLike] = (),
        rebuild: bool = False,
        dry_run: bool = False,
        timeout: float = 10.0,
        progress: Progress | None = None,
    ) -> IndexReport:
        """Add or refresh ``sources``, or all recorded ones if none is given, in one commit.

        Only files whose content changed are read again; documents whose file or entry is gone are removed.
        ``forget`` names sources to drop with their documents; ``rebuild`` indexes all recorded sources from
        nothing; ``dry_run`` only says what would be done.

        Raises:
            SourceError: a source is missing; nothing has changed then.
            IndexLocked: someone else is writing.
            IndexIncompatible: other rules of analysis built the index (``rebuild`` mends it).
        """
        from searchkit.index import updates

        self.last_report = updates.refresh(
            self._engine,
            self._analyzer,
            sources,
            forget=forget,
            rebuild=rebuild,
            dry_run=dry_run,
            timeout=timeout,
            progress=progress,
            terms=self.terms,
        )
        return self.last_report

    def add(self, what: PathLike | Document | Iterable[Document], *, timeout: float = 10.0) -> int:
        """Add a document, several, or those of a file or folder, in one commit; return how many.

        A document replaces the one with its id. Documents added like this stay until they are deleted: no
        later `update` takes them away.

        Raises:
            SourceError, DocumentError, IndexLocked: nothing has changed then.
        """
        from searchkit.index import updates

        self.last_report = updates.add(self._engine, self._analyzer, what, timeout=timeout)
        return self.last_report.added + self.last_report.updated

    def delete(self, ids: str | Iterable[str], *, timeout: float = 10.0) -> int:
        """Delete one document or several, in one commit; return how many there were.

        A deleted document that a source holds stays away until its entry changes or the index is rebuilt.
        """
        from searchkit.index import updates

        wanted = [ids] if isinstance(ids, str) else ids
        return updates.delete(self._engine, self._analyzer, wanted, timeout=timeout)

    def exists(self) -> bool:
        """Say whether there is an index yet."""
        return self._engine.exists()

    def _current(self) -> View:
        """Return the last commit's view, a new one if there was a commit since the last call."""
        from searchkit.answers.view import open_view

        view = self._view
        current = self._engine.current()
        if view is not None and current == view.snapshot.number:
            return view
        with self._lock:
            view = self._view
            if view is not None and current == view.snapshot.number:
                return view
            fresh = open_view(self._engine, self._analyzer)
            self._view = fresh
            if view is not None:
                view.snapshot.release()
            return fresh

    def search(
        self,
        query: str,
        *,
        limit: int = 10,
        offset: int = 0,
        since: str | None = None,
        until: str | None = None,
        min_votes: int | None = None,
        author: str | None = None,
        sort: str = "relevance",
        facets: bool = False,
        expand: bool = True,
        strict: bool = False,
        match_any: bool = False,
    ) -> Results:
        """Return the documents that answer ``query`` best.

        ``since`` and ``until`` are ``YYYY``, ``YYYY-MM`` or ``YYYY-MM-DD``, both inclusive. ``sort`` is
        "relevance", "date" or "votes"; by date and votes every word of the query is required, unless
        ``match_any``.

        Raises:
            QuerySyntaxError: the query is malformed, and ``strict``.
            OptionError: another argument is wrong.
        """
        from searchkit.answers import questions
        from searchkit.answers.answer import Request
        from searchkit.answers.view import TermsWatch
        from searchkit.query.options import check_page, filters

        started = time.perf_counter()
        check_page(limit, offset, sort)
        request = Request(
            query=query,
            filters=filters(since=since, until=until, min_votes=min_votes, author=author),
            limit=limit,
            offset=offset,
            sort=sort,
            facets=facets,
            expand=expand,
            strict=strict,
            match_any=match_any,
        )
        watch = self._watch = self._watch or TermsWatch(self.terms)
        return questions.of_last_commit(
            self._engine,
            self._view,
            self._current,
            lambda view: questions.search(view, request, watch.notes(view), started=started),
        )

    def unknown_words(self, *, min_count: int = 3, limit: int = 20) -> list[Unknown]:
        """Return words that a dictionary should hold, in ``min_count`` documents or more, frequent ones first."""
        from searchkit.index.unknown_words import unknown_words

        view = self._current()
        return unknown_words(view.snapshot, view.analyzer, min_count=min_count, limit=limit)

    def add_words(self, words: Sequence[str], *, timeout: float = 10.0) -> AddedWords:
        """Append words (디퓨전, or 맘바/NNP) to ``dictionary.txt`` and bring the index in line, in one commit.

        Raises:
            SearchkitError: a word is none for a dictionary, or the file can't be written; nothing has changed then.
            IndexLocked: someone else is writing.
        """
        from searchkit.index.dictionary_words import add_words

        return add_words(self._engine, self._analyzer, self.terms, words, timeout=timeout)

    def similar(self, document_id: str, *, limit: int = 10) -> Results:
        """Return documents like the one with this id, most alike first; it isn't among them.

        They share its best terms, those of the title more than others. There are none where nothing has the id, and
        a note says so.

        Raises:
            OptionError: ``limit`` is negative or too large.
        """
        from searchkit.answers.questions import similar
        from searchkit.query.options import check_page

        check_page(limit, 0, "relevance")
        return similar(self._current(), document_id, limit)

    def get(self, document_id: str) -> Document | None:
        """Return a document by its id, None if there is none."""
        from searchkit.answers.questions import get

        return get(self._current(), document_id)

    def suggest(self, prefix: str, *, limit: int = 10) -> list[Suggestion]:
        """Return how ``prefix``, which is still being typed, may go on, by how many documents hold it.

        Half-typed syllables (확사 → 확산, 확산 모델), first consonants (ㅎㅅ ㅁㄷ) and Latin letters are completed.
        """
        from searchkit.answers.suggester import suggest

        return suggest(self._current().snapshot, prefix, limit)

    def glossary(self, term: str = "", *, limit: int = 50) -> list[GlossaryEntry]:
        """Return the other names of ``term`` that the documents or the user give, or all pairs if it is empty."""
        from searchkit.index.glossary import entries

        return entries(self._current().snapshot, term, limit)

    def explain(self, query: str, document_id: str) -> Explanation | None:
        """Return how the score of a document comes about, every factor named; None if there is no such document."""
        from searchkit.answers.questions import explain

        return explain(self._current(), query, document_id)

    def why(self, query: str, document_id: str) -> Why | None:
        """Return why a document answers a query or doesn't, word by word; None if there is no such document."""
        from searchkit.answers.questions import why

        return why(self._current(), query, document_id)

    def analyze(self, text: str) -> list[AnalyzedTerm]:
        """Return the terms that a text gives, with their places in it, and what became of the rest."""
        from searchkit.results.analysis import analyzed_terms

        return analyzed_terms(text, self._current().analyzer)

    @property
    def whoosh_dir(self) -> Path:
        """The folder to give to ``whoosh.index.open_dir``.

        Raises:
            EngineUnavailable: the index is in a cluster.
        """
        return self.path

    @property
    def path(self) -> Path:
        """The folder of the index; raises `EngineUnavailable` if it is in a cluster."""
        folder = self._engine.folder
        if folder is None:
            raise EngineUnavailable(f"{self.location}: this index is in a cluster and has no folder")
        return folder

    @property
    def location(self) -> str:
        """The folder of the index, or its address in a cluster, as it was given."""
        return self._engine.location

    @property
    def generation(self) -> int:
        """The number of the commit that a search sees now."""
        return self._current().snapshot.number

    def __len__(self) -> int:
        return self._current().snapshot.live_count

    def stats(self) -> dict[str, Any]:
        """Return counts, dates, sizes on disk in bytes, and what built the index."""
        return self._current().snapshot.statistics()

    def copy(self, target: PathLike, *, timeout: float = 10.0) -> int:
        """Copy the last commit to ``target``, where there is no index; return the number of documents.

        ``target`` is a folder or the address of an index in a cluster. Neither sources nor analysis are needed, and
        `update` there goes on from here.

        Raises:
            SearchkitError: there is an index in that place, or something else.
            EngineUnavailable: it can't be written.
        """
        from searchkit.index.copying import copy

        return copy(self.location, target, timeout=timeout).documents

    def close(self) -> None:
        """Let the files go; the object can still be used and opens them again."""
        with self._lock:
            view, self._view = self._view, None
        if view is not None:
            view.snapshot.close()
        self._engine.close()

    def __enter__(self) -> SearchIndex:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"SearchIndex({self.location!r})"


def analyze(text: str) -> list[AnalyzedTerm]:
    """Return the terms that a text gives, with their places in it, and what became of the rest; needs no index."""
    from searchkit.results.analysis import analyzed_terms

    return analyzed_terms(text, _shared_analyzer())
