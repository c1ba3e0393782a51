"""The next commit of an index on a cluster: registered, gone on with or undone where another was cut short."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from types import TracebackType
from typing import TYPE_CHECKING

from searchkit.engines.opensearch.blob_cache import BlobCache
from searchkit.engines.opensearch.clean_up import indexes
from searchkit.engines.opensearch.committed import Committed
from searchkit.engines.opensearch.documents import Documents
from searchkit.engines.opensearch.head import Content, Head
from searchkit.engines.opensearch.journal import Journal
from searchkit.engines.opensearch.ledger import Ledger
from searchkit.engines.opensearch.registration import Registration, claim_dead, register
from searchkit.engines.opensearch.writer import ClusterWriter
from searchkit.errors import IndexCorrupt, IndexIncompatible, SearchkitError

if TYPE_CHECKING:
    from searchkit.engines.base import Snapshot


class ClusterCommit:
    """What `searchkit.engines.base.Commit` promises; one that fails is undone, or left to be gone on with."""

    def __init__(
        self,
        ledger: Ledger,
        registration: Registration,
        *,
        fresh: bool,
        snapshot: Callable[[Committed], Snapshot],
    ) -> None:
        self._ledger = ledger
        self._registration = registration
        self._cache = BlobCache(ledger)
        self._head = registration.update() if registration.taken_over else registration.build_on_current()
        self._committed = Committed(ledger, self._head, self._cache)
        self._writer: ClusterWriter | None = None
        self.number = self._head.number + 1
        self.before: Snapshot | None = None
        if self._head.number and not fresh:
            self.before = snapshot(self._committed)

    def resumable(self, versions: Mapping[str, str]) -> bytes | None:
        """Return the state of the sources at the last checkpoint of a commit that was cut short and can go on here."""
        work = self._registration.work(self._head)
        if not self._registration.taken_over or work.state is None:
            return None
        if work.base != self._head.number or work.versions != versions:
            return None
        return self._ledger.get(work.state)

    @property
    def user_files(self) -> Mapping[str, bytes]:
        """The user's files as the commit that counts has them; none where they can't be read."""
        try:
            return self._committed.user_files
        except IndexCorrupt:
            return {}

    @property
    def aside(self) -> str | None:
        """Nothing is set aside: the index before is kept until the next one is built."""
        return None

    def writer(self, *, keep: bool, resume: bool = False) -> ClusterWriter:
        """Return what writes on top of ``before``, or from nothing unless ``keep``.

        With ``resume`` it goes on from `resumable`; else what a commit wrote that was cut short is undone.
        """
        if self._registration.taken_over and not resume:
            self._undo()
        if not keep and not self._registration.work(self._head).fresh:
            self._head = self._registration.begin_anew()
        documents = Documents(self._ledger, self._registration.work(self._head).target)
        try:
            documents.create()
            self._writer = ClusterWriter(
                self._ledger, self._cache, self._registration, self._head, documents, resume=resume
            )
        except BaseException:
            documents.close()
            raise
        return self._writer

    def _undo(self) -> None:
        """Undo all that this commit did, so that it begins from its base."""
        _undo(self._ledger, self._registration, self._head, self._committed)
        begun = self._registration.update(
            base=self._head.number, steps=0, state=None, versions={}, levels=(), changes=()
        )
        # What others have committed since is none of what this one was begun on.
        self._head = self._head.with_work(self._registration.name, self._registration.work(begun))

    def _end(self) -> None:
        """Undo what was not committed, unless it can be gone on with later."""
        self._head = self._registration.update()
        if self._registration.work(self._head).state is not None:
            self._registration.give_up()
            return
        self._undo()
        self._registration.remove()

    def __enter__(self) -> ClusterCommit:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._writer is not None:
            self._writer.close()
            if self._writer.committed:
                return
        # Where the cluster is away, whoever comes next finds that this one is dead.
        with suppress(SearchkitError):
            self._end()
        self._registration.stop()


def begin(
    ledger: Ledger,
    *,
    snapshot: Callable[[Committed], Snapshot],
    timeout: float = 10.0,
    fresh: bool = False,
) -> ClusterCommit:
    """Begin the next commit, waiting up to ``timeout`` seconds for a writer that has to be alone.

    With ``fresh`` a head that can't be read is no obstacle. ``snapshot`` opens the commit that counts.

    Raises:
        IndexLocked: somebody else has to be alone, or this one and somebody else is writing.
        IndexCorrupt, IndexIncompatible: nothing can be built on what is there.
    """
    _make_sure_of_head(ledger, fresh=fresh)
    registration = register(ledger, fresh=fresh, timeout=timeout)
    try:
        undo_dead(ledger)
        return ClusterCommit(ledger, registration, fresh=fresh, snapshot=snapshot)
    except BaseException:
        with suppress(SearchkitError):
            (registration.give_up if registration.taken_over else registration.remove)()
        registration.stop()
        raise


def _make_sure_of_head(ledger: Ledger, *, fresh: bool) -> None:
    try:
        if ledger.read() is None:
            ledger.create(Head(number=0, content=Content(documents=ledger.documents_name(1))))
    except (IndexCorrupt, IndexIncompatible):
        if not fresh:
            raise
        builds = [int(name.rpartition("-")[2]) for name in indexes(ledger)]
        build = max(builds, default=1)
        content = Content(documents=ledger.documents_name(build))
        ledger.create(Head(number=ledger.current() or 0, content=content, build=build), over=True)


def undo_dead(ledger: Ledger) -> None:
    """Undo what commits wrote that died, and that nobody goes on with."""
    for registration in claim_dead(ledger):
        try:
            head = registration.update()
            _undo(ledger, registration, head, Committed(ledger, head))
            registration.remove()
        finally:
            registration.stop()


def _undo(ledger: Ledger, registration: Registration, head: Head, committed: Committed) -> None:
    work = registration.work(head)
    documents = Documents(ledger, work.target)
    try:
        if work.fresh:
            documents.drop()
        elif work.target == head.content.documents:
            documents.undo(Journal(ledger, registration.name), committed.lexicon)
    finally:
        documents.close()
