"""The writer of a commit on a cluster: documents go out as they come, and one new head makes them count."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from types import TracebackType

import numpy as np

from searchkit.analysis.batch import Batch
from searchkit.analysis.glossary import UserGlosses, make_glossary
from searchkit.analysis.token import FIRST_WORD, Token, WordKey
from searchkit.document import Document
from searchkit.engines.opensearch import clean_up
from searchkit.engines.opensearch.blob_cache import BlobCache
from searchkit.engines.opensearch.documents import Documents
from searchkit.engines.opensearch.gloss_counts import count_glosses
from searchkit.engines.opensearch.growing_lexicon import GrowingLexicon, LocalBlobs
from searchkit.engines.opensearch.head import Content, Head
from searchkit.engines.opensearch.journal import Entry, Journal
from searchkit.engines.opensearch.ledger import Ledger
from searchkit.engines.opensearch.registration import Registration
from searchkit.engines.opensearch.stored_words import Streams, stored_words
from searchkit.engines.whoosh.glossary import glossary_arrays, write_glossary
from searchkit.engines.whoosh.manifest import FileRecord
from searchkit.errors import EngineUnavailable

_SLICE = 1_000


class ClusterWriter:
    """Writes to the index ``documents`` on top of what ``head`` says, or goes on with what was cut short."""

    checkpoint_every = 2_000
    checkpoint_seconds = 10.0

    def __init__(
        self,
        ledger: Ledger,
        cache: BlobCache,
        registration: Registration,
        head: Head,
        documents: Documents,
        *,
        resume: bool,
    ) -> None:
        work = registration.work(head)
        self._ledger = ledger
        self._registration = registration
        self._documents = documents
        self._fresh = work.fresh
        self._base = Content(documents=work.target) if work.fresh else head.content
        self._number = work.base
        self._journal = Journal(ledger, registration.name, work.steps if resume else 0)
        self._blobs = LocalBlobs(ledger, cache, registration.name)
        self._lexicon = GrowingLexicon(self._blobs, self._base.lexicon, work.levels if resume else ())
        if resume:
            self._lexicon.resume(work.changes)
            documents.undo(self._journal, self._lexicon.stored)
        self._stored: list[Document] = []
        self._before: dict[str, Document] = {}
        self._deleted: dict[str, None] = {}
        self._kept = time.monotonic()
        self.committed = False

    def store(self, document: Document) -> None:
        """Take the next document of the current batch; its words come with `flush`."""
        self._stored.append(document)

    def delete(self, document_id: str) -> bool:
        """Delete a document that is in the index; tell whether there was one."""
        if document_id in self._deleted:
            return False
        before = self._documents.find([document_id]).get(document_id)
        if before is None:
            return False
        self._before[document_id] = before
        self._deleted[document_id] = None
        return True

    def unknown(self, keys: Sequence[WordKey]) -> list[WordKey]:
        """Return those of ``keys``, the new words of a batch, whose tokens the lexicon lacks."""
        return self._lexicon.unknown(keys)

    def flush(
        self,
        batch: Batch,
        keys: Sequence[WordKey],
        tokens: Callable[[], Sequence[tuple[Token, ...]]],
        *,
        last: bool = False,
        more: bool = False,
    ) -> None:
        """Send all documents stored since the last call; ``tokens`` returns those of ``keys``, the unknown words."""
        documents, self._stored = self._stored, []
        if not documents:
            return
        streams = self._lexicon.take(batch, keys, tokens())
        for document in documents:
            self._deleted.pop(document.id, None)
        for start in range(0, len(documents), _SLICE):
            stop = min(start + _SLICE, len(documents))
            self._send(documents[start:stop], streams.part(start, stop))

    def _send(self, documents: Sequence[Document], streams: Streams) -> None:
        ids = [document.id for document in documents]
        before = {each: self._before.pop(each) for each in ids if each in self._before}
        if not self._fresh:
            before.update(self._documents.find([each for each in ids if each not in before]))
        gone = list(before.values())
        self._journal.append(Entry({each.id: each.content_hash() for each in documents}, gone))
        self._lexicon.count(stored_words(gone, self._lexicon.stored), -1)
        self._lexicon.count(streams)
        self._documents.send(documents, streams, self._lexicon.stored)

    def _send_deletions(self) -> None:
        ids, self._deleted = list(self._deleted), {}
        for start in range(0, len(ids), _SLICE):
            part = ids[start : start + _SLICE]
            gone = [self._before.pop(each) for each in part]
            self._journal.append(Entry({}, gone))
            self._lexicon.count(stored_words(gone, self._lexicon.stored), -1)
            self._documents.delete(part)

    def add_words(
        self, keys: Sequence[WordKey], analyze: Callable[[list[WordKey]], Sequence[tuple[Token, ...]]]
    ) -> None:
        """Add those of ``keys`` that the lexicon lacks; no document holds them yet."""
        self._lexicon.add(keys, analyze)

    def change_words(self, changes: Mapping[int, tuple[Token, ...]]) -> int:
        """Give words of the lexicon other tokens and send the documents that hold them again; return how many."""
        if not changes:
            return 0
        before = self._lexicon.stored
        codes = np.array(sorted(changes), np.int64) + FIRST_WORD
        forms = sorted({before.key(word).form for word in changes})
        self._lexicon.change(changes)
        self._documents.forget_words()
        done: set[str] = set()
        for found in self._documents.holding(forms):
            documents = [document for document in found if document.id not in done]
            streams = stored_words(documents, before)
            # The same form behind another neighbour is another word.
            hits = np.flatnonzero(np.isin(streams.codes, codes))
            rows = np.unique(np.searchsorted(streams.offsets, hits, side="right") - 1).tolist()
            chosen = [documents[row] for row in rows]
            if not chosen:
                continue
            done.update(document.id for document in chosen)
            held = streams.rows(rows)
            self._journal.append(Entry({each.id: each.content_hash() for each in chosen}, chosen))
            self._lexicon.count_changed(held, before)
            self._documents.send(chosen, held, self._lexicon.stored)
        return len(done)

    def checkpoint(self, state: bytes, versions: Mapping[str, str]) -> None:
        """Keep the state of the sources that all documents so far, which are flushed, amount to."""
        if time.monotonic() - self._kept < self.checkpoint_seconds or self._lexicon.rewritten:
            return
        self._send_deletions()
        self._documents.wait()
        levels, changes = self._lexicon.keep()
        record = self._blobs.store_plain(state, "src")
        self._registration.update(
            steps=self._journal.steps, state=record, versions=dict(versions), levels=levels, changes=changes
        )
        self._kept = time.monotonic()

    def commit(
        self,
        versions: Mapping[str, str],
        *,
        state: bytes,
        rebase: Callable[[bytes], bytes] | None = None,
        user_files: Mapping[str, bytes],
        dictionary: Iterable[str] = (),
        user_glosses: UserGlosses,
    ) -> None:
        """Make everything count at once; ``dictionary`` is for engines with an analysis of their own."""
        self._send_deletions()
        self._documents.wait()
        index = self._documents.name
        self._ledger.refresh(index)
        files = {name: data for name, data in user_files.items() if data}
        made: dict[int, Content] = {}

        def changed(head: Head) -> Head:
            self._registration.work(head)
            content = made.get(head.number)
            if content is None:
                ours = state
                if head.number != self._number:
                    ours = self._rebased(head, versions, files, rebase)
                content = made[head.number] = self._content(head, versions, ours, files, user_glosses)
            previous = head.content if head.number else None
            return replace(
                head.with_work(self._registration.name, None),
                number=head.number + 1,
                content=content,
                previous=previous,
            )

        head = self._ledger.update(changed)
        self.committed = True
        self._registration.stop()
        clean_up.after_commit(self._ledger, head)

    def _rebased(
        self,
        head: Head,
        versions: Mapping[str, str],
        files: Mapping[str, bytes],
        rebase: Callable[[bytes], bytes] | None,
    ) -> bytes:
        """Put this commit on top of what somebody else has committed meanwhile; return the state of the sources."""
        theirs = head.content
        same = (
            not self._fresh
            and theirs.documents == self._base.documents
            and theirs.versions.get("analysis", "") == versions.get("analysis", "")
            and _digests(theirs.user_files) == _digests(self._base.user_files)
            and not self._lexicon.rewritten
            and rebase is not None
        )
        if not same or rebase is None:
            raise EngineUnavailable(
                f"{self._ledger.place}: the index was changed as a whole meanwhile; nothing was committed, run it again"
            )
        self._lexicon.rebase(theirs.lexicon)
        return rebase(b"" if theirs.sources is None else self._ledger.get(theirs.sources))

    def _content(
        self,
        head: Head,
        versions: Mapping[str, str],
        state: bytes,
        files: Mapping[str, bytes],
        user_glosses: UserGlosses,
    ) -> Content:
        index = self._documents.name
        levels, changes = self._lexicon.finish(() if self._fresh else head.content.changes)
        made = make_glossary(count_glosses(self._ledger, index), user_glosses)
        glossary = None
        if made.pairs:
            glossary = self._blobs.store(
                self._blobs.write(lambda writer: write_glossary(writer, glossary_arrays(made)), "gls")[1]
            )
        return Content(
            documents=index,
            count=self._ledger.count(index),
            versions=dict(versions),
            lexicon=levels,
            changes=changes,
            glossary=glossary,
            sources=self._blobs.store_plain(state, "src"),
            user_files=tuple((name, self._blobs.store_plain(data, "txt")) for name, data in files.items()),
        )

    def close(self) -> None:
        """Remove what was written on this machine; what is in the ledger stays."""
        self._documents.close()
        self._blobs.close()

    def __enter__(self) -> ClusterWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _digests(files: Iterable[tuple[str, FileRecord]]) -> dict[str, str]:
    return {name: record.name.rpartition(".")[2] for name, record in files}
