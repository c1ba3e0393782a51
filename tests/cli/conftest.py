"""An index of the seeds, made by the command itself."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from command_line import SEEDS, Answer, Shell

from searchkit.cli import main


@pytest.fixture(scope="session")
def seeded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with ``seeds/`` and an ``index/`` of them; not to be written to."""
    folder = tmp_path_factory.mktemp("seeded")
    shutil.copytree(SEEDS, folder / "seeds")
    built = Shell(folder)("index")
    assert built.code == 0, built.err
    return folder


@pytest.fixture(scope="session")
def shell(seeded: Path) -> Shell:
    return Shell(seeded)


@pytest.fixture
def own(seeded: Path, tmp_path: Path) -> Shell:
    """A shell with a copy of the index, whose sources are where they were."""
    shutil.copytree(seeded, tmp_path / "own")
    return Shell(tmp_path / "own")


@pytest.fixture
def fresh(tmp_path: Path) -> Shell:
    """A shell in a folder with seeds and an index of its own, to change both."""
    shutil.copytree(SEEDS, tmp_path / "fresh" / "seeds")
    made = Shell(tmp_path / "fresh")
    assert made("index").code == 0
    return made


@pytest.fixture
def bare(tmp_path: Path) -> Shell:
    """A shell in an empty folder."""
    (tmp_path / "bare").mkdir()
    return Shell(tmp_path / "bare")


@pytest.fixture
def quick(
    seeded: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Answer]:
    """Run the command in this process, where the process itself doesn't matter."""
    monkeypatch.chdir(seeded)
    monkeypatch.delenv("SEARCHKIT_INDEX", raising=False)

    def run(*arguments: str) -> Answer:
        capsys.readouterr()
        code = main(arguments)
        return Answer(code, *capsys.readouterr())

    return run
