"""How long something takes, on a machine that may be busy."""

from __future__ import annotations

import time
from collections.abc import Callable


def cpu_seconds(action: Callable[[], object], *, tries: int = 5) -> float:
    """Return the least processor time of several tries: what others do meanwhile doesn't count."""
    times = []
    for _ in range(tries):
        started = time.process_time()
        action()
        times.append(time.process_time() - started)
    return min(times)
