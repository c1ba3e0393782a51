"""Indexes of the seeds, and of the larger corpus where it is there, built once a session."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from searchkit import SearchIndex

REPOSITORY = Path(__file__).parents[2]
CORPUS = REPOSITORY.parent / "shared" / "corpus" / "2024"


@pytest.fixture(scope="session")
def seeds(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SearchIndex]:
    """Return an index of the seeds."""
    with SearchIndex.build(REPOSITORY / "seeds", tmp_path_factory.mktemp("seeds") / "index") as index:
        yield index


@pytest.fixture(scope="session")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SearchIndex]:
    """Return an index of 1,330 papers, or skip."""
    if not CORPUS.is_dir():
        pytest.skip("needs ../shared/corpus/2024 beside the checkout")
    with SearchIndex.build(CORPUS, tmp_path_factory.mktemp("corpus") / "index") as index:
        yield index
