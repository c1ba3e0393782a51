"""Work on many documents, a block of them at a time, on several threads.

Arrays of a block fit in the processor's cache, and numpy lets go of the interpreter while it works on them.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TypeVar

BLOCK = 4096
_MAX_THREADS = 4
"""Each holds the arrays of a block."""

T = TypeVar("T")


def map_blocks(work: Callable[[int], T], doc_count: int) -> list[T]:
    """Return what ``work`` returns for the first document of each block, in their order."""
    firsts = range(0, max(doc_count, 1), BLOCK)
    threads = min(len(firsts), _MAX_THREADS, os.cpu_count() or 1)
    if threads < 2:
        return [work(first) for first in firsts]
    from concurrent.futures import ThreadPoolExecutor  # readers do without

    with ThreadPoolExecutor(threads, thread_name_prefix="searchkit-blocks") as pool:
        return list(pool.map(work, firsts))
