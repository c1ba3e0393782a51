"""Ascending numbers: what is distinct, where runs of equal ones start, and what stands among others."""

from __future__ import annotations

from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

Mask = npt.NDArray[np.bool_]
_Number = TypeVar("_Number", bound=np.generic)


def distinct(values: npt.NDArray[_Number]) -> npt.NDArray[_Number]:
    """Return the distinct ones of ``values``, ascending; unlike numpy's own it doesn't import masked arrays."""
    ascending = np.sort(values)
    return ascending[_begins(ascending)]


def firsts(ascending: npt.NDArray[Any]) -> npt.NDArray[np.intp]:
    """Return where each run of equal values starts."""
    return _begins(ascending).nonzero()[0]


def among(values: npt.NDArray[_Number], ascending: npt.NDArray[_Number]) -> Mask:
    """Say which of ``values`` stand in ``ascending``."""
    if not len(ascending):
        return np.zeros(len(values), np.bool_)
    found: Mask = ascending.take(ascending.searchsorted(values), mode="clip") == values
    return found


def _begins(ascending: npt.NDArray[Any]) -> Mask:
    begins = np.ones(len(ascending), np.bool_)
    np.not_equal(ascending[1:], ascending[:-1], out=begins[1:])
    return begins
