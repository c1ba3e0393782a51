"""The map fits the land: headings are questions, every package is on it, imports keep their direction."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "searchkit"
PAGE = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
# The search path imports no Whoosh: its modules are named here, and all but these are clean.
OF_WHOOSH = {"stock.py"}


def modules() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def imported(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module is not None:
            names.add(node.module)
    return names


def test_headings_are_questions() -> None:
    headings = re.findall(r"^##+ (.+)$", PAGE, re.MULTILINE)
    assert len(headings) > 5
    for heading in headings:
        assert heading.endswith("?"), heading


def test_every_package_is_on_the_map() -> None:
    for path in PACKAGE.iterdir():
        if path.is_dir() and path.name != "__pycache__":
            assert f"(searchkit/{path.name})" in PAGE, f"ARCHITECTURE.md doesn't name {path.name}"


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(ROOT)))
def test_modules_are_small_and_introduced(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 400, "time to split it"
    assert ast.get_docstring(ast.parse(text)), "its first line says what it is for"


def test_only_one_module_touches_whoosh() -> None:
    touching = {
        path.name for path in modules() if any(name.partition(".")[0] == "whoosh" for name in imported(path))
    }
    assert touching == OF_WHOOSH


def test_nothing_is_unpickled() -> None:
    for path in modules():
        assert not imported(path) & {"pickle", "marshal", "shelve", "dill"}, path
