"""What is derived from a commit once and lives as long as it is held."""

from __future__ import annotations

from collections.abc import Callable, MutableMapping
from typing import Any, Protocol, TypeVar


class Keeper(Protocol):
    """A commit that keeps what is derived from it."""

    @property
    def caches(self) -> MutableMapping[str, Any]:
        """What lives as long as the commit is held, by name."""


Commit = TypeVar("Commit", bound=Keeper)
Made = TypeVar("Made")


def derived(commit: Commit, name: str, make: Callable[[Commit], Made]) -> Made:
    """Return what lives with ``commit`` under ``name``, made of it if it isn't there yet.

    Threads that ask at once may make it twice; all get the same one.
    """
    found: Made | None = commit.caches.get(name)
    if found is None:
        found = commit.caches.setdefault(name, make(commit))
    return found
