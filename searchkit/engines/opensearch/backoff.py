"""How long to wait before the next attempt: exponentially longer, never in step with others, not for ever."""

from __future__ import annotations

import random
import time
from collections.abc import Callable

_FIRST_SECONDS = 0.1
_LONGEST_SECONDS = 10.0


class Backoff:
    """The pauses between attempts at one thing, until ``patience`` seconds after the first failure."""

    def __init__(self, patience: float, sleep: Callable[[float], object] = time.sleep) -> None:
        self._patience = patience
        self._sleep = sleep
        self._attempts = 0
        self._deadline = 0.0

    def again(self) -> bool:
        """Wait before the next attempt and return True; return False at once when patience has ended."""
        now = time.monotonic()
        if not self._attempts:
            self._deadline = now + self._patience
        longest = min(_FIRST_SECONDS * 2**self._attempts, _LONGEST_SECONDS)
        self._attempts = min(self._attempts + 1, 30)
        # At least half of the pause, so that it really grows; the rest is chance.
        pause = longest * random.uniform(0.5, 1.0)
        if now + pause > self._deadline:
            return False
        self._sleep(pause)
        return True
