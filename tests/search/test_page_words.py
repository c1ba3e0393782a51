"""The streams tell which words of a page match; that changes nothing in what is marked."""

import pytest

from searchkit.answers.answer import Request, answer
from searchkit.results.presentation import Presenter

QUERIES = [
    "모델",
    "확산 모델을",
    "LLM의",
    "model*",
    '"언어 모델"',
    "title:diffusion 이미지",
    "GPT-4 of -비디오",
    "의",
]


@pytest.mark.parametrize("query", QUERIES)
def test_hits_are_those_of_a_presenter_that_knows_nothing(seeds, query):
    found = seeds.search(query, limit=77)
    assert found.total
    view = seeds._current()
    presenter = Presenter(answer(view, Request(query=query)).plan, view.vocabulary.tokens)
    for hit in found:
        alone = next(presenter.present([hit.document]))
        assert (hit.highlights, hit.matched_terms) == (alone.highlights, alone.matched_terms)
