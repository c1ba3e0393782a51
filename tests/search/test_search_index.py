"""SearchIndex as a program uses it."""

import threading

import pytest

from searchkit import (
    Document,
    IndexCorrupt,
    IndexLocked,
    IndexMissing,
    QuerySyntaxError,
    SearchIndex,
    SearchkitError,
)
from searchkit.engines.whoosh.store import Store


def ids(results):
    return [hit.id for hit in results]


def test_korean_and_english_words_find_papers(seeds):
    for query in ("확산 모델 이미지 생성", "Mamba", "LLM 에이전트", "비디오 diffusion"):
        results = seeds.search(query)
        assert len(results) == min(10, results.total) > 0
        assert [hit.rank for hit in results] == list(range(1, len(results) + 1))
        scores = [hit.score for hit in results]
        assert scores == sorted(scores, reverse=True)


def test_a_title_typed_as_it_stands_puts_its_paper_first(seeds):
    for hit in seeds.search("", limit=100):
        assert seeds.search(hit.document.title, limit=1)[0].document.title == hit.document.title


def test_pages_have_no_holes_and_no_repeats(seeds):
    everything = ids(seeds.search("모델", limit=1000))
    pages = [ids(seeds.search("모델", limit=7, offset=start)) for start in range(0, len(everything) + 7, 7)]
    assert [document_id for page in pages for document_id in page] == everything
    assert len(set(everything)) == len(everything) == seeds.search("모델", limit=0).total


def test_filters_facets_and_order(seeds):
    results = seeds.search("", limit=100, since="2023-12", until="2023-12-12", facets=True)
    assert results.total == 50
    assert list(results.facets["month"]) == [("2023-12", 50)]
    dates = [hit.document.date for hit in results]
    assert dates == sorted(dates, reverse=True)
    voted = seeds.search("모델", limit=100, sort="votes", min_votes=10)
    votes = [hit.document.votes for hit in voted]
    assert votes == sorted(votes, reverse=True)
    assert min(votes) >= 10
    name = seeds.search("", limit=1)[0].document.authors[0]
    assert all(name in hit.document.authors for hit in seeds.search("", author=name.lower(), limit=100))


def test_phrases_are_literal(seeds):
    for hit in seeds.search('"확산 모델"', limit=100):
        texts = (hit.document.title, *hit.document.bullets)
        assert any("확산 모델" in text for text in texts)
    assert seeds.search("확산 모델", limit=0).total > seeds.search('"확산 모델"', limit=0).total > 0


def test_what_matches_is_told_and_marked(seeds):
    hit = seeds.search("양자화", limit=1)[0]
    document = hit.document
    for mark in hit.highlights:
        text = document.title if mark.field == "title" else document.bullets[mark.item]
        assert 0 <= mark.start < mark.end <= len(text)
    snippet = hit.snippet
    text = document.title if snippet.field == "title" else document.bullets[snippet.item]
    assert text[snippet.start : snippet.end] == snippet.text
    assert "양자" in "".join(term.term for term in hit.matched_terms)


def test_an_explanation_adds_up_to_the_score(seeds):
    query = "대규모 언어 모델 GPT-4"
    for hit in seeds.search(query, limit=5):
        assert seeds.explain(query, hit.id).score == pytest.approx(hit.score, abs=1e-4)
    assert seeds.explain(query, "nobody") is None


@pytest.mark.parametrize(
    "query",
    ["C++", '"', "((", "AND", "🙂", "가" * 5000, "\0", "a AND", "title:", "*", "-", "“", "ㅎㅅ", "\ud800"],
)
def test_whatever_a_person_types_gives_an_answer(seeds, query):
    assert seeds.search(query).took_ms < 5000


def test_a_strict_search_refuses_what_is_malformed(seeds):
    with pytest.raises(QuerySyntaxError) as error:
        seeds.search('("a', strict=True)
    assert isinstance(error.value.position, int)


@pytest.mark.parametrize(
    "options", [{"since": "x"}, {"limit": -1}, {"sort": "foo"}, {"until": "2023-13"}, {"offset": 10_000}]
)
def test_wrong_options_are_errors(seeds, options):
    with pytest.raises(SearchkitError):
        seeds.search("모델", **options)


def test_sorting_by_date_wants_every_word_and_says_when_none_has_them(seeds):
    every = seeds.search("확산 모델", sort="date", limit=100)
    some = seeds.search("확산 모델", sort="date", match_any=True, limit=100)
    assert set(ids(every)) < set(ids(some))
    loose = seeds.search("확산 qwertyuiop", sort="date")
    assert "any-word" in {note.code for note in loose.notes}
    assert loose.total


def test_there_must_be_an_index(tmp_path):
    with pytest.raises(IndexMissing, match="searchkit index"):
        SearchIndex.open(tmp_path / "nothing")
    (tmp_path / "other.txt").write_text("mine")
    with pytest.raises(SearchkitError):
        SearchIndex.build([Document(id="a")], tmp_path)
    assert (tmp_path / "other.txt").read_text() == "mine"


def test_a_writer_in_the_way_is_named(tmp_path):
    SearchIndex.build([Document(id="a", title="one")], tmp_path / "index").close()
    with Store(tmp_path / "index").begin(), SearchIndex.open(tmp_path / "index") as index:
        with pytest.raises(IndexLocked, match="process"):
            index.add(Document(id="b"), timeout=0.1)
        assert index.search("one").total == 1


def test_a_truncated_file_is_an_error_and_not_a_signal(tmp_path):
    SearchIndex.build([Document(id="a", title="one")], tmp_path / "index").close()
    segment = next((tmp_path / "index").glob("*.seg"))
    segment.write_bytes(segment.read_bytes()[:-100])
    with pytest.raises(IndexCorrupt, match="verify"):
        SearchIndex.open(tmp_path / "index")


def test_several_indexes_live_in_one_process(tmp_path):
    one = SearchIndex.build([Document(id="a", title="사과")], tmp_path / "one")
    two = SearchIndex.build([Document(id="b", title="포도")], tmp_path / "two")
    with one, two:
        assert ids(one.search("사과 포도")) == ["a"]
        assert ids(two.search("사과 포도")) == ["b"]


def test_threads_share_an_index_while_it_grows(tmp_path):
    index = SearchIndex.build([Document(id="d0", title="모델 0")], tmp_path / "index")
    problems = []
    done = threading.Event()

    def search():
        last = 0
        try:
            while not done.is_set():
                results = index.search("모델", limit=100)
                assert len(results) == results.total >= last
                last = results.total
        except BaseException as error:
            problems.append(error)

    threads = [threading.Thread(target=search) for _ in range(4)]
    for thread in threads:
        thread.start()
    for number in range(1, 12):
        index.add(Document(id=f"d{number}", title=f"모델 {number}"))
    done.set()
    for thread in threads:
        thread.join()
    assert not problems
    assert index.search("모델").total == 12
    index.close()


def test_documents_come_back_as_they_went_in(tmp_path):
    document = Document(
        id="한글/α",
        title="Ti\u200btle",
        bullets=["가\u1100", "tab\there", "줄\n바꿈", ""],
        labels=[None, "What's New", None, None],
        date="2024-02-29",
        authors=["김 철수", "Ann"],
        votes=-3,
        url="https://example.org/?q=1",
        extra={"tags": ["a", {"b": None}], "n": 1.5},
    )
    with SearchIndex.build([document], tmp_path / "index") as index:
        assert index.get("한글/α") == document
        assert index.get("nobody") is None
        assert ids(index.search("what's")) == ["한글/α"]
