from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ranking_oracle import Oracle
from small_collections import commit

from searchkit.analysis.token import Layer
from searchkit.document import Document
from searchkit.engines.whoosh import phrase
from searchkit.engines.whoosh.executor import best_by_terms, contributions, run
from searchkit.engines.whoosh.term_cache import TermCache
from searchkit.query.plan import (
    And,
    AnyTerm,
    Author,
    DateRange,
    Everything,
    Id,
    InField,
    MinVotes,
    Not,
    Or,
    Phrase,
    PhraseWord,
    Plan,
    PlanTerm,
)

VOCABULARY = ["모델", "모델을", "확산", "확산모델", "llm", "be", "a", "생성", "비지도", "x1"]
TEXT = st.lists(st.sampled_from([*VOCABULARY, *VOCABULARY[:4], "모델."]), max_size=14).map(" ".join)
AUTHORS = ["Kim Lee", "Ann O'Brien", "박 서준", "Yingyan, Lin", "Lee Ann"]


@st.composite
def collections(draw):
    documents = []
    for index in range(draw(st.integers(0, 14))):
        bullets = draw(st.lists(TEXT, max_size=3))
        documents.append(
            Document(
                id=draw(st.sampled_from(["d", "D", "가", "z/"])) + str(index),
                title=draw(TEXT),
                bullets=bullets,
                labels=draw(
                    st.lists(st.sampled_from([None, "be 모델"]), min_size=len(bullets), max_size=len(bullets))
                ),
                date=draw(st.sampled_from([None, "2023-12-04", "2023-12-31", "2024-01-31"])),
                votes=draw(st.sampled_from([None, -3, 0, 7])),
                authors=draw(st.lists(st.sampled_from(AUTHORS), max_size=3)),
                arxiv_id=draw(st.sampled_from([None, "2312.04461", "2401.00001"])),
            )
        )
    return documents


TERM = st.builds(
    PlanTerm,
    layer=st.sampled_from(list(Layer)),
    text=st.sampled_from([*VOCABULARY, "확산", "지도", "없는"]),
    weight=st.sampled_from([0.2, 1.0, 4.0]),
)
TERMS = st.lists(TERM, max_size=6).map(tuple)
ANY_TERM = st.builds(AnyTerm, TERMS)
FORMS = st.lists(st.sampled_from(["모델", "모델을", "확산", "be", "a", "없는"]), min_size=1, max_size=2).map(
    tuple
)
PHRASE_WORD = st.builds(PhraseWord, FORMS)
LAST_WORD = st.builds(
    PhraseWord, FORMS, st.booleans(), st.sampled_from([(), ("모델",), ("모델을",), ("확산모델",), ("없는",)])
)
FIELD = st.sampled_from([None, "title", "bullets"])
PHRASE = st.builds(
    lambda words, last, terms, field: Phrase((*words, last), terms, field),
    st.lists(PHRASE_WORD, max_size=2),
    LAST_WORD,
    TERMS,
    FIELD,
)
DATES = st.sampled_from([None, "2023-12-04", "2023-12-05", "2024-01-31"])
CONDITION = st.one_of(
    st.builds(DateRange, DATES, DATES),
    st.builds(
        Author, st.lists(st.sampled_from(["lee", "ann", "lin", "o'brien", "박", "ye"]), max_size=2).map(tuple)
    ),
    st.builds(Author, st.sampled_from([("le",), ("yi", "li"), ("박",)]), st.just(True)),
    st.builds(MinVotes, st.sampled_from([-5, 0, 1])),
    st.just(Everything()),
)
LEAF = st.one_of(
    ANY_TERM,
    PHRASE,
    st.builds(InField, FORMS, TERMS, st.sampled_from(["title", "bullets"])),
    st.builds(Id, st.sampled_from(["d1", "가0", "2312.04461", "none"]), st.sampled_from([0.0, 100.0])),
    CONDITION,
)
NODE = st.recursive(
    LEAF,
    lambda children: st.one_of(
        st.builds(And, st.lists(children, max_size=3).map(tuple)),
        st.builds(Or, st.lists(children, max_size=3).map(tuple)),
        st.builds(Not, children),
    ),
    max_leaves=6,
)
ANY_PLAN = st.builds(Plan, NODE, st.lists(st.one_of(CONDITION, NODE), max_size=2).map(tuple))
PLAIN_PLAN = st.builds(
    Plan,
    st.lists(ANY_TERM, max_size=3).map(lambda c: Or(tuple(c))),
    st.lists(CONDITION, max_size=1).map(tuple),
)
SORT = st.sampled_from(["relevance", "relevance", "date", "votes"])


