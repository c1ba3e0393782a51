"""The wheel holds what it must, and works where nothing else is installed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FRESH = {
    key: value
    for key, value in os.environ.items()
    if not key.startswith(("PYTHON", "SEARCHKIT_", "VIRTUAL_"))
}
NO_REGISTRY = ("Could not find a version", "No matching distribution", "Temporary failure", "ConnectionError")


def pip(python: Path | str, *arguments: str) -> None:
    done = subprocess.run(
        [str(python), "-m", "pip", "--disable-pip-version-check", "--quiet", *arguments],
        capture_output=True,
        encoding="utf-8",
        env=FRESH,
    )
    if done.returncode and any(sign in done.stderr for sign in NO_REGISTRY):
        pytest.skip("no package registry can be reached")
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    copy = tmp_path_factory.mktemp("source")
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, copy)
    shutil.copytree(ROOT / "searchkit", copy / "searchkit", ignore=shutil.ignore_patterns("__pycache__"))
    out = tmp_path_factory.mktemp("wheel")
    pip(sys.executable, "wheel", "--no-deps", "--wheel-dir", str(out), str(copy))
    (made,) = out.glob("searchkit-*.whl")
    return made


def test_the_wheel_holds_the_package_and_nothing_else(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    inside = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "searchkit").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert {"searchkit/py.typed", "searchkit/analysis/data/words.txt"} <= inside
    assert {name for name in names if ".dist-info/" not in name} == inside
    assert any(name.endswith("licenses/LICENSE") for name in names)


def test_the_wheel_works_in_a_fresh_environment(wheel: Path, tmp_path: Path) -> None:
    environment = tmp_path / "venv"
    venv.create(environment, with_pip=True)
    pip(environment / "bin" / "python", "install", str(wheel))
    command = environment / "bin" / "searchkit"

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [command, *arguments], capture_output=True, encoding="utf-8", cwd=tmp_path, env=FRESH
        )

    from searchkit import __version__

    assert run("--version").stdout == f"searchkit {__version__}\n"
    shutil.copytree(ROOT / "seeds", tmp_path / "seeds")
    done = run("index")
    assert (done.returncode, done.stderr) == (0, "")
    assert "added 77," in done.stdout
    done = run("search", "확산", "모델", "--limit", "1")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(" 1. ")
