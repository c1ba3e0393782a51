"""Read text as if it stood in a file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from searchkit.sources.parsed import Parsed
from searchkit.sources.reader import read_file
from searchkit.sources.root import SourceFile

Read = Callable[..., Parsed]


@pytest.fixture(scope="session")
def read() -> Read:
    def read(content: str | bytes, inside: str = "a.md") -> Parsed:
        data = content.encode() if isinstance(content, str) else content
        return read_file(SourceFile(f"/nowhere/{inside}", inside, f"papers/{inside}", "papers"), data)

    return read


@pytest.fixture(scope="session")
def corpus() -> Path:
    folder = Path(__file__).parents[3] / "shared" / "corpus" / "2024"
    if not folder.is_dir():
        pytest.skip("the corpus of 116 digests isn't beside this checkout")
    return folder
