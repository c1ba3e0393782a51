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
from searchkit.results.hit import Note, Results

if TYPE_CHECKING:
    from searchkit.analysis.analyzer import WordAnalyzer
    from searchkit.answer import View
    from searchkit.index.dictionary_words import AddedWords
    from searchkit.index.report import IndexReport, Progress
    from searchkit.index.unknown_words import Unknown
    from searchkit.index.why import Why
    from searchkit.results.analysis import AnalyzedTerm
    from searchkit.results.explain import Explanation
    from searchkit.results.glossary_entry import GlossaryEntry
    from searchkit.results.suggestion import Suggestion
    from searchkit.view import TermsWatch

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
    """An index on disk.

    It may be used from several threads, and while others write to it: a search sees the last whole commit.
    Make one with `open` or `build`; it is a context manager.
    """

    def __init__(self, path: Path, *, terms: PathLike | None = None) -> None:
        from searchkit.engines.whoosh.store import Store
        from searchkit.index.terms import terms_folder

        self.path = path
        self.terms = terms_folder(path, terms)
        """The folder of the user's dictionary, synonyms and glossary."""
        self.last_report: IndexReport | None = None
        """What the last call of this object that wrote to the index did."""
        self._store = Store(path)
        self._analyzer = _shared_analyzer()
        self._lock = threading.Lock()
        self._view: View | None = None
        self._watch: TermsWatch | None = None

    @classmethod
    def open(cls, path: PathLike, *, terms: PathLike | None = None) -> SearchIndex:
        """Open an index.

        ``terms`` is the folder of the user's dictionary, synonyms and glossary: `update` takes them from there. None
        is ``terms/`` beside the index.

        Raises:
            IndexMissing: there is none.
            IndexIncompatible: another format or other rules of analysis built it.
            IndexCorrupt: it is damaged.
        """
        index = cls(Path(path), terms=terms)
        index._current()
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

        index = cls(Path(path), terms=terms)
        index.last_report = updates.fill(
            index.path, index._analyzer, sources, timeout=timeout, progress=progress, terms=index.terms
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
            self.path,
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

        self.last_report = updates.add(self.path, self._analyzer, what, timeout=timeout)
        return self.last_report.added + self.last_report.updated

    def delete(self, ids: str | Iterable[str], *, timeout: float = 10.0) -> int:
        """Delete one document or several, in one commit; return how many there were.

        A deleted document that a source holds stays away until its entry changes or the index is rebuilt.
        """
        from searchkit.index import updates

        wanted = [ids] if isinstance(ids, str) else ids
        return updates.delete(self.path, self._analyzer, wanted, timeout=timeout)

    def _current(self) -> View:
        """Return the last commit's view, a new one if there was a commit since the last call."""
        from searchkit.view import open_view

        view = self._view
        current = self._store.current()
        if view is not None and current is not None and current.generation == view.generation.number:
            return view
        with self._lock:
            view = self._view
            if view is not None and current is not None and current.generation == view.generation.number:
                return view
            fresh = open_view(self._store, self._analyzer)
            self._view = fresh
            if view is not None:
                view.generation.release()
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
        from searchkit.answer import Request, answer
        from searchkit.query.options import check_page, filters
        from searchkit.view import TermsWatch, hits

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
        view = self._current()
        watch = self._watch = self._watch or TermsWatch(self.terms)
        model_before = view.analyzer.loaded
        found = answer(view, request)
        notes = [*view.notes, *watch.notes(view), *found.notes]
        if view.analyzer.loaded and not model_before:
            notes.append(
                Note("analyzed", "a word is new to the index and was analysed first, which takes a while")
            )
        return Results(
            query=query,
            hits=hits(view, found.plan, found.top.hits, offset),
            total=found.top.total,
            took_ms=(time.perf_counter() - started) * 1000,
            notes=tuple(notes),
            facets=found.top.facets,
        )

    def unknown_words(self, *, min_count: int = 3, limit: int = 20) -> list[Unknown]:
        """Return words that a dictionary should hold, in ``min_count`` documents or more, frequent ones first."""
        from searchkit.index.unknown_words import unknown_words

        view = self._current()
        return unknown_words(view.generation, view.analyzer, min_count=min_count, limit=limit)

    def add_words(self, words: Sequence[str], *, timeout: float = 10.0) -> AddedWords:
        """Append words (디퓨전, or 맘바/NNP) to ``dictionary.txt`` and bring the index in line, in one commit.

        Raises:
            SearchkitError: a word is none for a dictionary, or the file can't be written; nothing has changed then.
            IndexLocked: someone else is writing.
        """
        from searchkit.index.dictionary_words import add_words

        return add_words(self.path, self._analyzer, self.terms, words, timeout=timeout)

    def similar(self, document_id: str, *, limit: int = 10) -> Results:
        """Return documents like the one with this id, most alike first; it isn't among them.

        They share its best terms, those of the title more than others. There are none where nothing has the id, and
        a note says so.

        Raises:
            OptionError: ``limit`` is negative or too large.
        """
        from searchkit.engines.whoosh import executor
        from searchkit.engines.whoosh.similar import plan_like
        from searchkit.query.options import check_page
        from searchkit.view import hits

        started = time.perf_counter()
        check_page(limit, 0, "relevance")
        view = self._current()
        found = view.generation.find(document_id)
        if found is None:
            missing = Note("no-document", f"there is no document {document_id}")
            return Results(query=document_id, hits=(), total=0, took_ms=0.0, notes=(missing,))
        made = plan_like(view.generation, *found)
        top = executor.run(view.generation, made, limit=limit)
        return Results(
            query=document_id,
            hits=hits(view, made, top.hits),
            total=top.total,
            took_ms=(time.perf_counter() - started) * 1000,
            notes=view.notes,
        )

    def get(self, document_id: str) -> Document | None:
        """Return a document by its id, None if there is none."""
        found = self._current().generation.find(document_id)
        return None if found is None else found[0].document(found[1])

    def suggest(self, prefix: str, *, limit: int = 10) -> list[Suggestion]:
        """Return how ``prefix``, which is still being typed, may go on, by how many documents hold it.

        Half-typed syllables (확사 → 확산, 확산 모델), first consonants (ㅎㅅ ㅁㄷ) and Latin letters are completed.
        """
        from searchkit.engines.whoosh.suggester import suggest

        return suggest(self._current().generation, prefix, limit)

    def glossary(self, term: str = "", *, limit: int = 50) -> list[GlossaryEntry]:
        """Return the other names of ``term`` that the documents or the user give, or all pairs if it is empty."""
        from searchkit.index.glossary import entries

        return entries(self._current().generation, term, limit)

    def explain(self, query: str, document_id: str) -> Explanation | None:
        """Return how the score of a document comes about, every factor named; None if there is no such document."""
        from searchkit.answer import Request, answer
        from searchkit.engines.whoosh import executor
        from searchkit.results.explain import Explanation

        view = self._current()
        found = view.generation.find(document_id)
        if found is None:
            return None
        made = answer(view, Request(query=query, limit=0)).plan
        segment = view.generation.segments.index(found[0])
        return Explanation(
            query=query,
            id=document_id,
            contributions=tuple(executor.contributions(view.generation, made, segment, found[1])),
        )

    def why(self, query: str, document_id: str) -> Why | None:
        """Return why a document answers a query or doesn't, word by word; None if there is no such document."""
        from searchkit.answer import Request, answer
        from searchkit.index.why import why
        from searchkit.query.parser import parse

        view = self._current()
        found = view.generation.find(document_id)
        if found is None:
            return None
        made = answer(view, Request(query=query, limit=0)).plan
        return why(view.generation, view.vocabulary, view.analyzer, parse(query), made, *found)

    def analyze(self, text: str) -> list[AnalyzedTerm]:
        """Return the terms that a text gives, with their places in it, and what became of the rest."""
        from searchkit.results.analysis import analyzed_terms

        return analyzed_terms(text, self._current().analyzer)

    @property
    def whoosh_dir(self) -> Path:
        """The folder to give to ``whoosh.index.open_dir``."""
        return self.path

    @property
    def generation(self) -> int:
        """The number of the commit that a search sees now."""
        return self._current().generation.number

    def __len__(self) -> int:
        return self._current().generation.live_count

    def stats(self) -> dict[str, Any]:
        """Return counts, dates, sizes on disk in bytes, and what built the index."""
        from searchkit.engines.whoosh.statistics import statistics

        return statistics(self._current().generation)

    def close(self) -> None:
        """Let the files go; the object can still be used and opens them again."""
        with self._lock:
            view, self._view = self._view, None
        if view is not None:
            view.generation.close()

    def __enter__(self) -> SearchIndex:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"SearchIndex({os.fspath(self.path)!r})"


def analyze(text: str) -> list[AnalyzedTerm]:
    """Return the terms that a text gives, with their places in it, and what became of the rest; needs no index."""
    from searchkit.results.analysis import analyzed_terms

    return analyzed_terms(text, _shared_analyzer())
