"""What an engine promises: it takes terms, never text, and makes whole commits visible at once.

An `Engine` is an index by its location, a `Snapshot` one whole commit as a search sees it, a `Commit` the next one
while it is made: its writer takes what is analysed.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import numpy.typing as npt

from searchkit.analysis.token import Layer, Token, WordKey
from searchkit.engines.found import Expected, Handle, TopDocs

if TYPE_CHECKING:
    from searchkit.analysis.batch import Batch
    from searchkit.analysis.glossary import UserGlosses
    from searchkit.analysis.glosses import Gloss
    from searchkit.document import Document
    from searchkit.engines.verification import Verification
    from searchkit.engines.whoosh.glossary import StoredGlossary
    from searchkit.engines.whoosh.lexicon import StoredLexicon
    from searchkit.query.plan import Node, PhraseTerm, Plan
    from searchkit.results.explain import Contribution

Ints = npt.NDArray[np.int64]
DictionaryOf = Callable[[Mapping[str, bytes]], Iterable[str]]


class Snapshot(AbstractContextManager["Snapshot", None], Protocol):
    """One whole commit. Thread-safe: it only reads. As a context manager it closes itself.

    What counts documents counts live ones, of the whole index.
    """

    caches: dict[str, Any]
    """A place for what others derive from it; it lives as long as the snapshot."""

    @property
    def number(self) -> int:
        """The number of the commit; later ones have greater numbers."""

    @property
    def live_count(self) -> int:
        """The number of documents."""

    @property
    def versions(self) -> Mapping[str, str]:
        """What built it, as the commit was given it."""

    @property
    def lexicon(self) -> StoredLexicon:
        """Every word of the documents with its terms."""

    @property
    def glossary(self) -> StoredGlossary | None:
        """The glossary, None if it is empty."""

    @property
    def user_files(self) -> Mapping[str, bytes]:
        """The copies of the user's files by their names; without those that are empty.

        Raises:
            IndexCorrupt: one is damaged.
        """

    @property
    def sources(self) -> bytes:
        """What the commit was given as the state of the sources; empty if it was given none."""

    def run(
        self,
        plan: Plan,
        *,
        limit: int,
        offset: int = 0,
        sort: str = "relevance",
        total: bool = True,
        facets: bool = False,
        expected: Expected | None = None,
    ) -> TopDocs:
        """Return hits number ``offset`` to ``offset + limit`` of all that matches ``plan``.

        ``expected`` is for an engine that waits for others meanwhile; one that works itself leaves it alone.
        ``sort`` is "relevance" (by score), "date" (newest first) or "votes" (most first): documents without come last,
        equal ones go by score. Ties go by id, in code point order. A plan in which nothing scores lists by date.
        """

    def meanwhile(self, steps: Iterator[object]) -> AbstractContextManager[None]:
        """Have ``steps`` gone through within the block, as far as others let this thread wait there."""

    def best_by_terms(self, plan: Plan, limit: int) -> Sequence[Handle]:
        """Return the best documents of ``plan`` by its terms alone, without its filters; `run` may go on from it."""

    def contributions(self, plan: Plan, handle: Handle) -> Sequence[Contribution]:
        """Return what each part of ``plan`` that a document holds adds to its score; nothing if it doesn't match."""

    def matches(self, nodes: Sequence[Node], handle: Handle) -> list[bool]:
        """Say for each of ``nodes`` whether a document matches it."""

    def doc_freq(self, layer: Layer, text: str) -> int:
        """Return how many documents hold a term."""

    def idf(self, layer: Layer, text: str) -> float:
        """Return the idf of a term, 0 if no document holds it."""

    def documents_with(self, layer: Layer) -> int:
        """Return how many documents have any term in a layer."""

    def phrase_freqs(self, names: Sequence[PhraseTerm]) -> list[int]:
        """Return how many documents each of ``names`` matches."""

    def live_frequencies(self, layer: Layer) -> Ints:
        """Return for each string of the lexicon, by its id, how many documents hold it as a term of ``layer``."""

    def look_up_pairs(self, pairs: Iterable[tuple[str, str]], plan: Plan | None = None) -> None:
        """Hear which pairs `side_by_side` is soon asked for, and which plan is run, to count all that takes at once."""

    def side_by_side(self, first: str, second: str) -> int:
        """Return how many documents hold two base terms as neighbours, in this order."""

    def sample(self, layer: Layer, text: str, limit: int) -> tuple[int, list[Handle]]:
        """Return how many documents hold a term, and ``limit`` of them: those with the least CRC-32 of their ids."""

    def find(self, document_id: str) -> Handle | None:
        """Return the document with an id, None if there is none."""

    def ids(self, handles: Sequence[Handle]) -> list[str]:
        """Return the ids of documents in the order of ``handles``."""

    def documents(self, handles: Sequence[Handle]) -> list[Document]:
        """Return documents in the order of ``handles``."""

    def words(self, handles: Sequence[Handle]) -> tuple[npt.NDArray[np.int32], Ints]:
        """Return the words of documents, in the order of ``handles``, as codes and the offsets that cut them.

        A code is `ITEM_END`, `SENTENCE_END`, or `FIRST_WORD` + the number of a word in the lexicon; items are the
        title, the bullets, then the labels. There is one offset more than documents.
        """

    def all_documents(self) -> Iterator[Document]:
        """Yield every document."""

    def gloss_counts(self) -> Mapping[Gloss, int]:
        """Return every gloss of the documents with how many hold it."""

    def glossing(self, wanted: Collection[Gloss], limit: int) -> dict[Gloss, list[Handle]]:
        """Return for each of ``wanted`` up to ``limit`` documents that hold it, those with the least ids."""

    def statistics(self) -> dict[str, Any]:
        """Return counts, dates, sizes in bytes and versions."""

    def release(self) -> None:
        """Let writers remove what they no longer need; searches that still go on end well."""

    def close(self) -> None:
        """Let everything go."""


