"""How long something takes, on a machine that may be busy."""

from __future__ import annotations

import os
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


def program_cpu_seconds(action: Callable[[], object], *, tries: int = 5) -> float:
    """Return the least processor time that the programs need which ``action`` runs and waits for, of several tries."""
    times = []
    for _ in range(tries):
        before = os.times()
        action()
        after = os.times()
        times.append(
            after.children_user - before.children_user + after.children_system - before.children_system
        )
    return min(times)
