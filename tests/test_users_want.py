"""What users of Korean search ask for, each case under its number in the list of their reports."""

from __future__ import annotations

import subprocess
import sys
import unicodedata
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from searchkit import Document, IndexLocked, SearchIndex, analyze
from searchkit.engines.whoosh.store import Store

TEXTS = {
    "today": "오늘은 날씨가 좋다",
    "lead": "그는 연구를 이끌었다",
    "infer": "모델이 추론하는 방법",
    "meeting": "회의 결과를 공유한다",
    "accounting": "회계 보고서",
    "biologist": "생물학자가 발견했다",
    "samsung": "삼성전자의 반도체",
    "korea": "대한민국 만세",
    "rice": "밥을 먹는다",
    "water": "물이 흐른다",
    "salvation": "구원의 길",
    "shade": "나무 그늘에서 쉰다",
    "train": "기차를 탄다",
    "uninsured": "비급여 진료 항목",
    "insured": "급여 항목을 늘린다",
    "airpods": "에어팟을 샀다",
    "pod": "팟 하나",
    "kubernetes": "쿠버네티스로 배포한다",
    "sandwich": "쿠앤크 아이스크림",
    "stray": "정확도는 27.3% 높다",
    "hermes": "Hermes는 빠르다",
    "c-plus-plus": "C++ 코드를 옮긴다",
    "c-sharp": "C# 코드를 옮긴다",
    "c4": "C4 데이터",
    "gpt": "GPT-4의 답",
    "gpt-3": "GPT-3의 답",
    "nlp": "자연어 처리를 배운다",
    "nlp-joined": "자연어처리 입문",
    "llm": "대규모 언어 모델을 줄인다",
    "diffusion": "확산 모델로 그린다",
    "diffusion-joined": "확산모델을 고친다",
    "unsupervised": "비지도 학습을 한다",
    "supervised": "지도 학습을 한다",
    "supervised-long": "지도 학습과 지도 학습의 지도 방법",
}


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SearchIndex]:
    documents = [Document(id=name, bullets=(text,)) for name, text in TEXTS.items()]
    with SearchIndex.build(documents, tmp_path_factory.mktemp("wants") / "index") as built:
        yield built


Find = Callable[..., list[str]]


@pytest.fixture
def find(index: SearchIndex) -> Find:
    def ids(query: str, **options: bool) -> list[str]:
        return [hit.id for hit in index.search(query, limit=50, **options)]

    return ids


def test_case_1_a_noun_is_found_with_its_particle(find: Find) -> None:
    assert find("오늘") == ["today"]
    assert find("오늘이") == ["today"]


@pytest.mark.parametrize("query", ["이끌었다", "이끈다", "이끄는"])
def test_case_2_inflections_meet(find: Find, query: str) -> None:
    assert find(query)[0] == "lead"


def test_case_2_verbs_meet_their_noun(find: Find) -> None:
    assert find("추론")[0] == find("추론했다")[0] == "infer"


def test_case_3_no_word_is_stripped_to_pieces(find: Find) -> None:
    assert find("회의")[0] == "meeting"
    assert "accounting" not in find("회의", expand=False)
    assert "accounting" not in find("회", expand=False)
    assert find("결과")[0] == "meeting"


@pytest.mark.parametrize(
    ("query", "wanted"), [("생물학", "biologist"), ("삼성", "samsung"), ("민국", "korea")]
)
def test_case_4_parts_of_compounds(find: Find, query: str, wanted: str) -> None:
    assert find(query) == [wanted]


@pytest.mark.parametrize(("query", "wanted"), [("밥", "rice"), ("물", "water"), ("기차", "train")])
def test_case_5_one_and_two_syllables(find: Find, query: str, wanted: str) -> None:
    assert find(query)[0] == wanted


def test_case_6_syllables_never_outrank_words(index: SearchIndex) -> None:
    found = index.search("확산 모델")
    assert {term.via for hit in found for term in hit.matched_terms} <= {"word", "surface"}


def test_case_7_queries_are_cut_as_the_index_was(tmp_path: Path) -> None:
    terms = tmp_path / "terms"
    terms.mkdir()
    (terms / "dictionary.txt").write_text("맘바비전\n", encoding="utf-8")
    with SearchIndex.build([Document(id="a", bullets=("맘바비전을 쓴다",))], tmp_path / "index") as index:
        cut = [term.text for term in index.analyze("맘바비전이") if term.kind == "base"]
        (terms / "dictionary.txt").unlink()
    with SearchIndex.open(tmp_path / "index") as index:
        assert (
            cut == [term.text for term in index.analyze("맘바비전이") if term.kind == "base"] == ["맘바비전"]
        )
        found = index.search("맘바비전")
        assert [hit.id for hit in found] == ["a"]
        assert "terms-changed" in [note.code for note in found.notes]


