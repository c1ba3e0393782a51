"""Memory for the sums of a query, kept from one to the next."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]


class Scratch(threading.local):
    """The accumulators of a thread, kept from query to query."""

    def __init__(self) -> None:
        self._zeros: Array = np.zeros(0, np.float32)
        self._dirty = False
        self._column: Array = self._zeros

    def zeros(self, size: int) -> Array:
        """Return an accumulator that holds only zeros; give it back with `cleaned` once it does so again."""
        if self._dirty or len(self._zeros) < size:
            self._zeros = np.zeros(max(size, len(self._zeros)), np.float32)
        self._dirty = True
        return self._zeros[:size]

    def cleaned(self) -> None:
        """Say that the accumulator holds only zeros again."""
        self._dirty = False

    def column(self, size: int) -> Array:
        """Return an array with any content."""
        if len(self._column) < size:
            self._column = np.empty(size, np.float32)
        return self._column[:size]
