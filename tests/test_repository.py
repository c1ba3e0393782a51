"""What lies in the repository, and what must not."""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SEEDS = {
    "2023-12-04.md": "294ca12fd92b6640c59c570b3f036ef97e6c06048c53bef426ecad816d1ab96d",
    "2023-12-08.md": "834b032f52859731a07bd3e027773f9ef0e6b099363ed64787dca3a269b8e8d4",
    "2023-12-12.md": "0d94e0f0e911c2e6ef6688d8ffdb08797de84cdca040f0e76c6643556e2a3368",
    "2023-12-20.md": "941bcc3d1fc3fcc02dea36df270aa53258091ba23dc00b9370d90caa8103e40a",
    "2024-04-02.md": "dc84dafe6b5bf6c898e2d7cc61b9088a6516429ead75267ea4b8107025e7345e",
}
# Put together from pieces, so that this file doesn't hold what it looks for.
_MACHINE = "|".join(("work", "farm", "root", "home", "Users"))
FORBIDDEN = {
    "a path of somebody's machine": re.compile(rf"(?:^|[^\w.~*-])/(?:{_MACHINE})/", re.MULTILINE),
    "the address of a registry": re.compile(
        "--(?:extra-)?index-" + "url|registry=" + "http|<reposi" + "tory>"
    ),
    "something left open": re.compile(r"\b(?:TO" + "DO|FIX" + "ME|XX" + r"X)\b"),
}


def git(*arguments: str) -> list[str]:
    if not (ROOT / ".git").exists():
        pytest.skip("this is no git checkout")
    done = subprocess.run(["git", *arguments], capture_output=True, encoding="utf-8", cwd=ROOT)
    return [name for name in done.stdout.split("\0") if name]


def texts() -> dict[str, str]:
    found = {}
    for name in git("ls-files", "-z"):
        path = ROOT / name
        if path.is_file() and not name.startswith("seeds/"):
            found[name] = path.read_text(encoding="utf-8", errors="replace")
    return found


@pytest.mark.parametrize("what", FORBIDDEN)
def test_no_file_holds(what: str) -> None:
    held = {
        f"{name}:{text.count(chr(10), 0, match.start()) + 1}"
        for name, text in texts().items()
        for match in FORBIDDEN[what].finditer(text)
    }
    assert held == set()


def test_seeds_are_unchanged() -> None:
    found = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in (ROOT / "seeds").iterdir()}
    assert found == SEEDS


def test_the_index_folder_is_a_placeholder() -> None:
    assert git("ls-files", "-z", "index") == ["index/.gitkeep"]
    assert git("check-ignore", "index/CURRENT") == ["index/CURRENT\n"]


def test_continuous_integration_calls_the_commands_of_the_readme() -> None:
    path = ROOT / ".ci" / "run"
    assert os.access(path, os.X_OK)
    lines = [line for line in path.read_text(encoding="utf-8").splitlines() if line.startswith("make ")]
    assert lines == ["make test", "make faults"]
