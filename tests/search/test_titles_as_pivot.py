"""What titles say of a Korean query that nobody glosses: scored, said, and left alone where it must be."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from searchkit import Document, SearchIndex
from searchkit.results.hit import Results

QUERY = "보상 모델"
PAPERS = {
    "one": ("Training Reward Models", "보상 모델을 배운다"),
    "two": ("Reward Models for Text", "새로운 보상 모델의 평가"),
    "three": ("A Reward Model", "보상 모델로 정렬한다"),
    "plain": ("Alignment of Agents", "보상 모델로 정렬한다"),
    "titled": ("Better Reward Models", "모델을 자세히 살펴본다"),
    "only-title": ("Reward Models Again", "다른 이야기"),
    "rare": ("Rare", "드문 낱말"),
    **{f"filler-{number}": (f"Language Models {number}", f"문장 {number}이다") for number in range(120)},
}


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SearchIndex]:
    documents = [Document(id=name, title=title, bullets=(text,)) for name, (title, text) in PAPERS.items()]
    with SearchIndex.build(documents, tmp_path_factory.mktemp("titles") / "index") as built:
        yield built


def ids(results: Results) -> list[str]:
    return [hit.document.id for hit in results]


@pytest.mark.parametrize("query", [QUERY, "보상모델", "보상 모델의"])
def test_titles_lift_what_they_name(index: SearchIndex, query: str) -> None:
    found = index.search(query)
    assert ids(found).index("titled") < ids(found).index("plain")
    assert [note.message for note in found.notes if note.code == "titles"] == [
        f"papers about {'보상모델' if query == '보상모델' else QUERY} are often titled reward model"
    ]
    marked = {(term.term, term.field, term.via) for hit in found for term in hit.matched_terms}
    assert ("reward model", "title", "glossary") in marked


def test_titles_decide_the_order_and_not_what_matches(index: SearchIndex) -> None:
    plain = index.search(QUERY, expand=False)
    found = index.search(QUERY)
    assert set(ids(found)) == set(ids(plain))
    assert found.total == plain.total
    assert "titles" not in [note.code for note in plain.notes]
    assert ids(plain).index("plain") < ids(plain).index("titled")


def test_a_query_that_stands_in_fewer_documents_is_left_alone(index: SearchIndex) -> None:
    for query in (
        "드문 낱말",
        "보상 모델의 평가",
        '"보상 모델"',
        "reward models",
        "보상 모델 -정렬",
        "bullets:보상",
    ):
        assert "titles" not in [note.code for note in index.search(query).notes], query


def test_a_few_papers_say_nothing_of_what_titles_call_a_thing(tmp_path: Path) -> None:
    few = [name for name in PAPERS if not name.startswith("filler")] + [f"filler-{n}" for n in range(40)]
    documents = [Document(id=name, title=PAPERS[name][0], bullets=(PAPERS[name][1],)) for name in few]
    with SearchIndex.build(documents, tmp_path / "index") as small:
        assert "titles" not in [note.code for note in small.search(QUERY).notes]


def test_sorted_hits_need_no_titles(index: SearchIndex) -> None:
    assert "titles" not in [note.code for note in index.search(QUERY, sort="date").notes]


def test_filters_change_nothing(index: SearchIndex) -> None:
    assert not index.search(QUERY, since="2030").hits
    assert "titles" in [note.code for note in index.search(QUERY).notes]


def test_the_parts_of_a_score_add_up(index: SearchIndex) -> None:
    for hit in index.search(QUERY):
        explained = index.explain(QUERY, hit.document.id)
        assert explained is not None
        assert explained.score == pytest.approx(hit.score, abs=1e-4)


def test_scores_are_those_of_one_build_after_any_commits(index: SearchIndex, tmp_path: Path) -> None:
    documents = [Document(id=name, title=title, bullets=(text,)) for name, (title, text) in PAPERS.items()]
    with SearchIndex.build(documents[10:], tmp_path / "index") as other:
        for document in documents[:10]:
            other.add(document)
        one, two = index.search(QUERY), other.search(QUERY)
        assert ids(one) == ids(two)
        assert [hit.score for hit in one] == pytest.approx([hit.score for hit in two], abs=1e-4)
