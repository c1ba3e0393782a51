"""A cache of bounded memory."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, TypeVar

T = TypeVar("T")


class Recent(Generic[T]):
    """What was used last, within ``limit`` bytes. Thread-safe."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._entries: OrderedDict[Hashable, tuple[T, int]] = OrderedDict()
        self._lock = threading.Lock()
        self.nbytes = 0

    def get(self, key: Hashable) -> T | None:
        """Return what is kept under ``key``, None if it isn't here."""
        with self._lock:
            found = self._entries.get(key)
            if found is None:
                return None
            self._entries.move_to_end(key)
            return found[0]

    def put(self, key: Hashable, value: T, nbytes: int) -> None:
        """Keep a value of so many bytes; those used longest ago go."""
        with self._lock:
            if key not in self._entries:
                self._entries[key] = value, nbytes
                self.nbytes += nbytes
                while self.nbytes > self._limit and len(self._entries) > 1:
                    self.nbytes -= self._entries.popitem(last=False)[1][1]
