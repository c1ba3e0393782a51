"""What a thread does while it waits for an answer of the cluster, in time that would be lost else.

It is done between the last byte of a request and the first of its answer; nothing is handed to other threads.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager


class _Work(threading.local):
    """What is to be done by a thread."""

    def __init__(self) -> None:
        self.waiting: list[Iterator[object]] = []


_work = _Work()


def begin(steps: Iterator[object]) -> Callable[[], None]:
    """Have this thread go through ``steps`` when it waits for an answer next, as far as there is time.

    What is returned stops that. Each step is to be short. One that raises an exception is the last: whoever needs what
    it was for does it then.
    """
    waiting = _work.waiting
    waiting.append(steps)

    def stop() -> None:
        if steps in waiting:
            waiting.remove(steps)

    return stop


@contextmanager
def meanwhile(steps: Iterator[object]) -> Iterator[None]:
    """Do what `begin` does until the end of the block."""
    stop = begin(steps)
    try:
        yield
    finally:
        stop()


def work_until(answered: Callable[[], bool]) -> None:
    """Do what there is to do for this thread, until the answer that it waits for has come."""
    while _work.waiting and not answered():
        steps = _work.waiting.pop(0)
        try:
            for _ in steps:
                if answered():
                    break
        except Exception:
            continue
