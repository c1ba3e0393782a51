"""Runs of numbers, by which lists are taken out of one long array."""

from __future__ import annotations

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
