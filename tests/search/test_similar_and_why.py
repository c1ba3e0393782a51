"""Papers like one; and why a document answers a query or doesn't."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from searchkit import Document, SearchIndex
from searchkit.errors import OptionError

DOCUMENTS = (
    Document(id="a", title="Quantization of language models", bullets=("양자화로 언어 모델을 줄인다.",)),
    Document(id="b", title="Post-training quantization", bullets=("언어 모델의 양자화 방법.",)),
    Document(
        id="c", title="Video generation", bullets=("확산 모델로 비디오를 만든다.", "블록체이닝기법"), votes=3
    ),
    Document(id="d", title="Video diffusion", bullets=("비디오 생성과 확산.",), date="2024-05-01"),
    Document(id="e", title="Nothing alike", bullets=("전혀 다른 글.",)),
)


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SearchIndex]:
    with SearchIndex.build(DOCUMENTS, tmp_path_factory.mktemp("similar") / "index") as made:
        yield made


def test_like_finds_like_and_never_itself(index: SearchIndex) -> None:
    for one, other in ("ab", "ba", "cd", "dc"):
        results = index.similar(one)
        assert results[0].id == other
        assert one not in {hit.id for hit in results}
        assert {term.via for term in results[0].matched_terms} == {"similar"}
    assert not index.similar("e")
    assert [hit.id for hit in index.similar("a", limit=1)] == ["b"]


def test_another_day_of_the_same_paper_is_no_paper_like_it(seeds: SearchIndex) -> None:
    for hit in seeds.search("", limit=20):
        found = seeds.similar(hit.id, limit=5)
        assert found.total
        assert hit.document.arxiv_id not in {other.document.arxiv_id for other in found}
        assert [other.rank for other in found] == list(range(1, len(found) + 1))


def test_nothing_is_like_what_is_not_there(index: SearchIndex) -> None:
    results = index.similar("nobody")
    assert (len(results), results.total) == (0, 0)
    assert [note.code for note in results.notes] == ["no-document"]
    with pytest.raises(OptionError):
        index.similar("a", limit=-1)


def test_a_match_is_told_by_place_and_by_word(index: SearchIndex) -> None:
    found = index.why("양자화 비디오", "a")
    assert found is not None
    hit = next(hit for hit in index.search("양자화 비디오") if hit.id == "a")
    assert found.matched
    assert found.score == pytest.approx(hit.score, abs=1e-4)
    assert sum(score for _, score in found.layers) == pytest.approx(found.score)
    quantized, video = found.words
    assert ("in bullets", "양자화") in quantized.found
    assert not video.found
    assert "2 other documents" in video.reason
    assert "a matches with" in found.as_text()
    assert index.why("양자화", "nobody") is None


@pytest.mark.parametrize(
    ("query", "document_id", "says"),
    [
        ('"비디오 확산"', "c", "none of"),
        ("+양자화 비디오", "c", "양자화"),
        ("비디오 -확산", "c", "must not be there: "),
        ("비디오 author:kim", "c", "no author has"),
        ("비디오 date:[2024-01-01 TO 2024-12-31]", "c", "its date is not from 2024-01-01"),
        ("id:a", "c", "its id is not a"),
        ("title:양자화", "c", ""),
        ("없는낱말", "c", "none of"),
    ],
)
def test_what_fails_is_named(index: SearchIndex, query: str, document_id: str, says: str) -> None:
    found = index.why(query, document_id)
    assert found is not None
    if found.matched:
        assert query == '"비디오 확산"'
        return
    assert any(says in failed for failed in found.failed), found.failed
    assert "does not match" in found.as_text()


def test_the_line_that_would_help_helps(index: SearchIndex) -> None:
    found = index.why("블록체이닝을", "c")
    assert found is not None
    (word,) = found.words
    assert word.line == "블록체이닝"
    assert "by a guess only (syllables)" in word.reason
    assert "블록체이닝기법" in word.reason
    assert word.line in found.as_text()


def test_a_proposed_line_makes_the_words_meet(tmp_path_factory: pytest.TempPathFactory) -> None:
    with SearchIndex.build(DOCUMENTS, tmp_path_factory.mktemp("line") / "index") as index:
        assert index.search("블록체이닝을", expand=False).total == 0
        index.add_words(["블록체이닝"])
        assert [hit.id for hit in index.search("블록체이닝을", expand=False)] == ["c"]