@pytest.mark.parametrize(("query", "wanted"), [("구원", "salvation"), ("그늘", "shade"), ("기차", "train")])
def test_case_8_a_word_alone_is_the_word_in_the_text(find: Find, query: str, wanted: str) -> None:
    assert find(query) == [wanted]


def test_case_9_beginnings_of_words_as_they_stand(find: Find) -> None:
    assert find("회의*") == ["meeting"]
    assert set(find("확산*")) == {"diffusion", "diffusion-joined"}


def test_case_10_nothing_that_means_something_is_dropped(find: Find) -> None:
    assert find('"비급여"') == ["uninsured"]
    assert find('"에어팟"') == ["airpods"]
    assert find("비급여")[0] == "uninsured"
    assert find("에어팟")[0] == "airpods"


@pytest.mark.parametrize("word", ["의", "은", "를", "The", "of"])
def test_case_10_no_query_becomes_empty(index: SearchIndex, word: str) -> None:
    assert "no-words" not in [note.code for note in index.search(word).notes]
    assert analyze(word)


def test_case_11_an_unknown_loanword_is_itself(find: Find) -> None:
    assert find("쿠버네티스") == ["kubernetes"]
    assert find("쿠버네티스를") == ["kubernetes"]
    assert find("쿠앤크") == ["sandwich"]


def test_case_12_punctuation_changes_nothing(find: Find) -> None:
    assert find("오늘은, 날씨가.") == find("오늘은 날씨가") == find("오늘은-날씨가?")
    assert find("27.3")[0] == "stray"


def test_case_13_latin_letters_glued_to_korean(find: Find) -> None:
    assert find("Hermes") == find("hermes가") == ["hermes"]


def test_case_14_identifiers_with_signs(find: Find) -> None:
    assert find("C++")[0] == "c-plus-plus"
    assert find("C#")[0] == "c-sharp"
    assert find("C4")[0] == "c4"
    assert find("C++ 코드")[:2] == ["c-plus-plus", "c-sharp"]
    assert find("C++가")[0] == "c-plus-plus"
    for query in ("GPT-4", "GPT4", "GPT 4", "gpt-4의"):
        assert find(query)[0] == "gpt", query
    assert "gpt-3" in find("GPT 4")


def test_case_15_korean_and_english_names_of_one_thing(tmp_path: Path) -> None:
    texts = {
        "gloss": "프론트엔드(frontend)를 다시 쓴다",
        "korean": "프론트엔드 개발자",
        "english": "A frontend in two days",
        "words": "front end 개발",
    }
    (tmp_path / "terms").mkdir()
    (tmp_path / "terms" / "synonyms.txt").write_text("frontend, front end\n", encoding="utf-8")
    documents = [Document(id=name, bullets=(text,)) for name, text in texts.items()]
    with SearchIndex.build(documents, tmp_path / "index") as index:
        for query in ("프론트엔드", "frontend"):
            assert {"gloss", "korean", "english"} <= {hit.id for hit in index.search(query)}, query
        assert "words" in {hit.id for hit in index.search("frontend")}


def test_case_16_decomposed_text_is_found(tmp_path: Path, find: Find) -> None:
    assert find(unicodedata.normalize("NFD", "확산 모델")) == find("확산 모델")
    text = unicodedata.normalize("NFD", "확산 모델을 쓴다")
    with SearchIndex.build([Document(id="nfd", bullets=(text,))], tmp_path / "index") as index:
        hit = index.search("모델")[0]
        mark = hit.highlights[0]
        assert unicodedata.normalize("NFC", text[mark.start : mark.end]) == "모델"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("자연어처리", "자연어 처리"),
        ("대규모언어모델", "대규모 언어 모델"),
        ("확산모델", "확산 모델"),
        ("비지도학습", "비지도 학습"),
    ],
)
def test_case_17_spacing_variants(find: Find, one: str, other: str) -> None:
    assert set(find(one)) == set(find(other))
    best = {name for name, text in TEXTS.items() if other in text or one in text}
    assert set(find(one)[: len(best)]) == set(find(other)[: len(best)]) == best


def test_case_17_in_comparable_order(tmp_path: Path) -> None:
    texts = {
        "much": "자연어 처리를 위한 자연어처리 도구, 자연어 처리의 모든 것",
        "some": "자연어 처리를 배우고 다른 것도 배운다",
        "joined": "자연어처리를 배우고 다른 것도 배운다",
        "apart": "자연어를 배우고 나서 신호를 처리하는 법도 배운다",
        "half": "신호 처리만 다룬다",
    }
    documents = [Document(id=name, bullets=(text,)) for name, text in texts.items()]
    with SearchIndex.build(documents, tmp_path / "index") as index:
        one, other = ([hit.id for hit in index.search(query)] for query in ("자연어처리", "자연어 처리"))
        for order in (one, other):
            assert order[0] == "much"
            assert set(order[1:3]) == {"some", "joined"}
            assert order[3:] == ["apart", "half"]


