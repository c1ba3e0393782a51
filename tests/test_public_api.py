"""What other programs rely on: names, signatures, types, and that nothing heavy loads before it is needed."""

from __future__ import annotations

import inspect
import subprocess
import sys
from pathlib import Path

import pytest

import searchkit
from searchkit import SearchIndex

ROOT = Path(__file__).parents[1]
HEAVY = ("numpy", "whoosh", "kiwipiepy", "click", "tqdm", "opensearchpy", "urllib3")

NAMES = {
    "Document",
    "DocumentError",
    "EngineUnavailable",
    "Hit",
    "IndexCorrupt",
    "IndexIncompatible",
    "IndexLocked",
    "IndexMissing",
    "QuerySyntaxError",
    "Results",
    "SearchIndex",
    "SearchkitError",
    "SourceError",
    "__version__",
    "analyze",
}

# Parameters may be added at the end of a list, with a default; none goes away or changes its default.
SIGNATURES = {
    "open": "path, *, terms=None",
    "build": "sources, path, *, timeout=10.0, progress=None, terms=None",
    "update": "sources=(), *, forget=(), rebuild=False, dry_run=False, timeout=10.0, progress=None",
    "add": "what, *, timeout=10.0",
    "delete": "ids, *, timeout=10.0",
    "search": (
        "query, *, limit=10, offset=0, since=None, until=None, min_votes=None, author=None, sort='relevance', "
        "facets=False, expand=True, strict=False, match_any=False"
    ),
    "get": "document_id",
    "explain": "query, document_id",
    "analyze": "text",
    "stats": "",
    "copy": "target, *, timeout=10.0",
    "close": "",
}


def modules_after(program: str, *arguments: str) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-c", f"{program}\nimport sys\nprint(*sys.modules)", *arguments],
        capture_output=True,
        encoding="utf-8",
        cwd=ROOT,
        check=True,
    )
    return {name.partition(".")[0] for name in done.stdout.splitlines()[-1].split()}


def test_public_names() -> None:
    assert set(searchkit.__all__) == NAMES
    assert set(dir(searchkit)) == NAMES
    for name in NAMES:
        assert getattr(searchkit, name) is not None


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = searchkit.nothing


@pytest.mark.parametrize("name", SIGNATURES)
def test_signatures(name: str) -> None:
    signature = inspect.signature(getattr(SearchIndex, name))
    parameters = [
        parameter.replace(annotation=inspect.Parameter.empty)
        for parameter in signature.parameters.values()
        if parameter.name not in ("self", "cls")
    ]
    assert str(inspect.Signature(parameters)).strip("()") == SIGNATURES[name].strip("()")


def test_importing_loads_nothing_heavy() -> None:
    loaded = modules_after("import searchkit; searchkit.Document(id='a'); searchkit.SearchkitError")
    assert not loaded & set(HEAVY)


def test_a_search_needs_neither_whoosh_nor_the_korean_model(tmp_path: Path) -> None:
    SearchIndex.build(ROOT / "seeds", tmp_path / "index").close()
    program = """
import sys
from searchkit import SearchIndex
with SearchIndex.open(sys.argv[1]) as index:
    results = index.search('"확산 모델" 이미지 -비디오 title:diffusion*', facets=True)
    assert results.hits and index.explain("확산 모델", results[0].id) and index.get(results[0].id)
"""
    loaded = modules_after(program, str(tmp_path / "index"))
    assert "numpy" in loaded
    assert not loaded & (set(HEAVY) - {"numpy"})


def test_the_command_search_loads_no_more(tmp_path: Path) -> None:
    SearchIndex.build(ROOT / "seeds", tmp_path / "index").close()
    program = """
import sys
from searchkit.cli import main
assert main(["search", "확산 모델", "--index", sys.argv[1]]) == 0
"""
    assert not modules_after(program, str(tmp_path / "index")) & (set(HEAVY) - {"numpy", "click"})


def test_types_of_a_users_program() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--follow-imports=silent", "tests/public_api_sample.py"],
        capture_output=True,
        encoding="utf-8",
        cwd=ROOT,
    )
    assert done.returncode == 0, f"help: the types of searchkit's public names changed\n{done.stdout}"
