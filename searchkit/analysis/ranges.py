"""Runs of numbers in long arrays: lists taken out by their places, equal neighbours."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt


def ranges(starts: npt.NDArray[np.int64], counts: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Return ``starts[0], starts[0]+1, … (counts[0] numbers), starts[1], …`` as one array."""
    before = np.cumsum(counts)
    total = int(before[-1]) if len(before) else 0
    before -= counts
    numbers: npt.NDArray[np.int64] = np.repeat(starts - before, counts)
    numbers += np.arange(total, dtype=np.int64)
    return numbers


def run_starts(ascending: npt.NDArray[Any]) -> npt.NDArray[np.int64]:
    """Return where each distinct number of an ascending array first stands."""
    if not len(ascending):
        return np.zeros(0, np.int64)
    change = np.empty(len(ascending), np.bool_)
    change[0] = True
    np.not_equal(ascending[1:], ascending[:-1], out=change[1:])
    return change.nonzero()[0]


def run_sizes(starts: npt.NDArray[np.int64], size: int) -> npt.NDArray[np.int64]:
    """Return how often each distinct number stands in an array of ``size``, given what `run_starts` returned."""
    sizes = np.empty_like(starts)
    np.subtract(starts[1:], starts[:-1], out=sizes[:-1])
    sizes[-1:] = size - starts[-1:]
    return sizes
