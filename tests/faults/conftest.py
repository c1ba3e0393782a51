"""What the fault tests share: the seed in every report, and a quick disk."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from real_index import SEED

MEMORY = Path("/dev/shm")
ENOUGH_BYTES = 48 << 20


def pytest_report_header() -> str:
    return f"faults: SEARCHKIT_FAULT_SEED={SEED}"


@pytest.fixture(autouse=True)
def _tell_seed(request: pytest.FixtureRequest) -> None:
    """Put the seed into the report of every test that fails."""
    request.node.add_report_section("setup", "seed", f"SEARCHKIT_FAULT_SEED={SEED}")


@pytest.fixture
def tmp_path(request: pytest.FixtureRequest) -> Iterator[Path]:
    """A folder in memory, where there is such a thing: tens of thousands of syncs wear out disks and patience."""
    if not MEMORY.is_dir() or shutil.disk_usage(MEMORY).free < ENOUGH_BYTES:
        factory: pytest.TempPathFactory = request.getfixturevalue("tmp_path_factory")
        yield factory.mktemp("faults")
        return
    with tempfile.TemporaryDirectory(prefix="searchkit-faults-", dir=MEMORY) as folder:
        yield Path(folder)
