"""What can be done to an index: refresh it from its sources, fill it anew, add and delete documents."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from searchkit.analysis.analyzer import WordAnalyzer
from searchkit.document import Document
from searchkit.engines.base import Engine
from searchkit.errors import DocumentError, IndexCorrupt, IndexIncompatible, IndexMissing, SourceError
from searchkit.index.indexer import Indexer
from searchkit.index.report import IndexReport, Progress
from searchkit.index.session import Session, read_state, writing
from searchkit.index.state import SourcesState
from searchkit.index.terms import UserTerms
from searchkit.sources.problem import Problem
from searchkit.sources.reader import read_file
from searchkit.sources.root import discover

PathLike = str | os.PathLike[str]
Addable = PathLike | Document | Iterable[Document]


class _DryRun:
    """A sink that changes nothing."""

    def add(self, document: Document) -> None:
        """Leave the document out."""

    replace = add

    def remove(self, document_id: str) -> None:
        """Leave the document in."""

    def checkpoint(self, state: Callable[[], SourcesState]) -> None:
        """Keep nothing."""


def refresh(
    engine: Engine,
    analyzer: WordAnalyzer,
    sources: Sequence[PathLike] = (),
    *,
    forget: Sequence[PathLike] = (),
    rebuild: bool = False,
    dry_run: bool = False,
    timeout: float = 10.0,
    progress: Progress | None = None,
    terms: Path | None = None,
) -> IndexReport:
    """Bring the index up to date with its sources; see `SearchIndex.update`.

    ``terms`` is the folder of the user's files; None, or a folder that isn't there, keeps the copies.
    """
    started = time.perf_counter()
    report = IndexReport()
    user_terms = _read_terms(terms, report)
    engine.check_target()
    if dry_run:
        old = _state_of(engine, must_read=not (rebuild and sources))
        roots, read = _choose_roots(old, sources, forget)
        kept = SourcesState(library=old.library) if rebuild else old
        Indexer(kept, _DryRun(), report, index_folder=engine.folder, progress=progress).run(roots, read)
    else:
        known = _state_of(engine, must_read=not (rebuild and sources))
        _check_roots(known, _choose_roots(known, sources, forget))
        with writing(
            engine,
            analyzer,
            fresh=rebuild,
            resume=True,
            timeout=timeout,
            progress=progress,
            terms=user_terms,
            known=known,
        ) as session:
            library: list[Document] = []
            old = session.state
            if rebuild:
                old, library = _before_rebuild(engine, must_read=not sources)
            roots, read = _choose_roots(old, sources, forget)
            if rebuild:
                read, old = list(roots), SourcesState(library=old.library)
                if session.resumed:
                    old = session.state
                else:
                    for document in library:
                        session.add(document)
            indexer = Indexer(old, session, report, index_folder=engine.folder, progress=progress)
            report.committed = session.commit(indexer.run(roots, read))
    report.took_ms = (time.perf_counter() - started) * 1000
    return report


def fill(
    engine: Engine,
    analyzer: WordAnalyzer,
    sources: Addable | Iterable[PathLike | Document],
    *,
    timeout: float = 10.0,
    progress: Progress | None = None,
    terms: Path | None = None,
) -> IndexReport:
    """Replace the content of an index, or make one, in one commit; see `SearchIndex.build`, and `refresh` for terms."""
    started = time.perf_counter()
    report = IndexReport()
    user_terms = _read_terms(terms, report)
    engine.check_target()
    paths, documents = _sort_out(sources)
    with writing(
        engine, analyzer, fresh=True, timeout=timeout, progress=progress, terms=user_terms
    ) as session:
        state = SourcesState()
        report.added += _add_documents(session, state, documents, paths)
        roots, read = _choose_roots(state, paths, ())
        indexer = Indexer(
            SourcesState(library=state.library), session, report, index_folder=engine.folder, progress=progress
        )
        report.committed = session.commit(indexer.run(roots, read))
    report.took_ms = (time.perf_counter() - started) * 1000
    return report


def rebuild_aside(
    engine: Engine,
    analyzer: WordAnalyzer,
    state: SourcesState,
    sources: Sequence[PathLike] = (),
    *,
    progress: Progress | None = None,
) -> tuple[IndexReport, int, str | None]:
    """Index all sources of ``state`` and ``sources`` anew and set all that was there aside.

    Returns the report, the number of the generation and the name of the folder with what was set aside.
    """
    started = time.perf_counter()
    report = IndexReport()
    roots, _ = _choose_roots(state, sources, ())
    _check_roots(state, (roots, list(roots)))
    with writing(engine, analyzer, fresh=True, set_aside=True, progress=progress) as session:
        indexer = Indexer(SourcesState(), session, report, index_folder=engine.folder, progress=progress)
        report.committed = session.commit(indexer.run(roots, list(roots)))
    report.took_ms = (time.perf_counter() - started) * 1000
    return report, session.next.number, session.next.aside


def add(engine: Engine, analyzer: WordAnalyzer, what: Addable, *, timeout: float = 10.0) -> IndexReport:
    """Add documents that belong to no root, replacing those with their ids, in one commit."""
    started = time.perf_counter()
    report = IndexReport()
    with writing(engine, analyzer, timeout=timeout) as session:
        state = session.state.copy()
        before = state.winners()
        if isinstance(what, (str, os.PathLike)):
            what = _read_path(what, engine.folder, report)
        paths: list[PathLike] = []
        _, documents = _sort_out(what)
        for document in _documents_only(documents, paths):
            _upsert(session, state, document)
            if document.id in before:
                report.updated += 1
            else:
                report.added += 1
        report.committed = session.commit(state)
    report.took_ms = (time.perf_counter() - started) * 1000
    return report


@dataclass(frozen=True, slots=True)
class TermsChange:
    """What new files of the user changed: so many words have other terms, so many documents hold them."""

    words: int
    documents: int
    committed: bool


def take_terms(
    engine: Engine, analyzer: WordAnalyzer, terms: UserTerms, *, timeout: float = 10.0
) -> TermsChange:
    """Make ``terms`` the user's files of an index, in one commit; no source is read."""
    with writing(engine, analyzer, timeout=timeout, terms=terms) as session:
        if session.base is None:
            raise IndexMissing(f"{engine.location}: there is no index; run `searchkit index SOURCE…`")
        committed = session.commit(session.state)
        return TermsChange(session.changed_words, session.changed_documents, committed)


