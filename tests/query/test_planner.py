"""What the golden plans don't show: options, limits, and that any query has a plan."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from plan_printing import show
from query_texts import texts
from timing import cpu_seconds

from searchkit.query.parser import parse
from searchkit.query.plan import AnyTerm, Everything, MinVotes, Phrase
from searchkit.query.terms import MAX_EXPANSIONS


def test_a_blank_query_is_everything_that_passes_the_filters(planned):
    for text in ("", " \n\t"):
        plan, notes = planned(text, filters=(MinVotes(3),))
        assert plan.root == Everything()
        assert plan.filters == (MinVotes(3),)
        assert notes == []


def test_without_phrases_quotes_are_words(planned):
    assert show(planned('"확산 모델" 이미지', phrases=False).plan) == show(planned("확산 모델 이미지").plan)


def test_match_all_requires_every_word_but_particles_behind_words(planned):
    found = show(planned("LLM이 (a OR b) c", match_all=True).plan)
    assert found == (
        "all({llm:T2,B1,P0.3,S0.6}, any({a:T2,B1,P0.3,S0.6}, {b:T2,B1,P0.3,S0.6}), {c:T2,B1,P0.3,S0.6})"
    )
    assert show(planned("에서", match_all=True).plan) == "{에서:S0.6}"
    assert show(planned("a date:2023", match_all=True).plan).endswith("|| date(2023-01-01..2023-12-31)")


def test_words_are_numbered_in_the_order_of_the_query(planned):
    plan, _ = planned('-x a (b OR "c d") title:e')
    assert {term.text: term.word for term in _terms(plan.root)} == {"a": 1, "b": 2, "c": 3, "d": 4, "e": 5}


def test_beginnings_stand_for_a_bounded_number_of_words(planned, vocabulary):
    vocabulary.add(f"zz{number:05}" for number in range(5000))
    plan, notes = planned("zz*")
    assert isinstance(plan.root, AnyTerm)
    assert len({term.text for term in plan.root.terms}) == MAX_EXPANSIONS
    (note,) = notes
    assert note.code == "wildcard-cut"
    assert cpu_seconds(lambda: planned("zz* " * 100), tries=3) < 0.5
    plan, notes = planned("zz* " * 100)
    assert len(_terms(plan.root)) == 4 * MAX_EXPANSIONS * 4


def test_phrases_end_in_a_bare_word(planned):
    for text, tail in (
        ("모델", True),
        ("모델을", False),
        ("확산모델", True),
        ("생성했다", False),
        ("GPT-4", False),
    ):
        root = planned(f'"{text}"').plan.root
        assert isinstance(root, Phrase)
        assert root.words[-1].tail is tail, text


@settings(max_examples=60)
@given(text=texts, match_all=st.booleans(), phrases=st.booleans())
def test_any_query_has_a_plan(planned, text, match_all, phrases):
    plan, _ = planned(text, match_all=match_all, phrases=phrases)
    show(plan).encode()
    assert (parse(text).node is None) == (not text.strip())


def _terms(node):
    terms = list(getattr(node, "terms", ()))
    for child in getattr(node, "children", ()):
        terms += _terms(child)
    return terms
