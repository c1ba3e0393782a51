"""Plans as the cluster's queries, written out; what is asked is never more than a cluster takes."""

from __future__ import annotations

import json
import math

import pytest

from searchkit import Document, SearchIndex
from searchkit.analysis.token import Layer
from searchkit.engines.locate import engine_at
from searchkit.engines.opensearch.counts import Counts
from searchkit.engines.opensearch.second_stage import SecondStageScorer
from searchkit.engines.opensearch.translation import MOST_CLAUSES, NOTHING, Translator, clause_count
from searchkit.engines.whoosh.generation import Generation
from searchkit.engines.whoosh.prepared import prepare
from searchkit.engines.whoosh.store import Store
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
    PhraseTerm,
    PhraseWord,
    Plan,
    PlanTerm,
    SecondStage,
)
from searchkit.ranking.weights import K1, SECOND_STAGE

DOCUMENT = Document(id="a", title="확산 모델을 쓴 C++", bullets=("확산 모델이 https://github.com/x 이고",))
DIFFUSION = PlanTerm(Layer.TITLE, "확산", 2.0)
MODEL = PlanTerm(Layer.BULLETS, "모델", 1.0)
NAME = PhraseTerm("확산 모델", ((PhraseWord(("확산",)), PhraseWord(("모델을",))),), 3.0, "title")

WORDS = tuple(f"{first}{second}x" for first in "abcdefghijklmnopqrst" for second in "abcdefghijklmnopqrst")


@pytest.fixture(scope="module")
def lexicon(tmp_path_factory):
    folder = tmp_path_factory.mktemp("translation") / "index"
    SearchIndex.build([DOCUMENT], folder).close()
    with Generation.open(Store(folder).pin()) as opened:
        yield opened.lexicon


@pytest.fixture
def translator(lexicon):
    return Translator(lexicon)


def scoring(translator, plan, name_idf=1.9):
    return translator.first_stage(prepare(plan), lambda _: name_idf, lambda layer, text: 1.0)


def test_terms_alone_decide_and_score(translator):
    plan = Plan(AnyTerm((DIFFUSION, MODEL, DIFFUSION)))
    assert scoring(translator, plan) == {
        "bool": {
            "should": [
                {"term": {"title": {"value": "확산", "boost": 4.0}}},
                {"term": {"bullets": {"value": "모델", "boost": 1.0}}},
            ],
            "minimum_should_match": 1,
        }
    }


def test_every_term_scores_whichever_branch_matches(translator):
    plan = Plan(
        Or((And((AnyTerm((DIFFUSION,)), AnyTerm((MODEL,)))), Id("2401.1v2", 5.0))), filters=(MinVotes(3),)
    )
    identified = {
        "bool": {
            "should": [{"term": {"id": "2401.1v2"}}, {"term": {"arxiv_id": "2401.1"}}],
            "minimum_should_match": 1,
        }
    }
    assert scoring(translator, plan) == {
        "bool": {
            "filter": [
                {"range": {"votes": {"gte": 3}}},
                {
                    "bool": {
                        "should": [
                            {
                                "bool": {
                                    "filter": [
                                        {"terms": {"title": ["확산"]}},
                                        {"terms": {"bullets": ["모델"]}},
                                    ]
                                }
                            },
                            identified,
                        ],
                        "minimum_should_match": 1,
                    }
                },
            ],
            "should": [
                {"term": {"title": {"value": "확산", "boost": 2.0}}},
                {"term": {"bullets": {"value": "모델", "boost": 1.0}}},
                {"constant_score": {"filter": identified, "boost": 5.0}},
            ],
            "minimum_should_match": 0,
        }
    }


def test_a_name_scores_the_same_wherever_it_stands(translator):
    side_by_side = {
        "intervals": {
            "title_forms": {
                "all_of": {
                    "ordered": True,
                    "max_gaps": 0,
                    "intervals": [{"match": {"query": "확산"}}, {"match": {"query": "모델을"}}],
                }
            }
        }
    }
    assert scoring(translator, Plan(NAME)) == {
        "bool": {
            "should": [{"constant_score": {"filter": side_by_side, "boost": 3.0 * 1.9 / (1 + K1)}}],
            "minimum_should_match": 1,
        }
    }
    assert scoring(translator, Plan(NAME), name_idf=0.0) == NOTHING


def test_the_last_word_of_a_phrase_may_be_longer(translator):
    last = PhraseWord(("모델",), tail=True, base=("모델",))
    found = translator.matching(Phrase((PhraseWord(("확산",)), last), (), "bullets"))
    (rules,) = [each["all_of"]["intervals"] for each in found["intervals"].values()]
    assert list(found["intervals"]) == ["rest_forms"]
    assert rules[0] == {"match": {"query": "확산"}}
    assert set(rules[1]["regexp"]["pattern"].split("|")) == {"모델을", "모델이"}