def _read_terms(folder: Path | None, report: IndexReport) -> UserTerms | None:
    """Read the user's files and report the lines that are skipped."""
    if folder is None or not folder.is_dir():
        return None
    terms = UserTerms.read(folder)
    report.problems += [
        Problem(str(folder / name), bad.line, f"{bad.message}; the line is skipped")
        for name, bad in terms.bad_lines()
    ]
    return terms


def delete(engine: Engine, analyzer: WordAnalyzer, ids: Iterable[str], *, timeout: float = 10.0) -> int:
    """Delete documents in one commit; return how many there were."""
    count = 0
    with writing(engine, analyzer, timeout=timeout) as session:
        state = session.state.copy()
        indexed = state.winners()
        for document_id in dict.fromkeys(ids):
            if document_id not in indexed:
                continue
            count += 1
            session.remove(document_id)
            state.library.pop(document_id, None)
            hidden = SourcesState(roots=state.roots).winners().get(document_id) if state.roots else None
            if hidden is not None:
                state.deleted[document_id] = hidden[0]
        session.commit(state)
    return count


def _sort_out(
    sources: Addable | Iterable[PathLike | Document],
) -> tuple[list[PathLike], Iterable[PathLike | Document]]:
    """Separate what is known to be a path from what has to be gone through."""
    if isinstance(sources, (str, os.PathLike)):
        return [sources], ()
    if isinstance(sources, Document):
        return [], (sources,)
    return [], sources


