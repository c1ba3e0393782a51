"""A location says which engine holds an index; what a cluster needs is loaded for clusters only."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from searchkit import SearchIndex
from searchkit.engines.locate import engine_at, folder_of, in_cluster
from searchkit.engines.whoosh.engine import WhooshEngine
from searchkit.errors import OptionError

ROOT = Path(__file__).parents[2]
ADDRESS = "opensearch://localhost:9200/papers"


@pytest.mark.parametrize(
    "folder", ["index", "./index/", "/a b/c", "한글", "opensearch", "a:b", "c:\\index", ""]
)
def test_a_folder_is_a_folder(folder):
    assert not in_cluster(folder)
    assert folder_of(folder) == Path(folder)
    engine = engine_at(folder)
    assert isinstance(engine, WhooshEngine)
    assert (engine.location, engine.folder) == (folder, Path(folder))
    assert engine_at(Path("index")).folder == Path("index")


@pytest.mark.parametrize("address", [ADDRESS, "opensearch+https://a.b/papers", "https://a.b/papers", "x://"])
def test_an_address_is_one_right_or_wrong(address):
    assert in_cluster(address)
    assert folder_of(address) is None


@pytest.mark.parametrize("address", ["https://a.b/papers", "opensearch://", "opensearch://a.b/Papers"])
def test_a_wrong_address_is_said_to_be_wrong(address):
    with pytest.raises(OptionError):
        engine_at(address)


def test_terms_lie_beside_a_folder_and_here_for_a_cluster(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with SearchIndex(tmp_path / "deep" / "index") as index:
        assert index.terms == tmp_path / "deep" / "terms"
    with SearchIndex(ADDRESS) as index:
        assert index.terms == tmp_path / "terms"
        assert index.location == ADDRESS


PROGRAM = """
import sys
sys.modules["opensearchpy"] = None
from searchkit.cli import main
sys.exit(main(["search", "x", "--index", sys.argv[1]]))
"""


def test_a_missing_client_is_named(tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, ADDRESS], capture_output=True, encoding="utf-8", cwd=tmp_path
    )
    assert done.returncode == 2
    assert "pip install 'searchkit[opensearch]'" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_a_folder_needs_no_client(tmp_path):
    SearchIndex.build(ROOT / "seeds" / "2024-04-02.md", tmp_path / "index").close()
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(tmp_path / "index")], capture_output=True, encoding="utf-8"
    )
    assert done.returncode in (0, 1), done.stderr
