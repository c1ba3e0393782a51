"""Where nothing, or little, is found: what may have been meant, below what was typed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from searchkit import Document, SearchIndex
from searchkit.results.hit import Results

BULLETS = {
    "diffusion": "확산 모델을 이미지 생성에 쓴다",
    "diffusion-2": "확산 모델은 느리다",
    "diffusion-3": "확산 모델의 학습을 개선한다",
    "student": "학생 모델을 만든다",
    "llm": "LLM이 대규모 언어 모델이다",
    "llm-2": "LLM의 추론",
    "llm-3": "새 LLM",
    "conversion": "단위를 환산 한다",
    "attention": "트랜스포머의 어텐션을 바꾼다",
    "attention-2": "트랜스포머를 줄인다",
    "attention-3": "트랜스포머는 크다",
    "encoding": "위치 인코딩을 더한다",
    "encoding-2": "위치 인코딩은 없다",
    "encoding-3": "위치 인코딩",
    "english": "Diffusion transformer for images",
    "english-2": "A diffusion prior",
    "english-3": "Latent diffusion",
}


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SearchIndex]:
    documents = [
        Document(id=name, bullets=(text,), date=f"2024-01-{number:02}", authors=("Kim",))
        for number, (name, text) in enumerate(BULLETS.items(), 1)
    ]
    with SearchIndex.build(documents, tmp_path_factory.mktemp("ladder") / "index") as index:
        yield index


def ids(results: Results) -> list[str]:
    return [hit.id for hit in results]


def codes(results: Results) -> list[str]:
    return [note.code for note in results.notes if note.code != "analyzed"]


def vias(results: Results) -> set[str]:
    return {term.via for hit in results for term in hit.matched_terms}


@pytest.mark.parametrize(
    ("query", "code", "meant"),
    [
        ("ghkrtks ahepf", "keyboard", "확산 모델"),
        ("ㅣㅣㅡ", "keyboard", "llm"),
        ("ㅎㅅ ㅁㄷ", "choseong", '"확산 모델" OR "학생 모델"'),
        ("ㅎㅅㅁㄷ", "choseong", '"확산 모델" OR "학생 모델"'),
        ("ㅌㄹㅅㅍㅁ", "choseong", "트랜스포머"),
        ("트렌스포머를", "spelling", "트랜스포머"),
        ("확샨", "spelling", "확산"),
        ("difusion", "spelling", "diffusion"),
        ("diffuison", "spelling", "diffusion"),
        ("트랜스퐄레이션", "syllables", "트랜스포머"),
    ],
)
def test_each_step_is_named_and_finds_what_was_meant(
    small: SearchIndex, query: str, code: str, meant: str
) -> None:
    found = small.search(query)
    assert codes(found) == [code]
    assert vias(found) == {code}
    assert set(ids(found)) == set(ids(small.search(meant)))
    assert found.total == len(found)


def test_similar_spelling_of_two_words(small: SearchIndex) -> None:
    found = small.search("확샨 모댈")
    assert codes(found) == ["spelling"]
    assert set(ids(found)[:3]) == {"diffusion", "diffusion-2", "diffusion-3"}


def test_exact_matches_stand_above_guesses(small: SearchIndex) -> None:
    found = small.search("환산")
    assert ids(found)[0] == "conversion"
    assert set(ids(found)) == {"conversion", "diffusion", "diffusion-2", "diffusion-3"}
    assert codes(found) == ["spelling"]
    assert found.total == 4
    scores = [hit.score for hit in found]
    assert scores == sorted(scores, reverse=True)
    assert scores[0] > scores[1]


def test_pages_facets_and_counts_agree(small: SearchIndex) -> None:
    whole = small.search("환산", facets=True)
    pages = [small.search("환산", limit=1, offset=at) for at in range(4)]
    assert [page[0].id for page in pages] == ids(whole)
    assert {page.total for page in pages} == {small.search("환산", limit=0).total} == {4}
    assert whole.facets is not None
    assert whole.facets["author"] == [("Kim", 4)]


def test_the_explanation_is_of_the_same_score(small: SearchIndex) -> None:
    for query in ("환산", "ghkrtks ahepf", "difusion transformer"):
        for hit in small.search(query):
            explained = small.explain(query, hit.id)
            assert explained is not None
            total = sum(part.score for part in explained.contributions)
            assert total == pytest.approx(hit.score, abs=1e-4)


def test_a_wrong_word_beside_good_ones_only_changes_the_order(small: SearchIndex) -> None:
    plain, found = small.search("latent 모델 추론"), small.search("latnet 모델 추론")
    assert codes(plain) == []
    exact = small.search("모델 추론")
    assert found.total == exact.total
    typo = small.search("difusion 학습 모델")
    assert set(ids(typo)) == set(ids(small.search("학습 모델")))


def test_good_words_are_left_alone(small: SearchIndex) -> None:
    for query in ("확산 모델", "트랜스포머", "diffusion", "LLM"):
        found = small.search(query)
        assert codes(found) == []
        assert vias(found) <= {"word", "surface", "identifier"}


@pytest.mark.parametrize("query", ['"확샨 모델"', "title:difusion", "-difusion", "확산*"])
def test_quotes_fields_exclusions_and_prefixes_stay_as_typed(small: SearchIndex, query: str) -> None:
    assert not {"keyboard", "choseong", "spelling", "syllables", "spacing"} & set(codes(small.search(query)))


@pytest.mark.parametrize("query", ["difusion", "ghkrtks", "ㅎㅅㅁㄷ", "트랜스 포머"])
def test_without_expansion_nothing_is_guessed(small: SearchIndex, query: str) -> None:
    found = small.search(query, expand=False)
    assert found.total == 0
    assert codes(found) == []


def test_required_words_are_guessed_as_required(small: SearchIndex) -> None:
    assert ids(small.search("difusion AND transformer")) == ["english"]
    assert ids(small.search("difusion transfomer", sort="date")) == ["english"]


def test_filters_hold_for_guesses(small: SearchIndex) -> None:
    assert ids(small.search("확샨", until="2024-01-02", since="2024-01-02")) == ["diffusion-2"]
    assert small.search("확샨", since="2025").total == 0
    assert "diffusion-2" not in ids(small.search("확샨 -느리다"))


@pytest.mark.parametrize(
    ("one", "other"),
    [("위치인코딩", "위치 인코딩"), ("대규모언어모델", "대규모 언어 모델"), ("트랜스 포머", "트랜스포머")],
)
def test_spacing_does_not_matter(small: SearchIndex, one: str, other: str) -> None:
    assert set(ids(small.search(one))) == set(ids(small.search(other)))
    assert ids(small.search(one))[0] == ids(small.search(other))[0]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("flash attention", {"joined", "apart", "other"}),
        ("flashattention", {"joined"}),
        ("stablediffusion", {"apart", "apart-2", "apart-3"}),
        ("fewshot", {"apart-3", "hyphen"}),
    ],
)
def test_spacing_does_not_matter_in_english(tmp_path: Path, query: str, found: set[str]) -> None:
    texts = {
        "joined": "FlashAttention-2를 켠다",
        "apart": "Stable Diffusion과 flash memory",
        "apart-2": "Stable Diffusion XL",
        "apart-3": "Stable Diffusion in few shot settings",
        "turned": "diffusion is stable; a shot or a few",
        "other": "attention",
        "hyphen": "Few-shot learning",
        "few": "a few words",
        "few-2": "one shot, few shots",
    }
    index = SearchIndex.build((Document(id=name, bullets=(text,)) for name, text in texts.items()), tmp_path)
    results = index.search(query)
    assert set(ids(results)) == found
    assert ("spacing" in codes(results)) == (query != "flashattention")
    index.close()


def test_words_of_deleted_documents_do_not_count(tmp_path: Path) -> None:
    documents = [
        Document(id="kept", bullets=("확산 모델을 쓴다",)),
        *(Document(id=f"gone-{number}", bullets=("화산 분화를 본다",)) for number in range(4)),
    ]
    with SearchIndex.build(documents, tmp_path / "index") as index:
        assert index.search("화싼").total == 4
        assert [each.text for each in index.suggest("화사")] == ["화산", "화산 분화"]
        index.delete([f"gone-{number}" for number in range(4)])
        assert index.suggest("화사") == []
        found = index.search("화산")
        assert ids(found) == ["kept"]
        assert codes(found) == ["spelling"]


@pytest.mark.parametrize(
    "query",
    ["ㅋ", "ㅋㅋㅋㅋㅋㅋㅋㅋㅋㅋㅋㅋㅋㅋㅋㅋ", "qwrtp" * 50, "뷁", "퀣" * 60, "ㅏㅏ", "zzzzzz", "é" * 9],
)
def test_nonsense_finds_nothing_and_fails_nowhere(small: SearchIndex, query: str) -> None:
    assert small.search(query).total == 0
    assert isinstance(small.suggest(query), list)


def test_an_empty_index_has_no_guesses(tmp_path: Path) -> None:
    with SearchIndex.build([Document(id="gone", bullets=("확산",))], tmp_path / "index") as index:
        index.delete("gone")
        assert index.search("확샨 ㅎㅅ ghkrtks").total == 0
        assert index.suggest("확") == []


def test_guesses_score_the_same_built_at_once_or_piece_by_piece(tmp_path: Path) -> None:
    documents = [
        Document(id=f"d{number}", bullets=(text,))
        for number, text in enumerate([*BULLETS.values()] * 2 + ["합성 모델", "확산 모두"] * 3)
    ]
    with (
        SearchIndex.build(documents, tmp_path / "once") as once,
        SearchIndex.build(documents[::-2], tmp_path / "pieces") as pieces,
    ):
        pieces.add(Document(id="extra", bullets=("확산 모델 학생 모델 합성 모델",)))
        for start in range(0, len(documents), 9):
            pieces.add(documents[start : start + 9])
        pieces.delete("extra")
        for query in (
            "ㅎㅅ ㅁㄷ",
            "확샨 모댈",
            "ghkrtks",
            "difusion 모델",
            "환산",
            "트랜스 포머",
            "트랜스퐄레이션",
        ):
            one = {hit.id: hit.score for hit in once.search(query, limit=99)}
            other = {hit.id: hit.score for hit in pieces.search(query, limit=99)}
            assert one
            assert other == pytest.approx(one, abs=1e-4)


@pytest.mark.parametrize("query", ["프레 임에서", "프레 임", "프레임에서"])
def test_a_space_within_a_word_with_a_particle(tmp_path: Path, query: str) -> None:
    texts = ["프레임을 고른다", "프레임이 빠르다", "임을 보았다", "프레젠테이션을 한다"]
    documents = [Document(id=str(number), bullets=(text,)) for number, text in enumerate(texts)]
    with SearchIndex.build(documents, tmp_path / "index") as index:
        assert {hit.id for hit in index.search(query, limit=2)} == {"0", "1"}


def test_notes_are_in_the_order_of_the_steps(tmp_path: Path) -> None:
    texts = [
        "프레임과 강화 학습(reinforcement learning)을 쓴다",
        "프레임의 강화 학습",
        "프레임을 위한 강화 학습(reinforcement learning)",
        "토크나이저를 고친다",
    ]
    documents = [Document(id=str(number), bullets=(text,)) for number, text in enumerate(texts)]
    with SearchIndex.build(documents, tmp_path / "index") as index:
        codes = [note.code for note in index.search("프레 임에서 강화 학습 토크나이져").notes]
    assert list(dict.fromkeys(codes)) == ["spacing", "glossary", "spelling"]


def test_a_rare_way_to_write_two_words_as_one_does_not_outrank_them(tmp_path: Path) -> None:
    texts = ["stable diffusion 모델을 쓴다"] * 12 + [
        "stablediffusion 모델을 쓴다",
        "stable 한 것",
        "diffusion 인 것",
    ]
    documents = [Document(id=f"{number:02}", bullets=(text,)) for number, text in enumerate(texts)]
    with SearchIndex.build(documents, tmp_path / "index") as index:
        found = [hit.id for hit in index.search("stable diffusion", limit=50)]
        assert set(found[:12]) == {f"{number:02}" for number in range(12)}
        assert "12" in found
        assert index.search("stablediffusion")[0].id == "12"