class DocumentWriter(Protocol):
    """The write side of an engine, as the analysis feeds it, within one commit."""

    def store(self, document: Document) -> None:
        """Take the next document of the current batch; its words come with `flush`."""

    def delete(self, document_id: str) -> bool:
        """Delete a document that is in the index; tell whether there was one."""

    def unknown(self, keys: Sequence[WordKey]) -> list[WordKey]:
        """Return those of ``keys``, the new words of a batch, whose tokens the engine's lexicon lacks."""

    def flush(
        self,
        batch: Batch,
        keys: Sequence[WordKey],
        tokens: Callable[[], Sequence[tuple[Token, ...]]],
        *,
        last: bool = False,
        more: bool = False,
    ) -> None:
        """Take the words of all documents stored since the last call, which may be none.

        ``keys`` are the unknown ones; ``tokens`` returns theirs, and may have to wait for them: what needs none comes
        first. ``last`` says that no document comes before the commit, so that what needs all of them can begin.
        ``more`` says that nothing is deleted before the next call: work on this one can be put off until then.
        """


class CommitWriter(DocumentWriter, AbstractContextManager["CommitWriter", None], Protocol):
    """A `DocumentWriter` that can also change words and commit."""

    def add_words(
        self, keys: Sequence[WordKey], analyze: Callable[[list[WordKey]], Sequence[tuple[Token, ...]]]
    ) -> None:
        """Add those of ``keys`` that the lexicon lacks; no document holds them yet."""

    def change_words(self, changes: Mapping[int, tuple[Token, ...]]) -> int:
        """Give words of the lexicon, by their numbers, other tokens; return how many documents hold one of them."""

    checkpoint_every: int
    """After so many documents, at the end of a file of the sources, `flush` and `checkpoint` are called; 0 is never."""

    def checkpoint(self, state: bytes, versions: Mapping[str, str]) -> None:
        """Keep the state of the sources that all documents so far, which are flushed, amount to.

        An engine that can take up a commit that was cut short has the next `Commit` tell it as `Commit.resumable`.
        """

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
        """Make everything visible at once.

        ``state`` is kept for the next run of the indexer; where somebody else has committed since this commit began,
        ``rebase`` makes of theirs the one to be kept (None: this commit fails then). ``user_files`` are kept as they
        are, but for empty ones; ``dictionary`` and ``user_glosses`` are what two of them say.

        Raises:
            EngineUnavailable: it can't be written; nothing has changed then.
        """