@pytest.mark.parametrize(
    ("node", "query"),
    [
        (Phrase((PhraseWord(("github",)),), ()), {"terms": {"surface": ["github"]}}),
        (Phrase((PhraseWord(("없는",)),), ()), NOTHING),
        (Phrase((PhraseWord(("확산",)), PhraseWord(("없는",))), ()), NOTHING),
        (InField(("c++",), (), "title"), {"terms": {"title_forms": ["c++"]}}),
        (Not(AnyTerm((MODEL,))), {"bool": {"must_not": [{"terms": {"bullets": ["모델"]}}]}}),
        (DateRange("2024-02", "2024-03-05"), {"range": {"date": {"gte": 20240200, "lte": 20240305}}}),
        (DateRange("2024", None), {"range": {"date": {"gte": 20240000}}}),
        (DateRange(None, None), {"exists": {"field": "date"}}),
        (
            Author(("Ji-Hoon", "KIM")),
            {
                "nested": {
                    "path": "people",
                    "query": {
                        "bool": {
                            "filter": [
                                {"term": {"people.words": {"value": word}}} for word in ("ji", "hoon", "kim")
                            ]
                        }
                    },
                    "score_mode": "none",
                }
            },
        ),
        (Author(("-",)), NOTHING),
        (AnyTerm(()), NOTHING),
        (Everything(), {"match_all": {}}),
    ],
)
def test_what_only_decides(translator, node, query):
    assert translator.matching(node) == query


@pytest.mark.parametrize("count", [MOST_CLAUSES, MOST_CLAUSES + 1, 5000])
def test_more_terms_than_a_cluster_takes_still_match(translator, count):
    terms = tuple(PlanTerm(Layer.SURFACE, f"t{number}", 1.0 + number) for number in range(count))
    made = scoring(translator, Plan(Or((AnyTerm(terms), NAME)), filters=(AnyTerm((MODEL,)),)))
    assert clause_count(made) <= MOST_CLAUSES
    (listed,) = [
        each["terms"]["surface"] for each in made["bool"]["filter"][1]["bool"]["should"] if "terms" in each
    ]
    assert len(listed) == count
    # Those worth most score.
    scored = {each["term"]["surface"]["value"] for each in made["bool"]["should"] if "term" in each}
    assert f"t{count - 1}" in scored
    assert "t0" not in scored


@pytest.fixture
def long(cluster_address):
    """A commit whose documents hold all of `WORDS` side by side, and are ten."""
    bullets = (" ".join(WORDS), "확산")
    SearchIndex.build((Document(id=f"d{n}", bullets=bullets) for n in range(10)), cluster_address).close()
    engine = engine_at(cluster_address)
    with engine.open() as snapshot:
        yield snapshot
    engine.close()


def test_features_that_a_cluster_doesn_t_take_at_once_are_asked_for_in_parts(long):
    def scorer(count, bigrams=()):
        stage = SecondStage(WORDS[:count], bigrams, SECOND_STAGE)
        return SecondStageScorer(stage, long.lexicon, Counts.of(long))

    def added_to(root, features):
        return features.added_to(root, json.dumps(root), ["a", "b"])

    assert added_to({"match_all": {}}, scorer(400)) is None
    queries = scorer(400, ("확산",)).parts_of(["a", "b"])
    assert len(queries) > 1
    assert max(map(clause_count, queries)) <= MOST_CLAUSES
    # 399 pairs in order, 8 tokens for each pair near each other, a bigram, and the terms of the best sentence.
    assert sum(map(clause_count, queries)) - len(queries) == 399 + 399 * 8 + 1 + 400
    assert all("must" not in each["bool"] for each in queries)
    # One part may be enough for the features, but not for the first stage beside them.
    assert added_to({"bool": {"should": [{"match_all": {}}] * 300}}, scorer(90)) is None
    assert len(scorer(90).parts_of(["a"])) == 1
    query = json.loads(added_to({"match_all": {}}, scorer(2, ("확산",))))
    assert query["bool"]["must"] == [{"match_all": {}}]
    near = [
        each["term"]["near"]["boost"] for each in query["bool"]["should"] if "near" in each.get("term", {})
    ]
    gain = SECOND_STAGE.near * math.log1p((10 - 10 + 0.5) / (10 + 0.5))
    assert sum(near) == pytest.approx(gain * 8 / (8 + K1))
