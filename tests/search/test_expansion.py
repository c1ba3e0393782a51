"""Other names of what a query names: found, scored, said, and left alone where they must be."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from searchkit import Document, SearchIndex
from searchkit.results.hit import Results

TEXTS = {
    "gloss": ("A paper", "사람을 위한 강화 학습(Reinforcement Learning, RL)을 쓴다"),
    "gloss-2": ("Another", "새로운 강화학습(reinforcement learning) 기법"),
    "english": ("Deep Reinforcement Learning at Scale", "빠르다"),
    "apart": ("Learning without reinforcement", "느리다"),
    "short": ("Offline RL", "데이터를 모은다"),
    "korean": ("Robots", "로봇이 강화 학습을 한다"),
    "video": ("Video", "비디오를 만든다"),
    **{f"filler-{number}": (f"Title {number}", f"문장 {number}이다") for number in range(8)},
}


def documents() -> list[Document]:
    return [Document(id=name, title=title, bullets=(text,)) for name, (title, text) in TEXTS.items()]


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SearchIndex]:
    with SearchIndex.build(documents(), tmp_path_factory.mktemp("glossary") / "index") as index:
        yield index


def ids(results: Results) -> list[str]:
    return [hit.document.id for hit in results]


@pytest.mark.parametrize("query", ["강화 학습", "강화학습", "강화 학습을"])
def test_a_korean_query_finds_english_titles_and_abbreviations(small: SearchIndex, query: str) -> None:
    found = small.search(query)
    assert {"english", "short", "gloss", "gloss-2", "korean"} <= set(ids(found))
    assert ids(found)[0] == "english"
    assert "apart" not in ids(found)
    hit = found.hits[0]
    assert {(term.term.lower(), term.field, term.via) for term in hit.matched_terms} == {
        ("reinforcement learning", "title", "glossary")
    }
    marked = [hit.document.title[mark.start : mark.end] for mark in hit.highlights]
    assert marked == ["Reinforcement Learning"]
    assert [note.code for note in found.notes] == ["glossary"]


def test_an_english_query_finds_korean(small: SearchIndex) -> None:
    assert "korean" in ids(small.search("reinforcement learning"))
    assert {"korean", "english"} <= set(ids(small.search("RL")))


def test_literal_matches_of_an_english_query_stay_first(small: SearchIndex) -> None:
    literal = ids(small.search("deep reinforcement learning", expand=False))
    assert ids(small.search("deep reinforcement learning"))[: len(literal)] == literal


def test_it_can_be_switched_off(small: SearchIndex) -> None:
    assert "english" not in ids(small.search("강화 학습", expand=False))


@pytest.mark.parametrize("query", ['"강화 학습"', "bullets:(강화 학습)"])
def test_quotes_and_fields_mean_what_they_say(small: SearchIndex, query: str) -> None:
    assert not {"english", "short"} & set(ids(small.search(query)))


def test_what_is_excluded_is_not_translated(small: SearchIndex) -> None:
    assert "english" in ids(small.search("scale -RL"))


def test_all_words_may_stand_under_another_name(small: SearchIndex) -> None:
    assert "english" in ids(small.search("강화 학습", sort="date"))


def test_total_counts_what_matches_by_another_name(small: SearchIndex) -> None:
    found = small.search("강화 학습", limit=2)
    assert found.total == len(small.search("강화 학습", limit=100).hits)


def test_the_parts_of_a_score_add_up(small: SearchIndex) -> None:
    for hit in small.search("강화 학습"):
        explained = small.explain("강화 학습", hit.document.id)
        assert explained is not None
        assert explained.score == pytest.approx(hit.score, abs=1e-4)


def test_the_glossary_is_that_of_one_build_after_any_commits(small: SearchIndex, tmp_path: Path) -> None:
    every = documents()
    with SearchIndex.build(every[:3], tmp_path / "index") as index:
        gone = Document(id="gone", title="Gone", bullets=("강화 학습(Robot Lawn)", "주의(attention)"))
        index.add([*every[3:9], gone])
        for document in every[9:]:
            index.add(document)
        index.delete("gone")
        index.add(every[0])
        for term in ("", "강화 학습", "RL"):
            assert [(e.name, e.other, e.documents) for e in index.glossary(term)] == [
                (e.name, e.other, e.documents) for e in small.glossary(term)
            ]
        assert not index.glossary("주의")
        for query in ("강화 학습", "RL", "reinforcement learning"):
            one, other = small.search(query, limit=50), index.search(query, limit=50)
            assert ids(one) == ids(other)
            assert [hit.score for hit in one] == pytest.approx([hit.score for hit in other], abs=1e-4)


def test_the_user_has_the_last_word(tmp_path: Path) -> None:
    with SearchIndex.build(documents(), tmp_path / "index") as index:
        assert "video" not in ids(index.search("쉬운 검색어"))
        (tmp_path / "terms").mkdir()
        (tmp_path / "terms" / "glossary.txt").write_text(
            "쉬운 검색어 = video  # mine\n-강화 학습 = reinforcement learning\n-강화 학습 = RL\nwrong\n",
            encoding="utf-8",
        )
        assert "terms-changed" in [note.code for note in index.search("video").notes]
        (tmp_path / "notes").mkdir()
        (tmp_path / "notes" / "a.md").write_text("# Note\n\nhello\n", encoding="utf-8")
        report = index.update([tmp_path / "notes"])
        assert [(problem.line, problem.file.rpartition("/")[2]) for problem in report.problems] == [
            (4, "glossary.txt")
        ]
        assert "video" in ids(index.search("쉬운 검색어"))
        assert "english" not in ids(index.search("강화 학습"))
        (entry,) = index.glossary("쉬운 검색어")
        assert (entry.other, entry.user, entry.documents) == ("video", True, 0)


def test_an_odd_gloss_does_not_lead(tmp_path: Path) -> None:
    texts = {
        "a": ("First", "추론(reasoning)을 한다"),
        "b": ("Second", "추론(reasoning)을 배운다"),
        "odd": ("Third", "빠른 추론(Meteor)을 쓴다"),
        "wanted": ("Reasoning with Language", "말한다"),
        "meteor": ("Meteor in the Sky", "별이 진다"),
        **{f"filler-{number}": (f"Title {number}", "문장이다") for number in range(9)},
    }
    made = [Document(id=name, title=title, bullets=(text,)) for name, (title, text) in texts.items()]
    with SearchIndex.build(made, tmp_path / "index") as index:
        found = ids(index.search("추론"))
        assert found[0] == "wanted"
        assert "meteor" not in found


def test_a_rare_name_does_not_stand_for_a_common_word(tmp_path: Path) -> None:
    made = [
        Document(id=str(number), title=f"Paper {number}", bullets=("이미지를 본다",)) for number in range(60)
    ]
    made += [
        Document(id="gloss", title="Long contexts", bullets=("이미지(needle)를 찾는다",)),
        Document(id="needle", title="Needles", bullets=("문장을 찾는다",)),
    ]
    with SearchIndex.build(made, tmp_path / "index") as index:
        assert "needle" not in ids(index.search("이미지", limit=100))
        assert "gloss" in ids(index.search("needle"))


def test_what_a_name_says_beyond_the_query_is_left_out(tmp_path: Path) -> None:
    texts = [
        *["확산(diffusion) 기법"] * 3,
        *["확산(Stable Diffusion, SD) 기법"] * 2,
        *["안정적 확산"] * 4,
    ]
    made = [Document(id=str(number), title="Title", bullets=(text,)) for number, text in enumerate(texts)]
    made += [
        Document(id="stable", title="Stable Diffusion", bullets=("그림을 그린다",)),
        Document(id="general", title="Diffusion", bullets=("그림을 그린다",)),
    ]
    with SearchIndex.build(made, tmp_path / "index") as index:
        (note,) = (note for note in index.search("확산").notes if note.code == "glossary")
        assert note.message == "확산 is also diffusion"
        assert {"stable", "general"} <= set(ids(index.search("확산", limit=50)))


def test_a_common_word_is_no_other_name_of_a_rare_one(tmp_path: Path) -> None:
    made = [
        Document(id=str(number), title=f"Paper {number}", bullets=("모델을 쓴다",)) for number in range(30)
    ]
    made.append(Document(id="gloss", title="State spaces", bullets=("모델(Zamba)을 쓴다",)))
    with SearchIndex.build(made, tmp_path / "index") as index:
        assert ids(index.search("Zamba", limit=50)) == ["gloss"]


def test_what_a_numbered_name_is_an_example_of_is_not_meant(tmp_path: Path) -> None:
    said = [
        ("언어 모델(GPT-4)을 쓴다",),
        ("대형 모델(LLaMA3)을 쓴다",),
        ("언어 모델(language model)을 쓴다",),
    ]
    named = [("GPT-4와 LLaMA3를 겨룬다",)] * 3
    documents = [Document(id=f"d{n}", bullets=text) for n, text in enumerate((*said, *said, *named))]
    with SearchIndex.build(documents, tmp_path / "index") as index:
        for query in ("GPT-4", "llama3"):
            assert "glossary" not in {note.code for note in index.search(query).notes}
        assert "glossary" in {note.code for note in index.search("language model").notes}


def test_what_one_document_shortens_so_is_not_meant(tmp_path: Path) -> None:
    texts = [
        *["미세 조정(SFT)을 한다"] * 3,
        *["모델을 SFT(Supervised Fine-Tuning)로 배운다"] * 2,
        "무늬를 SFT(Structured Feature Transform)로 만든다",
    ]
    made = [Document(id=str(number), title="Title", bullets=(text,)) for number, text in enumerate(texts)]
    with SearchIndex.build(made, tmp_path / "index") as index:
        (note,) = (note for note in index.search("미세 조정").notes if note.code == "glossary")
        assert "Supervised Fine-Tuning" in note.message
        assert "Structured" not in note.message