def named(generation, found):
    return [(generation.segments[segment].id_of(doc), score) for score, (segment, doc) in found.hits]


def index_of(folder, documents, cuts, gone):
    """Commit ``documents`` in ``cuts`` segments, some of them after decoys that are deleted again."""
    decoys = [Document(id=f"gone{index}", title="모델 확산", bullets=["확산 모델"]) for index in range(gone)]
    pieces = [documents[start::cuts] for start in range(cuts)]
    pieces[0] = [*decoys, *pieces[0]]
    # Few enough deletions that the segment isn't rewritten would need many documents; either way scores are the same.
    generation = commit(folder, pieces)
    if decoys:
        generation.close()
        generation = commit(folder, delete=[decoy.id for decoy in decoys])
    return generation


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    documents=collections(),
    cuts=st.integers(1, 4),
    gone=st.integers(0, 3),
    share=st.sampled_from([1, 3, 32]),
    plans=st.lists(st.one_of(ANY_PLAN, PLAIN_PLAN), min_size=8, max_size=8),
    sort=SORT,
    limit=st.sampled_from([1, 2, 5, 100]),
    scanned=st.booleans(),
)
def test_pages_are_those_of_the_oracle(
    tmp_path_factory, documents, cuts, gone, share, plans, sort, limit, scanned, monkeypatch
):
    monkeypatch.setattr(phrase, "_SCAN_SHARE", 32 if scanned else 0)
    oracle = Oracle(documents)
    with index_of(tmp_path_factory.mktemp("index"), documents, cuts, gone) as generation:
        most = 0 if scanned else 10**9
        generation.caches["terms"] = TermCache(generation, common_share=share, most_in_columns=most)
        for plan in plans:
            expected = oracle.ranked(plan, sort)
            found = run(generation, plan, limit=limit, sort=sort, facets=True)
            assert found.total == len(expected)
            assert found.facets == oracle.facets(plan)
            hits = named(generation, found)
            assert [key for key, _ in hits] == [key for key, _ in expected[:limit]]
            assert [score for _, score in hits] == pytest.approx(
                [score for _, score in expected[:limit]], abs=1e-9
            )
            assert named(generation, run(generation, plan, limit=limit, sort=sort, total=False)) == hits
            second = named(generation, run(generation, plan, limit=limit, offset=limit, sort=sort))
            assert [key for key, _ in second] == [key for key, _ in expected[limit : 2 * limit]]
            for score, (segment, doc) in found.hits:
                parts = contributions(generation, plan, segment, doc)
                assert sum(part.score for part in parts) == pytest.approx(score, abs=1e-9)


def big_collection(count, seed):
    """Documents of few distinct words, so that many tie, with one common word and some rare ones."""
    random = np.random.default_rng(seed)
    words = [f"w{number}" for number in range(60)]
    chances = 1 / (np.arange(60) + 1) ** 1.3
    chances /= chances.sum()
    return [
        Document(
            id=f"{random.integers(0, 10**6)}-{number}",
            title=" ".join(random.choice(words, 2, p=chances)),
            bullets=[" ".join(random.choice(words, random.integers(1, 12), p=chances))],
            date=f"2024-{number % 12 + 1:02}-0{number % 9 + 1}",
        )
        for number in range(count)
    ]


def any_layer(text):
    weights = {Layer.TITLE: 4.0, Layer.BULLETS: 1.0, Layer.PARTS: 0.3}
    return AnyTerm(tuple(PlanTerm(layer, text, weight) for layer, weight in weights.items()))


def big_plans(seed):
    random = np.random.default_rng(seed)
    for number in range(40):
        texts = [f"w{text}" for text in random.integers(0, 60, random.integers(1, 5))]
        words = tuple(map(any_layer, texts))
        root = Or(words)
        if number % 4 == 1:
            root = And((root, Not(AnyTerm((PlanTerm(Layer.BULLETS, "w3", 1.0),)))))
        if number % 4 == 2:
            root = And(words)
        yield Plan(root, (DateRange("2024-03", "2024-10-05"),) if number % 3 == 0 else ())


