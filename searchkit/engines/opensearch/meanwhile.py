"""A request that is under way while others are made."""

from __future__ import annotations

from collections.abc import Callable
from threading import Thread
from typing import TypeVar

T = TypeVar("T")


def meanwhile(ask: Callable[[], T]) -> Callable[[], T]:
    """Call ``ask`` in a thread of its own; return what waits for it and returns or raises what it did.

    Whoever never waits, and a process that ends, is not held up by it.
    """
    found: list[T] = []
    failed: list[BaseException] = []

    def run() -> None:
        try:
            found.append(ask())
        except BaseException as failure:
            failed.append(failure)

    thread = Thread(target=run, daemon=True)
    thread.start()

    def wait() -> T:
        thread.join()
        for failure in failed:
            raise failure
        return found[0]

    return wait
