"""What all tests share: campaigns that run only when asked for with ``-m campaign``, and one cluster for a run."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

# How long an example takes says more of what else the machine is doing.
settings.register_profile("searchkit", deadline=None)
settings.load_profile("searchkit")

# The fault harness is used by tests of several folders; the scripts for a cluster are a package of the repository.
sys.path.insert(0, str(Path(__file__).parent / "faults"))
sys.path.insert(0, str(Path(__file__).parent / "shared"))
sys.path.insert(0, str(Path(__file__).parents[1]))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    for item in items:
        # Where several processes run the tests, one has those with a cluster, and the tests of a file stay together.
        on_cluster = "cluster_server" in getattr(item, "fixturenames", ()) or "contract" in item.path.parts
        item.add_marker(pytest.mark.xdist_group("cluster" if on_cluster else item.path.name))
    if "campaign" in config.option.markexpr:
        return
    campaigns = [item for item in items if item.get_closest_marker("campaign")]
    if campaigns:
        config.hook.pytest_deselected(items=campaigns)
        items[:] = [item for item in items if not item.get_closest_marker("campaign")]


@pytest.fixture(scope="session")
def cluster_server() -> Iterator[str]:
    """The address of a real cluster, ``opensearch://host:port,…``; SEARCHKIT_TEST_CLUSTER names one to be reused."""
    from real_cluster import shared_server

    with shared_server() as server:
        yield server


@pytest.fixture
def cluster_address(cluster_server: str) -> Iterator[str]:
    """The address of an index of its own on the cluster; all that begins with its name is removed afterwards."""
    from real_cluster import new_address

    with new_address(cluster_server) as address:
        yield address