@pytest.mark.parametrize("cuts", [1, 5])
@pytest.mark.parametrize("share", [1, 32, 10**9])
@pytest.mark.parametrize("most", [0, 10**9])
def test_columns_and_postings_give_the_oracles_best(tmp_path, cuts, share, most):
    documents = big_collection(1500, seed=cuts)
    oracle = Oracle(documents)
    with commit(tmp_path, [documents[start::cuts] for start in range(cuts)]) as generation:
        assert len(generation.segments) == cuts
        generation.caches["terms"] = TermCache(generation, common_share=share, most_in_columns=most)
        for plan in list(big_plans(seed=share % 97))[:12]:
            expected = oracle.ranked(plan)
            found = run(generation, plan, limit=10)
            assert found.total == len(expected)
            assert [key for key, _ in named(generation, found)] == [key for key, _ in expected[:10]]
            assert [hit[0] for hit in found.hits] == pytest.approx(
                [score for _, score in expected[:10]], rel=1e-9
            )


def test_the_same_documents_score_the_same_in_one_segment_and_in_five(tmp_path):
    documents = big_collection(600, seed=9)
    with (
        commit(tmp_path / "one", [documents]) as one,
        commit(tmp_path / "five", [documents[start::5] for start in range(5)]) as five,
    ):
        five.caches["terms"] = TermCache(five, common_share=2)
        for plan in big_plans(seed=2):
            assert named(one, run(one, plan, limit=50)) == named(five, run(five, plan, limit=50))


def test_deleted_documents_count_for_nothing(tmp_path):
    documents = big_collection(300, seed=4)
    gone = [document.id for document in documents[::5]]
    with (
        commit(tmp_path / "less", [[document for document in documents if document.id not in gone]]) as less,
        commit(tmp_path / "all", [documents[:150], documents[150:]]),
        commit(tmp_path / "all", delete=gone) as after,
    ):
        assert any(segment.deleted is not None for segment in after.segments)
        for share in (1, 10**9):
            after.caches["terms"] = TermCache(after, common_share=share, most_in_columns=share)
            for plan in big_plans(seed=3):
                expected, found = (
                    run(less, plan, limit=20, facets=True),
                    run(after, plan, limit=20, facets=True),
                )
                assert named(less, expected) == named(after, found)
                assert (found.total, found.facets) == (expected.total, expected.facets)


def test_pages_follow_each_other_without_holes(tmp_path):
    documents = big_collection(500, seed=5)
    with commit(tmp_path, [documents[:300], documents[300:400], documents[400:]]) as generation:
        for plan in [*list(big_plans(seed=6))[:4], Plan(Everything())]:
            for sort in ("relevance", "date", "votes"):
                whole = run(generation, plan, limit=1000, sort=sort)
                assert len(whole.hits) == whole.total
                pages = [
                    run(generation, plan, limit=7, offset=at, sort=sort).hits
                    for at in range(0, whole.total, 7)
                ]
                assert [hit for page in pages for hit in page] == whole.hits


def test_counting_alone_collects_no_hits(tmp_path):
    with commit(tmp_path, [big_collection(50, seed=1)]) as generation:
        plan = Plan(any_layer("w0"))
        found = run(generation, plan, limit=0)
        assert found.hits == []
        assert found.total == run(generation, plan, limit=50).total > 0
        assert run(generation, plan, limit=0, total=False).total == 0


def test_a_listing_is_newest_first_then_by_id(tmp_path):
    dates = {"b": "2024-01-01", "a": "2024-01-01", "c": None, "d": "2024-02-01"}
    documents = [Document(id=key, date=date, title="모델") for key, date in dates.items()]
    with commit(tmp_path, [documents[:2], documents[2:]]) as generation:
        found = run(generation, Plan(Everything()), limit=10)
        assert named(generation, found) == [("d", 0.0), ("a", 0.0), ("b", 0.0), ("c", 0.0)]
        filtered = run(generation, Plan(Everything(), (DateRange("2024-01-01", None),)), limit=10)
        assert [key for key, _ in named(generation, filtered)] == ["d", "a", "b"]


def test_an_empty_index_answers(tmp_path):
    with commit(tmp_path, []) as generation:
        found = run(generation, Plan(Or((any_layer("w0"), Everything()))), limit=10, facets=True)
        assert (found.hits, found.total, found.facets) == ([], 0, {"month": [], "author": []})


