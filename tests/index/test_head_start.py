"""Kiwi's process is started ahead where an index is made of much Korean, and nowhere else."""

import sys

import pytest

from searchkit import Document, SearchIndex, search_index
from searchkit.analysis.analyzer import WordAnalyzer
from searchkit.index.head_start import head_start, waiting_process

KOREAN = "확산 모델로 이미지를 생성하고 언어 모델을 학습했다.\n\n" * 1000


@pytest.fixture
def without_kiwi(monkeypatch):
    """Have a process in which Kiwi was never loaded."""
    monkeypatch.delitem(sys.modules, "kiwipiepy", raising=False)
    monkeypatch.setattr(search_index, "_analyzer", WordAnalyzer())
    return lambda: search_index._analyzer.loaded


@pytest.fixture
def notes(tmp_path):
    """Make a folder of Korean notes."""
    folder = tmp_path / "notes"
    folder.mkdir()
    (folder / "a.md").write_text("# 확산 모델\n\n" + KOREAN, encoding="utf-8")
    return folder


def test_a_new_index_is_analysed_by_the_process_that_was_started_ahead(without_kiwi, notes, tmp_path):
    with head_start(tmp_path / "index", [notes]):
        index = SearchIndex(tmp_path / "index")
        index.update([notes])
        assert waiting_process() is None
    assert not without_kiwi()
    assert index.search("학습하다").total == 1


def test_a_process_that_nobody_takes_ends(without_kiwi, notes, tmp_path):
    with head_start(tmp_path / "index", [notes]):
        process = waiting_process()
        assert process is not None
        process.close()
    with head_start(tmp_path / "index", [notes]):
        pass
    assert waiting_process() is None


@pytest.mark.parametrize(
    "text", ["diffusion models of images\n\n" * 5000, "확산 모델\n" * 20, KOREAN.encode("cp949")]
)
def test_there_is_none_for_other_texts_or_few(without_kiwi, tmp_path, text):
    (tmp_path / "a.txt").write_bytes(text if isinstance(text, bytes) else text.encode())
    with head_start(tmp_path / "index", [tmp_path / "a.txt", tmp_path / "nothing"]):
        assert waiting_process() is None


def test_there_is_none_where_an_index_is_or_kiwi(without_kiwi, notes, tmp_path, monkeypatch):
    SearchIndex.build(Document(id="d", title="A paper"), tmp_path / "index")
    for index in (tmp_path / "index", "opensearch://localhost:9200/papers"):
        with head_start(index, [notes]):
            assert waiting_process() is None
    monkeypatch.setitem(sys.modules, "kiwipiepy", sys)
    with head_start(tmp_path / "other", [notes]):
        assert waiting_process() is None
