"""A bounded memory of what was worked out before."""

from __future__ import annotations

from collections.abc import Mapping, Set
from typing import Generic, TypeVar

Key = TypeVar("Key")
Value = TypeVar("Value")


class Remembered(Generic[Key, Value]):
    """The values of ``size`` keys at most; several threads may use it."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._values: dict[Key, Value] = {}

    def those(self, keys: Set[Key]) -> dict[Key, Value]:
        """Return the values of those of ``keys`` that are remembered."""
        values = self._values
        return {key: values[key] for key in keys if key in values}

    def keep(self, new: Mapping[Key, Value]) -> None:
        """Remember ``new``, and nothing else where all would be too much."""
        if len(self._values) + len(new) <= self._size:
            self._values.update(new)
        elif len(new) <= self._size:
            self._values = dict(new)
