"""Synonyms: what a line may be, and where in a query it counts."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from searchkit import Document, SearchIndex
from searchkit.query.synonyms import Synonyms

DOCUMENTS = (
    Document(id="ko", title="One", bullets=("강화 학습을 다룬다.",), date="2024-01-01"),
    Document(id="joined", title="Two", bullets=("강화학습으로 배운다.",), date="2024-01-02"),
    Document(id="en", title="Deep Reinforcement Learning", date="2024-01-03"),
    Document(id="short", title="RL for robots", bullets=("로봇 팔",), date="2024-01-04"),
    Document(id="apart", title="Four", bullets=("학습을 강화한다. 로봇",), date="2024-01-05"),
    Document(id="other", title="Five", bullets=("그림을 그린다.",), date="2024-01-06"),
)


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SearchIndex]:
    folder = tmp_path_factory.mktemp("synonyms")
    (folder / "terms").mkdir()
    (folder / "terms" / "synonyms.txt").write_text(
        "# all meet\n강화 학습, reinforcement learning, RL  # and this is a comment\n삽화 => 그림\nC# => 닷넷\n",
        encoding="utf-8",
    )
    with SearchIndex.build(DOCUMENTS, folder / "index") as made:
        yield made


def ids(index: SearchIndex, query: str, **options: object) -> set[str]:
    return {hit.id for hit in index.search(query, **options)}  # type: ignore[arg-type]


def test_all_names_of_a_line_meet(index: SearchIndex) -> None:
    for query in ("RL", "reinforcement learning"):
        assert {"ko", "joined", "en", "short"} <= ids(index, query)
        assert "apart" not in ids(index, query)
    assert {"ko", "joined", "en", "short"} <= ids(index, "강화 학습을")


def test_an_arrow_goes_one_way(index: SearchIndex) -> None:
    assert ids(index, "삽화") == {"other"}
    assert ids(index, "그림") == {"other"}


def test_nothing_is_added_where_words_are_literal(index: SearchIndex) -> None:
    assert ids(index, '"RL"') == {"short"}
    assert ids(index, "title:RL") == {"short"}
    assert "en" in ids(index, "learning -RL")
    assert ids(index, "RL", expand=False) == {"short"}


def test_every_word_may_be_there_by_another_name(index: SearchIndex) -> None:
    assert [hit.id for hit in index.search("RL 로봇", sort="date")] == ["short"]
    assert ids(index, "reinforcement learning robots", sort="date") == {"short"}
    assert ids(index, "+RL") == {"ko", "joined", "en", "short"}
    assert ids(index, "RL AND 다룬다") == {"ko"}


def test_a_hit_says_what_matched_by_a_synonym(index: SearchIndex) -> None:
    hit = next(hit for hit in index.search("RL") if hit.id == "en")
    assert {(term.term, term.via) for term in hit.matched_terms} == {
        ("reinforcement", "synonym"),
        ("learning", "synonym"),
    }
    explained = index.explain("RL", "en")
    assert explained is not None
    assert explained.score == pytest.approx(hit.score, abs=1e-4)


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("alone", "one name only"),
        ("a, , b", "is empty"),
        ("a => b => c", "more than one"),
        ("=> b", "is empty"),
        ("a =>", "is empty"),
        ("a, !!!", "holds no word"),
        ("a, " + "w " * 9, "has 9 words"),
        (", ".join(f"n{number}" for number in range(70)), "more than 64"),
    ],
)
def test_bad_lines(line: str, says: str) -> None:
    synonyms, bad = Synonyms.parse(["x, y", line])
    assert len(synonyms.rules) == 1
    assert [(each.line, says in each.message) for each in bad] == [(2, True)], bad


@given(st.lists(st.text(alphabet="ab가나 ,=>#\t!\ufeff", max_size=20), max_size=6))
@settings(max_examples=100)
def test_whatever_is_in_the_file_every_line_is_read_or_reported(lines: list[str]) -> None:
    synonyms, bad = Synonyms.parse(lines)
    assert len(synonyms.rules) + len(bad) <= len(lines)
    assert all(len(split_names) > 0 for rule in synonyms.rules for split_names in rule)
