"""One contract, several engines: what is tested here is tested with each, in a folder and on a real cluster."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

ENGINES = ["folder", "cluster"]


@pytest.fixture(scope="session", autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep what is fetched from a cluster out of the user's own cache."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SEARCHKIT_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(params=ENGINES)
def location(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where an index of its own may be made."""
    if request.param == "folder":
        return str(tmp_path / "index")
    return str(request.getfixturevalue("cluster_address"))


@pytest.fixture(scope="module", params=ENGINES)
def shared_location(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """Where an index may be made that all tests of a module read."""
    if request.param == "folder":
        yield str(tmp_path_factory.mktemp("contract") / "index")
        return
    from real_cluster import new_address

    with new_address(request.getfixturevalue("cluster_server")) as address:
        yield address
