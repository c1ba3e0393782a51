"""Which engine holds an index? Its location says so: a folder, or the address of a cluster."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from searchkit.engines.base import Engine


def in_cluster(location: str | os.PathLike[str]) -> bool:
    """Say whether a location is meant as the address of a cluster, right or wrong, and not as a folder."""
    text = os.fspath(location)
    if "://" not in text:
        return False
    from searchkit.engines.opensearch.address import is_address

    return is_address(text)


def folder_of(location: str | os.PathLike[str]) -> Path | None:
    """Return the folder of an index, None if it is in a cluster."""
    return None if in_cluster(location) else Path(location)


def engine_at(location: str | os.PathLike[str]) -> Engine:
    """Return the engine of an index that need not be there yet.

    Raises:
        OptionError: it is no right address.
        EngineUnavailable: what this engine needs is not installed.
    """
    if in_cluster(location):
        from searchkit.engines.opensearch.engine import ClusterEngine

        return ClusterEngine(location)
    from searchkit.engines.whoosh.engine import WhooshEngine

    return WhooshEngine(location)