def _documents_only(things: Iterable[PathLike | Document], paths: list[PathLike]) -> Iterator[Document]:
    """Yield the documents among ``things``; paths are collected in ``paths``."""
    for thing in things:
        if isinstance(thing, Document):
            yield thing
        elif isinstance(thing, (str, os.PathLike)):
            paths.append(thing)
        else:
            raise DocumentError(f"{type(thing).__name__} can't be indexed: give paths or searchkit.Document")


def _add_documents(
    session: Session, state: SourcesState, things: Iterable[PathLike | Document], paths: list[PathLike]
) -> int:
    for document in _documents_only(things, paths):
        _upsert(session, state, document)
    return len(state.library)


def _upsert(session: Session, state: SourcesState, document: Document) -> None:
    session.replace(document)
    state.library[document.id] = document.content_hash()
    state.deleted.pop(document.id, None)


def _read_path(path: PathLike, index_folder: Path | None, report: IndexReport) -> Iterator[Document]:
    listing = discover(os.fspath(path), exclude=[] if index_folder is None else [index_folder])
    report.skipped += len(listing.skipped)
    report.problems += listing.problems
    for file in listing.files:
        try:
            parsed = read_file(file, file.path.read_bytes())
        except OSError as error:
            raise SourceError(f"can't be read: {error.strerror}", path=file.label) from error
        report.problems += parsed.problems
        yield from parsed.documents


def _state_of(engine: Engine, *, must_read: bool) -> SourcesState:
    """Return the state of the current generation, an empty one if there is none or it need not be readable."""
    if not engine.exists():
        return SourcesState()
    try:
        with engine.open() as snapshot:
            return read_state(snapshot)
    except (IndexCorrupt, IndexIncompatible):
        if must_read:
            raise
        return SourcesState()


def _before_rebuild(engine: Engine, *, must_read: bool) -> tuple[SourcesState, list[Document]]:
    """Return the state, and the documents that no source holds; both empty where nothing can be read."""
    if not engine.exists():
        return SourcesState(), []
    try:
        with engine.open() as snapshot:
            state = read_state(snapshot)
            if not state.library:
                return state, []
            return state, [
                document for document in snapshot.all_documents() if document.id in state.library
            ]
    except (IndexCorrupt, IndexIncompatible):
        if must_read:
            raise
        return SourcesState(), []


def _choose_roots(
    state: SourcesState, sources: Sequence[PathLike], forget: Sequence[PathLike]
) -> tuple[dict[str, str], list[str]]:
    """Return all roots (real path → as typed) after this run, and the real paths of those to read."""
    roots = {real: root.typed for real, root in state.roots.items()}
    for source in forget:
        typed = os.fspath(source)
        named = [real for real, name in roots.items() if typed == name or os.path.realpath(typed) == real]
        if not named:
            known = ", ".join(roots.values()) or "none"
            raise SourceError(f"is not a source of this index; its sources: {known}", path=typed)
        for real in named:
            del roots[real]
    if not sources:
        if not roots and not forget and not state.library:
            raise SourceError(
                "the index has no sources yet; name a file or a folder, for example: searchkit index seeds/"
            )
        return roots, [] if forget else list(roots)
    read = []
    for source in sources:
        typed = os.fspath(source)
        real = os.path.realpath(typed)
        if real not in roots:
            around = [root for root in roots if Path(real).is_relative_to(root)]
            if around:
                real = max(around, key=len)
            else:
                roots[real] = typed
        if real not in read:
            read.append(real)
    return roots, read


def _check_roots(state: SourcesState, chosen: tuple[dict[str, str], list[str]]) -> None:
    """Raise before anything is locked or made if a root to be read isn't there."""
    roots, read = chosen
    for real in read:
        if Path(real).exists():
            continue
        if real not in state.roots:
            raise SourceError("no such file or folder; check the path", path=roots[real])
        raise SourceError(
            "no such file or folder any more; nothing was removed from the index. If it is gone for good, run "
            f"`searchkit index --forget {roots[real]}`",
            path=roots[real],
        )