def test_a_typed_id_stands_first_and_its_boost_is_named(tmp_path):
    documents = [Document(id=f"2024/{at}", title="모델 모델", arxiv_id=f"2401.0000{at}") for at in range(5)]
    with commit(tmp_path, [documents]) as generation:
        plan = Plan(Or((Id("2401.00003", 1000.0), any_layer("모델"))))
        found = run(generation, plan, limit=3)
        assert [key for key, _ in named(generation, found)] == ["2024/3", "2024/0", "2024/1"]
        parts = contributions(generation, plan, *found.hits[0][1])
        assert [(part.term.text, part.term.via, part.tf) for part in parts if part.score == 1000.0] == [
            ("2401.00003", "identifier", 0)
        ]
        assert sum(part.score for part in parts) == pytest.approx(found.hits[0][0])


def test_what_does_not_match_has_no_contributions(tmp_path):
    with commit(tmp_path, [[Document(id="a", title="모델", votes=1)]]) as generation:
        assert contributions(generation, Plan(any_layer("모델")), 0, 0)
        assert contributions(generation, Plan(any_layer("모델"), (MinVotes(2),)), 0, 0) == []
        assert contributions(generation, Plan(Not(any_layer("모델"))), 0, 0) == []


def test_the_cache_stays_within_its_limit_and_changes_nothing(tmp_path):
    documents = big_collection(400, seed=7)
    with commit(tmp_path, [documents]) as generation:
        plans = list(big_plans(seed=8))
        expected = [named(generation, run(generation, plan, limit=10)) for plan in plans]
        generation.caches["terms"] = cache = TermCache(generation, limit=12_000)
        for plan, hits in zip(plans, expected):
            assert named(generation, run(generation, plan, limit=10)) == hits
            assert cache.nbytes <= 18_000


def test_a_page_goes_on_from_the_best_by_terms(tmp_path):
    documents = big_collection(600, seed=5)
    with commit(tmp_path, [documents[:350], documents[350:]]) as generation:
        for plan in big_plans(seed=6):
            bare = Plan(plan.root)
            expected = [run(generation, each, limit=10) for each in (plan, bare)]
            best = best_by_terms(generation, plan, 7)
            assert best == [place for _, place in expected[1].hits[:7]]
            assert [run(generation, each, limit=10) for each in (plan, bare)] == expected
            assert run(generation, bare, limit=3, offset=2).hits == expected[1].hits[2:5]


def test_what_only_adds_to_scores_decides_nothing(tmp_path):
    documents = big_collection(600, seed=3)
    oracle = Oracle(documents)
    with commit(tmp_path, [documents[::2], documents[1::2]]) as generation:
        for plan in big_plans(seed=4):
            bonus = Or((Everything(), any_layer("w5"), any_layer("w41")))
            for root in (
                And((plan.root, bonus)),
                And((plan.root, bonus, Or((any_layer("w2"), Everything())))),
            ):
                more = Plan(root, plan.filters)
                expected, found = oracle.ranked(more), run(generation, more, limit=10)
                assert found.total == len(expected) == run(generation, plan, limit=0).total
                assert [key for key, _ in named(generation, found)] == [key for key, _ in expected[:10]]


def test_threads_do_not_disturb_each_other(tmp_path):
    documents = big_collection(800, seed=11)
    with commit(tmp_path, [documents[:500], documents[500:]]) as generation:
        plans = list(big_plans(seed=12))
        expected = [run(generation, plan, limit=10) for plan in plans]
        generation.caches["terms"] = TermCache(generation, limit=100_000)
        with ThreadPoolExecutor(6) as pool:
            found = list(pool.map(lambda plan: run(generation, plan, limit=10), plans * 10))
        assert found == expected * 10


def test_an_id_that_must_be_there_counts_beside_words(tmp_path):
    paper = Document(id="2024-01-01/2401.00001", title="모델", arxiv_id="2401.00001")
    word = PlanTerm(Layer.TITLE, "모델", 1.0)
    with commit(tmp_path, [[paper]]) as generation:
        plan = Plan(And((Id("2401.00001", 100.0), AnyTerm((word,)))))
        ((score, _),) = run(generation, plan, limit=1).hits
    assert score > 100.0