class Commit(AbstractContextManager["Commit", None], Protocol):
    """The next commit of an index; leaving it without `CommitWriter.commit` undoes what was written."""

    @property
    def number(self) -> int:
        """The number that it will have."""

    @property
    def before(self) -> Snapshot | None:
        """The commit that counts now; None if there is none, and for a fresh start."""

    @property
    def user_files(self) -> Mapping[str, bytes]:
        """The user's files as the commit that counts has them, even for a fresh start; none where unreadable."""

    def resumable(self, versions: Mapping[str, str]) -> bytes | None:
        """Return the state of the sources at the last checkpoint of such a commit, by the same versions.

        None if none was cut short that can be gone on with.
        """

    @property
    def aside(self) -> str | None:
        """Where what was damaged has been set aside, None if nothing has."""

    def writer(self, *, keep: bool, resume: bool = False) -> CommitWriter:
        """Return what writes on top of ``before``, or from nothing unless ``keep``; to be called once.

        With ``resume`` it goes on from `resumable`: what the commit that was cut short has written counts.
        """


class Repair(Protocol):
    """What `Engine.repair` did; the fields are those of `searchkit.engines.whoosh.repair.Repair`."""

    @property
    def outcome(self) -> str:
        """``sound``, ``restored`` or ``rebuild``: nothing but the sources can help."""

    @property
    def problems(self) -> Sequence[tuple[str, str]]:
        """What was wrong, as (file or part, message)."""

    @property
    def generation(self) -> int:
        """The number of the commit that counts now."""

    @property
    def aside(self) -> str | None:
        """Where what was damaged has been set aside."""


class Backup(Protocol):
    """What `Engine.backup` wrote."""

    @property
    def generation(self) -> int:
        """The number of the commit."""

    @property
    def documents(self) -> int:
        """How many documents it holds."""

    @property
    def files(self) -> int:
        """How many files are in the backup."""

    @property
    def bytes(self) -> int:
        """How large it is."""


class Engine(Protocol):
    """An index by its location. It may be missing, and need not be writable to read from it."""

    @property
    def location(self) -> str:
        """The location as the user typed it, without anything secret."""

    @property
    def folder(self) -> Path | None:
        """The folder that the index lies in, None if it lies in none."""

    def exists(self) -> bool:
        """Say whether there is an index, sound or not."""

    def current(self) -> int | None:
        """Return the number of the commit that counts, None if there is no index; cheap, asked before every search."""

    def ask_current(self) -> Callable[[], int | None] | None:
        """Return what says what `current` returns, heard while others are asked; None if `current` answers at once."""

    def check_target(self) -> None:
        """Make sure that writing here harms nothing of others.

        Raises:
            SearchkitError: there is something else.
            EngineUnavailable: it can't be read.
        """

    def open(self) -> Snapshot:
        """Open the commit that counts.

        Raises:
            IndexMissing: there is no index.
            IndexIncompatible: it has another format.
            IndexCorrupt: it is damaged.
            EngineUnavailable: it can't be read.
        """

    def begin(self, *, timeout: float = 10.0, fresh: bool = False, set_aside: bool = False) -> Commit:
        """Begin the next commit, waiting up to ``timeout`` seconds for another writer where only one may write.

        With ``fresh`` a damaged index, or one of another format, is no obstacle; with ``set_aside`` what was there is
        set aside and not removed.

        Raises:
            SearchkitError: there is something else.
            IndexLocked: someone else is writing.
            IndexCorrupt, IndexIncompatible: there is an index, but nothing can be built on it.
            EngineUnavailable: it can't be written.
        """

    def verify(self, *, deep: bool = False) -> Verification:
        """Check every byte, with ``deep`` also whether the parts fit together; write nothing.

        Raises:
            IndexMissing: there is no index.
            IndexIncompatible: it has another format.
            EngineUnavailable: it can't be read.
        """

    def repair(self, dictionary: DictionaryOf) -> Repair:
        """Go back to the last sound commit; ``dictionary`` is as for `restore`.

        Raises:
            EngineUnavailable: this engine has no such thing.
        """

    def salvaged_sources(self) -> Iterator[bytes]:
        """Yield the states of the sources that are still whole, the newest first."""

    def backup(self, file: Path) -> Backup:
        """Write the commit that counts to one file.

        Raises:
            EngineUnavailable: this engine has no such thing.
        """

    def restore(self, file: Path, dictionary: DictionaryOf) -> int:
        """Make an index of a backup and return the number of documents.

        ``dictionary`` gives the lines of the user's dictionary, for foreign readers, from the user's files.

        Raises:
            EngineUnavailable: this engine has no such thing.
        """

    def close(self) -> None:
        """Let connections go; the engine can still be used and opens them again."""