@pytest.mark.parametrize("query", ["ㅎㅅ ㅁㄷ", "ㅎㅅㅁㄷ"])
def test_case_18_first_consonants(index: SearchIndex, query: str) -> None:
    found = index.search(query)
    assert found[0].id in ("diffusion", "diffusion-joined")
    assert [note.code for note in found.notes] == ["choseong"]


@pytest.mark.parametrize("half", ["확사", "확", "홗", "ㅎㅅㅁㄷ"])
def test_case_18_half_typed_syllables(index: SearchIndex, half: str) -> None:
    assert {"확산", "확산 모델", "확산모델"} & {each.text for each in index.suggest(half)}


def test_case_18_what_is_written_so_stands_above(tmp_path: Path) -> None:
    documents = [
        Document(id="literal", bullets=("ㅎㅅ 은 줄임말",)),
        *(Document(id=f"meant-{number}", bullets=("확산 확산 확산",)) for number in range(3)),
    ]
    with SearchIndex.build(documents, tmp_path / "index") as index:
        found = index.search("ㅎㅅ")
        assert found[0].id == "literal"
        assert found.total == 4


def test_case_19_the_wrong_keyboard_layout(index: SearchIndex) -> None:
    found = index.search("ghkrtks ahepf")
    assert found[0].id in ("diffusion", "diffusion-joined")
    assert {note.code for note in found.notes} == {"keyboard"}
    assert index.search("ㅗㄷ그ㄷㄴ")[0].id == "hermes"


def test_case_20_highlights_are_exact_and_the_longest_win(index: SearchIndex) -> None:
    for query in ("생물학자 생물학", "확산 모델", "대규모 언어 모델", "GPT-4"):
        for hit in index.search(query):
            spans = [(mark.start, mark.end) for mark in hit.highlights if mark.field == "bullets"]
            assert spans == sorted(spans)
            assert all(first[1] <= second[0] for first, second in pairwise(spans))
            assert all(0 <= start < end <= len(hit.document.bullets[0]) for start, end in spans)
    hit = index.search("생물학자 생물학")[0]
    mark = hit.highlights[0]
    assert hit.document.bullets[0][mark.start : mark.end] == "생물학자"


def test_case_21_a_new_word_counts_at_once_and_a_bad_line_stops_nothing(tmp_path: Path) -> None:
    documents = [Document(id="a", bullets=("새로운 맘바비전기법을 쓴다",))]
    with SearchIndex.build(documents, tmp_path / "index") as index:
        index.add_words(["맘바비전"])
        assert "맘바비전" in [term.text for term in index.analyze("맘바비전기법")]
        assert index.search("맘바비전")[0].id == "a"
        with (tmp_path / "terms" / "dictionary.txt").open("a", encoding="utf-8") as file:
            file.write("이 줄은/틀렸다/정말\n")
        report = index.update()
        assert [problem.file.rpartition("/")[2] for problem in report.problems] == ["dictionary.txt"]
        assert index.search("맘바비전")[0].id == "a"


def test_case_22_a_search_needs_no_lock_and_a_second_writer_is_told(tmp_path: Path) -> None:
    with SearchIndex.build([Document(id="a", bullets=("확산 모델",))], tmp_path / "index") as index:
        store = Store(tmp_path / "index")
        with store.begin():
            assert index.search("확산")[0].id == "a"
            with pytest.raises(IndexLocked) as caught:
                index.add(Document(id="b", bullets=("모델",)), timeout=0.01)
            assert "\n" not in str(caught.value)
        assert index.add(Document(id="b", bullets=("모델",))) == 1


def test_case_23_no_server_and_no_plugin(tmp_path: Path) -> None:
    program = (
        "import sys; from searchkit import Document, SearchIndex\n"
        "with SearchIndex.build([Document(id='a', bullets=('확산 모델',))], sys.argv[1]) as index:\n"
        "    assert index.search('확산').total == 1\n"
        "assert not {'opensearchpy', 'urllib3'} & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", program, str(tmp_path / "index")], check=True, timeout=60)


def test_case_24_what_built_an_index_is_recorded(index: SearchIndex) -> None:
    versions = index.stats()["versions"]
    assert {"searchkit", "kiwi", "model", "analysis"} <= set(versions)
    assert all(versions.values())


def test_case_25_notes_are_found_by_what_they_say(tmp_path: Path) -> None:
    notes = tmp_path / "notes"
    notes.mkdir()
    (notes / "회의록.md").write_text("# 주간 회의\n\n삼성전자와 반도체를 논의했다.\n", encoding="utf-8")
    with SearchIndex.build(notes, tmp_path / "index") as index:
        for query in ("삼성", "논의", "회의", "반도체를"):
            (hit,) = index.search(query)
            assert hit.document.source.endswith("회의록.md"), query


def test_meaning_of_prefixes_is_kept(find: Find) -> None:
    assert find("비지도 학습")[0] == find("비지도학습")[0] == "unsupervised"
    assert find("지도 학습")[0].startswith("supervised")
    assert find("지도학습")[0].startswith("supervised")
