"""An index on a cluster, as everything above the engine handles it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from searchkit.engines.opensearch import commit
from searchkit.engines.opensearch.address import parse_address
from searchkit.engines.opensearch.blob_cache import BlobCache
from searchkit.engines.opensearch.committed import Committed
from searchkit.engines.opensearch.connection import Connection
from searchkit.engines.opensearch.ledger import Ledger
from searchkit.engines.opensearch.meanwhile import begin
from searchkit.engines.opensearch.snapshot import ClusterSnapshot
from searchkit.errors import EngineUnavailable, IndexMissing

if TYPE_CHECKING:
    from searchkit.engines.base import DictionaryOf
    from searchkit.engines.verification import Verification

_SOON = 1.0
"""Seconds for an answer that others wait for."""


class ClusterEngine:
    """What `searchkit.engines.base.Engine` promises, over a ledger and indexes of documents. Thread-safe.

    Raises:
        OptionError: the address is none.
    """

    def __init__(self, location: str | os.PathLike[str]) -> None:
        self._address = parse_address(os.fspath(location))
        self.location = str(self._address)
        self.folder: Path | None = None

    @cached_property
    def _ledger(self) -> Ledger:
        return Ledger(Connection(self._address))

    def exists(self) -> bool:
        """Say whether there is an index, sound or not."""
        return self._ledger.current() is not None

    def current(self) -> int | None:
        """Return the number of the commit that counts, None if there is no index."""
        return self._ledger.current()

    def ask_current(self) -> Callable[[], int | None]:
        """Return what says what `current` returns; it is asked for while this thread waits for its next answer."""
        found: list[int | None] = []

        def ask() -> Iterator[None]:
            found.append(self._ledger.current(timeout=_SOON, patience=0.0))
            yield

        stop = begin(ask())

        def answer() -> int | None:
            stop()
            return found[0] if found else self._ledger.current()

        return answer

    def check_target(self) -> None:
        """Make sure that no index of others has this name."""
        self._ledger.check_target()

    def open(self) -> ClusterSnapshot:
        """Open the commit that counts."""
        return ClusterSnapshot(self._ledger, self._ledger.head())

    def begin(
        self, *, timeout: float = 10.0, fresh: bool = False, set_aside: bool = False
    ) -> commit.ClusterCommit:
        """Begin the next commit; several may be made at once, but for fresh ones."""
        self._ledger.connection.check()
        self._ledger.check_target()
        return commit.begin(self._ledger, snapshot=_opened, timeout=timeout, fresh=fresh)

    def verify(self, *, deep: bool = False) -> Verification:
        """Check every blob against its checksum, and the counts; with ``deep`` also those of all terms."""
        from searchkit.engines.opensearch.verify import verify

        return verify(self._ledger, deep=deep)

    def repair(self, dictionary: DictionaryOf) -> NoReturn:
        """Say that the cluster itself repairs what it holds."""
        self._cannot("repaired", "the cluster keeps copies of its own; run `searchkit index --rebuild`")

    def salvaged_sources(self) -> Iterator[bytes]:
        """Yield the state of the sources if it is whole."""
        try:
            committed = Committed(self._ledger, self._ledger.head(), BlobCache(self._ledger))
        except IndexMissing:
            return
        yield committed.sources

    def backup(self, file: Path) -> NoReturn:
        """Say how to make a backup."""
        self._cannot("written to one file", f"run `searchkit copy {self.location} FOLDER` and back that up")

    def restore(self, file: Path, dictionary: DictionaryOf) -> NoReturn:
        """Say how to restore a backup."""
        self._cannot(
            "made of a backup", f"restore it to a folder and run `searchkit copy FOLDER {self.location}`"
        )

    def close(self) -> None:
        """Close the connections; they are opened again when they are needed."""
        ledger = self.__dict__.pop("_ledger", None)
        if ledger is not None:
            ledger.connection.close()

    def _cannot(self, what: str, instead: str) -> NoReturn:
        raise EngineUnavailable(f"{self.location}: an index on a cluster can't be {what}; {instead}")


def _opened(committed: Committed) -> ClusterSnapshot:
    return ClusterSnapshot(committed.ledger, committed.head, committed.cache)
