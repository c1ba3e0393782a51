"""The indexer: reads what changed in the recorded sources and tells a sink which documents come and go.

Of several entries with one id the first counts, by the order of the roots, then path, then line; documents
added through the library come before all roots. Nothing is held but the documents of one file.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Protocol

from searchkit.document import Document
from searchkit.errors import SourceError
from searchkit.index.report import IndexReport, Progress
from searchkit.index.state import Entry, FileState, Place, RootState, SourcesState
from searchkit.sources.problem import Problem
from searchkit.sources.reader import read_file
from searchkit.sources.root import RootListing, SourceFile, discover


class Sink(Protocol):
    """Where the changes go; each id comes at most once."""

    def add(self, document: Document) -> None:
        """Index a new document."""

    def replace(self, document: Document) -> None:
        """Index a document instead of the one with its id."""

    def remove(self, document_id: str) -> None:
        """Delete a document."""

    def checkpoint(self, state: Callable[[], SourcesState]) -> None:
        """Hear that a file was read; ``state`` tells how the sources stand with all that came so far."""


class Indexer:
    """One run over the sources. ``old`` is the state of the last commit (empty to index everything anew)."""

    def __init__(
        self,
        old: SourcesState,
        sink: Sink,
        report: IndexReport,
        *,
        index_folder: Path | None,
        progress: Progress | None = None,
    ) -> None:
        self._old = old
        self._indexed = old.winners()
        self._sink = sink
        self._report = report
        self._exclude = [] if index_folder is None else [index_folder]
        self._progress = progress
        self._seen: dict[str, tuple[str, str]] = {}
        self._new = SourcesState(library=dict(old.library))

    def run(self, roots: Mapping[str, str], read: Iterable[str]) -> SourcesState:
        """Go over ``roots`` (real path → as typed), reading those in ``read``; return the new state.

        Raises:
            SourceError: a root to be read is missing or unreadable; nothing has been told to the sink then.
        """
        wanted = set(read)
        listings = {real: self._list(typed, real, roots) for real, typed in roots.items() if real in wanted}
        self._seen = {
            document_id: (content, "the library") for document_id, content in self._new.library.items()
        }
        done, total = 0, sum(len(listing.files) for listing in listings.values())
        for real, typed in roots.items():
            root = self._new.roots[real] = RootState(typed, real)
            before = self._old.roots.get(real, RootState(typed, real)).files
            if real not in listings:
                for inside in sorted(before):
                    self._carry(root, inside, before[inside])
                continue
            listing = listings[real]
            self._report.skipped += len(listing.skipped)
            self._report.problems += listing.problems
            files = {file.inside: file for file in listing.files}
            unknown = tuple(f"{folder}/" for folder in listing.unread)
            for inside in sorted(files.keys() | {name for name in before if name.startswith(unknown)}):
                if inside not in files:
                    self._carry(root, inside, before[inside])
                    continue
                self._read(root, files[inside], before.get(inside))
                self._sink.checkpoint(lambda: self._new.before(self._old))
                done += 1
                if self._progress is not None:
                    self._progress("files", done, total)
        for document_id in self._indexed:
            if document_id not in self._seen:
                self._sink.remove(document_id)
                self._report.removed += 1
        return self._new

    def _list(self, typed: str, real: str, roots: Mapping[str, str]) -> RootListing:
        inner = [other for other in roots if other != real and Path(other).is_relative_to(real)]
        return discover(real, typed=typed, exclude=[*self._exclude, *inner])

    def _carry(self, root: RootState, inside: str, state: FileState) -> None:
        """Take the entries of a file that is not read in this run."""
        root.files[inside] = state
        label = _label(root.typed, inside)
        file: SourceFile | None = None

        def load(entry: Entry) -> Document | None:
            nonlocal file
            if file is None:
                listing = discover(root.real, typed=root.typed, exclude=self._exclude)
                file = next((f for f in listing.files if f.inside == inside), None)
            if file is None:
                return None
            return _find(read_file(file, file.path.read_bytes()).documents, entry)

        for entry in state.entries:
            self._resolve(entry, Place(root.real, inside, entry.line), label, load, counted=False)

    def _read(self, root: RootState, file: SourceFile, before: FileState | None) -> None:
        try:
            data = file.path.read_bytes()
        except OSError as error:
            self._report.problems.append(
                Problem(
                    file.label, None, f"can't be read ({error.strerror}); its documents stay as they were"
                )
            )
            if before is not None:
                self._carry(root, file.inside, before)
            return
        digest = hashlib.blake2b(data, digest_size=16).hexdigest()
        documents: list[Document] | None = None
        fresh: dict[Entry, Document] = {}
        if before is not None and before.hash == digest:
            state = before
        else:
            parsed = read_file(file, data)
            if parsed.skipped_reason is not None:
                self._report.skipped += 1
            entries = tuple(Entry(d.id, d.line, d.content_hash()) for d in parsed.documents)
            fresh = dict(zip(entries, parsed.documents))
            problems = tuple((problem.line, problem.message) for problem in parsed.problems)
            state = FileState(digest, entries, problems)
        root.files[file.inside] = state
        self._report.problems += [Problem(file.label, line, message) for line, message in state.problems]

        def load(entry: Entry) -> Document | None:
            nonlocal documents
            if entry in fresh:
                return fresh[entry]
            if documents is None:
                documents = read_file(file, data).documents
            return _find(documents, entry)

        for entry in state.entries:
            self._resolve(entry, Place(root.real, file.inside, entry.line), file.label, load, counted=True)

    def _resolve(
        self,
        entry: Entry,
        place: Place,
        label: str,
        load: Callable[[Entry], Document | None],
        *,
        counted: bool,
    ) -> None:
        where = label if entry.line is None else f"{label}:{entry.line}"
        first = self._seen.get(entry.id)
        if first is not None:
            if first[0] == entry.hash:
                self._report.duplicates += counted
            else:
                self._report.problems.append(
                    Problem(
                        label,
                        entry.line,
                        f"{entry.id} stands with other content in {first[1]} already and is left out here; "
                        "remove one of them or give it another id",
                    )
                )
            return
        self._seen[entry.id] = entry.hash, where
        if self._old.deleted.get(entry.id) == entry.hash:
            self._new.deleted[entry.id] = entry.hash
            return
        known = self._indexed.get(entry.id)
        if known is not None and known == (entry.hash, place):
            self._report.unchanged += counted
            return
        document = load(entry)
        if document is None:
            raise SourceError(
                "changed while it was being read; run the command again", path=label, line=entry.line
            )
        if known is None:
            self._sink.add(document)
            self._report.added += 1
            return
        self._sink.replace(document)
        if known[0] == entry.hash:
            self._report.unchanged += counted
        else:
            self._report.updated += 1


def _find(documents: Iterable[Document], entry: Entry) -> Document | None:
    for document in documents:
        if document.id == entry.id and document.line == entry.line and document.content_hash() == entry.hash:
            return document
    return None


def _label(typed: str, inside: str) -> str:
    return f"{typed.rstrip('/')}/{inside}" if inside else typed
