"""Work that goes on in a thread of its own while its caller does something else, one piece at a time."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from concurrent.futures import Future, ThreadPoolExecutor


class Background:
    """Runs one piece of work at a time; not thread-safe."""

    def __init__(self) -> None:
        self._pool: ThreadPoolExecutor | None = None
        self._running: Future[None] | None = None

    def start(self, work: Callable[[], None]) -> None:
        """Begin ``work`` when what was begun before is done.

        Raises:
            Exception: whatever that has raised.
        """
        self.wait()
        if self._pool is None:
            from concurrent.futures import ThreadPoolExecutor  # readers do without

            self._pool = ThreadPoolExecutor(1, thread_name_prefix="searchkit-background")
        self._running = self._pool.submit(work)

    def wait(self) -> None:
        """Return when nothing is running any more.

        Raises:
            Exception: whatever the work has raised, once.
        """
        running, self._running = self._running, None
        if running is not None:
            running.result()

    def close(self) -> None:
        """Wait for what is running, whatever comes of it, and end the thread."""
        self._running = None
        if self._pool is not None:
            self._pool.shutdown(wait=True)
            self._pool = None
