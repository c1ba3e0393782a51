"""Work that goes on in a thread of its own while its caller does something else."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from concurrent.futures import Future, ThreadPoolExecutor

_MOST = 8
"""So many pieces of work may wait: each holds memory."""


class Background:
    """Does one piece of work after the other, none after one that failed; not thread-safe."""

    def __init__(self) -> None:
        self._pool: ThreadPoolExecutor | None = None
        self._waiting: deque[Future[None]] = deque()
        self._failed = False

    def start(self, work: Callable[[], None]) -> None:
        """Have ``work`` done after what was started before; wait if that is much.

        Raises:
            Exception: whatever earlier work has raised.
        """
        if self._pool is None:
            from concurrent.futures import ThreadPoolExecutor  # readers do without

            self._pool = ThreadPoolExecutor(1, thread_name_prefix="searchkit-background")
        while self._waiting and (len(self._waiting) >= _MOST or self._waiting[0].done()):
            self._waiting.popleft().result()
        self._waiting.append(self._pool.submit(self._run, work))

    def _run(self, work: Callable[[], None]) -> None:
        if self._failed:
            return
        try:
            work()
        except BaseException:
            self._failed = True
            raise

    def wait(self) -> None:
        """Return when all is done.

        Raises:
            Exception: whatever the work has raised.
        """
        while self._waiting:
            self._waiting.popleft().result()

    def close(self) -> None:
        """Wait for the piece that is being done, whatever comes of it, and do no other."""
        self._failed = True
        self._waiting.clear()
        if self._pool is not None:
            self._pool.shutdown(wait=True)
            self._pool = None
