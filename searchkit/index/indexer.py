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
from searchkit.index.known_documents import KnownDocuments
from searchkit.index.read_ahead import ReadAhead
from searchkit.index.report import IndexReport, Progress
from searchkit.index.state import Entry, FileState, Place, RootState, SourcesState
from searchkit.index.stamps import read_stamp
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
        self._known = KnownDocuments(old)
        self._sink = sink
        self._report = report
        self._exclude = [] if index_folder is None else [index_folder]
        self._progress = progress
        self._seen: dict[str, tuple[str, str]] = {}
        self._settled: dict[tuple[str, str], str] = {}
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
            ahead = ReadAhead(file.location for file in listing.files if file.inside not in before)
            for inside in sorted(files.keys() | {name for name in before if name.startswith(unknown)}):
                if inside not in before:
                    ahead.advance()
                if inside not in files:
                    self._carry(root, inside, before[inside])
                    continue
                self._read(root, files[inside], before.get(inside))
                self._sink.checkpoint(lambda: self._new.before(self._old))
                done += 1
                if self._progress is not None:
                    self._progress("files", done, total)
        self._remove_what_is_gone()
        return self._new

    def _remove_what_is_gone(self) -> None:
        for document_id in dict.fromkeys(self._known.outside(self._settled.keys())):
            if document_id not in self._seen and self._known.indexed(document_id) is not None:
                self._sink.remove(document_id)
                self._report.removed += 1

    def _list(self, typed: str, real: str, roots: Mapping[str, str]) -> RootListing:
        inner = [other for other in roots if other != real and Path(other).is_relative_to(real)]
        return discover(real, typed=typed, exclude=[*self._exclude, *inner])

    def _carry(self, root: RootState, inside: str, state: FileState) -> None:
        """Take the entries of a file that is not read in this run."""
        root.files[inside] = state
        label = _label(root.typed, inside)
        if self._settles(root, inside, label):
            return
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

    def _settles(self, root: RootState, inside: str, label: str) -> bool:
        """Settle a file that is as it was, if nothing else has to do with its documents; tell whether it did."""
        ids = root.files[inside].ids
        if not (self._seen.keys().isdisjoint(ids) and self._known.contested.isdisjoint(ids)):
            return False
        self._settled[root.real, inside] = label
        return True

    def _read(self, root: RootState, file: SourceFile, before: FileState | None) -> None:
        data: bytes | None = None
        digest, stamp = "", None
        try:
            stamp = read_stamp(file.location)
            if before is None or stamp is None or stamp != before.stamp:
                data = file.path.read_bytes()
                digest = hashlib.blake2b(data, digest_size=16).hexdigest()
        except OSError as error:
            self._report.problems.append(
                Problem(
                    file.label, None, f"can't be read ({error.strerror}); its documents stay as they were"
                )
            )
            if before is not None:
                self._carry(root, file.inside, before)
            return
        documents: list[Document] | None = None
        fresh: dict[Entry, Document] = {}
        if before is not None and (data is None or before.hash == digest):
            root.files[file.inside] = state = before.stamped(stamp)
            self._report.problems += [Problem(file.label, line, message) for line, message in state.problems]
            if self._settles(root, file.inside, file.label):
                self._report.unchanged += len(state.ids)
                return
        else:
            assert data is not None
            parsed = read_file(file, data)
            if parsed.skipped_reason is not None:
                self._report.skipped += 1
            entries = tuple(Entry(d.id, d.line, d.content_hash()) for d in parsed.documents)
            fresh = dict(zip(entries, parsed.documents))
            problems = tuple((problem.line, problem.message) for problem in parsed.problems)
            root.files[file.inside] = state = FileState(digest, entries, problems, stamp)
            self._report.problems += [Problem(file.label, line, message) for line, message in state.problems]

        def load(entry: Entry) -> Document | None:
            nonlocal documents
            if entry in fresh:
                return fresh[entry]
            if documents is None:
                documents = read_file(file, file.path.read_bytes() if data is None else data).documents
            return _find(documents, entry)

        for entry in state.entries:
            self._resolve(entry, Place(root.real, file.inside, entry.line), file.label, load, counted=True)

    def _first(self, document_id: str) -> tuple[str, str] | None:
        """Return content hash and place of the entry with this id that came before in this run."""
        found = self._seen.get(document_id)
        if found is not None:
            return found
        place = self._known.place(document_id)
        label = None if place is None else self._settled.get(place)
        if label is None:
            return None
        indexed = self._known.indexed(document_id)
        assert indexed is not None
        return indexed[0], _where(label, indexed[1].line)

    def _resolve(
        self,
        entry: Entry,
        place: Place,
        label: str,
        load: Callable[[Entry], Document | None],
        *,
        counted: bool,
    ) -> None:
        first = self._first(entry.id)
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
        self._seen[entry.id] = entry.hash, _where(label, entry.line)
        if self._old.deleted.get(entry.id) == entry.hash:
            self._new.deleted[entry.id] = entry.hash
            return
        known = self._known.indexed(entry.id)
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


def _where(label: str, line: int | None) -> str:
    return label if line is None else f"{label}:{line}"


def _find(documents: Iterable[Document], entry: Entry) -> Document | None:
    for document in documents:
        if document.id == entry.id and document.line == entry.line and document.content_hash() == entry.hash:
            return document
    return None


def _label(typed: str, inside: str) -> str:
    return f"{typed.rstrip('/')}/{inside}" if inside else typed
