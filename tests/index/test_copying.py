"""An index copied to another place is the same index there."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from searchkit import Document, SearchIndex
from searchkit.engines.whoosh.engine import WhooshEngine
from searchkit.errors import IndexMissing, SearchkitError

SEEDS = Path(__file__).parents[2] / "seeds"
QUERIES = ["확산 모델", "대규모 언어 모델", '"강화 학습"', "GPT-4", "transformer*", "확산 -비디오", "환산 모댈"]


def answers(index: SearchIndex) -> list[object]:
    found = [index.search(query, facets=True) for query in QUERIES]
    return [(each.total, each.facets, [(hit.id, hit.score, hit.snippet) for hit in each]) for each in found]


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("original")
    (folder / "terms").mkdir()
    (folder / "terms" / "dictionary.txt").write_text("확산모델\n", encoding="utf-8")
    (folder / "terms" / "synonyms.txt").write_text("확산 모델 = 디퓨전 모델\n", encoding="utf-8")
    with SearchIndex(folder / "index", terms=folder / "terms") as index:
        index.update([SEEDS])
        index.add(Document(id="mine", title="내 문서", extra={"a": [1, None]}))
        index.delete(next(iter(index.search("확산"))).id)
    return folder / "index"


def test_it_answers_the_same(original: Path, tmp_path: Path) -> None:
    with SearchIndex.open(original) as index:
        assert index.copy(tmp_path / "copy") == len(index)
        with SearchIndex.open(tmp_path / "copy") as copied:
            assert len(copied) == len(index)
            assert answers(copied) == answers(index)
            assert copied.get("mine") == index.get("mine")
    with WhooshEngine(original).open() as one, WhooshEngine(tmp_path / "copy").open() as other:
        assert list(one.all_documents()) == list(other.all_documents())
        assert one.user_files == other.user_files
        assert one.sources == other.sources
        assert one.versions == other.versions


def test_a_later_run_goes_on_from_there(original: Path, tmp_path: Path) -> None:
    with SearchIndex.open(original) as index:
        index.copy(tmp_path / "copy")
    with SearchIndex.open(tmp_path / "copy") as copied:
        report = copied.update()
        assert (report.added, report.updated, report.removed) == (0, 0, 0)
        assert report.unchanged > 0


def test_nothing_is_analysed(original: Path, tmp_path: Path) -> None:
    program = """
import sys
from searchkit.cli import main
assert main(["copy", sys.argv[1], sys.argv[2], "-q"]) == 0
print("kiwipiepy" in sys.modules)
"""
    done = subprocess.run(
        [sys.executable, "-c", program, str(original), str(tmp_path / "copy")],
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    assert done.stdout == "False\n"


def test_no_index_is_overwritten(original: Path, tmp_path: Path) -> None:
    with SearchIndex.open(original) as index:
        with pytest.raises(SearchkitError, match="there is an index already"):
            index.copy(original)
        (tmp_path / "notes.txt").write_text("mine")
        with pytest.raises(SearchkitError, match="no searchkit index"):
            index.copy(tmp_path)
    with SearchIndex(tmp_path / "nothing") as index, pytest.raises(IndexMissing):
        index.copy(tmp_path / "copy")
    assert not (tmp_path / "copy").exists()
