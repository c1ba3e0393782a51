"""Words analysed in a process of its own have the terms they have here."""

import pytest

from searchkit import Document, SearchIndex
from searchkit.analysis.analyzer import WordAnalyzer
from searchkit.analysis.dictionary import UserDictionary
from searchkit.analysis.piped_process import ProcessFailed
from searchkit.analysis.second_process import AnalysisProcess
from searchkit.analysis.token import Context, WordKey
from searchkit.index import analysis_feed

KEYS = [
    *(WordKey(Context.FREE, form) for form in ("생물학자들이", "디퓨전을", "확산", "가", "비급여")),
    WordKey(Context.GLUED, "이"),
    WordKey(Context.DIGIT, "개의"),
]


@pytest.fixture
def without_kiwi(monkeypatch):
    """Have indexes made with an analyzer that has not loaded Kiwi yet."""
    from searchkit import search_index

    monkeypatch.setattr(search_index, "_analyzer", WordAnalyzer())
    monkeypatch.setattr(analysis_feed, "MANY_WORDS", 20)
    return lambda: search_index._analyzer.loaded


def papers(count):
    words = ["모델을", "학습했다", "데이터로", "확산하는", "언어모델의", "연구자들은", "GPT-4의", "답"]
    return [
        Document(id=f"d{n}", title=f"Paper {n}", bullets=[f"{words[n % 8]} {chr(0xAC00 + n)}나다 제{n}의"])
        for n in range(count)
    ]


@pytest.mark.parametrize("dictionary", [UserDictionary(), UserDictionary.parse(["디퓨전을쓴"])[0]])
def test_the_terms_are_those_found_here(dictionary):
    with AnalysisProcess(dictionary) as process:
        answers = [process.analyze(KEYS), process.analyze(KEYS[:1])]
        found = [list(answer.result()) for answer in answers]
        assert found == [WordAnalyzer(dictionary).analyze(KEYS), found[0][:1]]


def test_words_are_the_same_with_large_pages_and_when_asked_for_again():
    keys = [*KEYS, *(WordKey(Context.GLUED, key.form) for key in KEYS)]
    with AnalysisProcess(UserDictionary(), large_pages=True) as process:
        answers = [process.analyze(some).result() for some in (KEYS, keys, keys[::-1])]
    expected = WordAnalyzer().analyze(keys)
    assert [list(answer) for answer in answers] == [expected[: len(KEYS)], expected, expected[::-1]]


def test_a_process_that_dies_is_told():
    with AnalysisProcess(UserDictionary()) as process:
        process.analyze(KEYS).result()
        process._process.kill()
        with pytest.raises(ProcessFailed):
            process.analyze(KEYS).result()


def test_it_ends_whatever_it_is_doing():
    process = AnalysisProcess(UserDictionary())
    child = process._process
    process.analyze(KEYS)
    process.close()
    assert process._process is None
    assert child.returncode is not None


def test_an_index_of_many_words_is_the_same(without_kiwi, tmp_path):
    index = SearchIndex.build(papers(200), tmp_path / "index")
    assert not without_kiwi()
    assert {hit.id for hit in index.search("학습하다", limit=50)} == {f"d{n}" for n in range(1, 200, 8)}
    assert index.search("제150").total


def test_words_are_analysed_here_where_there_is_no_other_process(without_kiwi, tmp_path, monkeypatch):
    monkeypatch.setattr("sys.executable", str(tmp_path / "nothing"))
    index = SearchIndex.build(papers(200), tmp_path / "index")
    assert without_kiwi()
    assert index.search("학습하다").total == 25
