"""A request that is under way while others are made."""

from __future__ import annotations

import os
from collections.abc import Callable
from queue import Empty, SimpleQueue
from threading import Lock, Semaphore, Thread
from typing import TypeVar

T = TypeVar("T")

_LINGER = 30.0
"""Seconds for which a thread waits for more to do: to start one takes longer than most of what it does."""


class _Threads:
    """Threads that call what they are given; as many as there are calls at once. A process that ends stops them."""

    def __init__(self) -> None:
        self._calls: SimpleQueue[Callable[[], None]] = SimpleQueue()
        self._idle = Semaphore(0)

    def call(self, run: Callable[[], None]) -> None:
        """Have a thread call ``run``, which raises nothing."""
        if not self._idle.acquire(blocking=False):
            Thread(target=self._serve, daemon=True).start()
        self._calls.put(run)

    def _serve(self) -> None:
        while True:
            try:
                run = self._calls.get(timeout=_LINGER)
            except Empty:
                # Whoever has just counted on this thread is about to give it something.
                if self._idle.acquire(blocking=False):
                    return
                continue
            run()
            del run
            self._idle.release()


_threads = _Threads()


def _forked() -> None:
    """Begin anew in a process that was forked: threads stay behind."""
    global _threads  # noqa: PLW0603
    _threads = _Threads()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forked)


def meanwhile(ask: Callable[[], T]) -> Callable[[], T]:
    """Call ``ask`` in another thread; return what waits for it and returns or raises what it did.

    Whoever never waits, and a process that ends, is not held up by it.
    """
    found: list[T] = []
    failed: list[BaseException] = []
    asking = Lock()
    asking.acquire()

    def run() -> None:
        try:
            found.append(ask())
        except BaseException as failure:
            failed.append(failure)
        finally:
            asking.release()

    _threads.call(run)

    def wait() -> T:
        with asking:
            for failure in failed:
                raise failure
            return found[0]

    return wait
