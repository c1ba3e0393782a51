"""Phrases that stand out in the titles of the best hits."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from searchkit.query.title_phrases import MAX_WORDS, as_terms, over_represented
from searchkit.ranking.weights import EXPANSION

WEIGHTS = EXPANSION.titles
TITLES = [
    "efficient reward models for alignment",
    "a reward model of the world",
    "reward-model training and the language of models",
    "language agents",
    "the end of the world",
]
COUNTS = {"reward": 4, "model": 90, "language": 80, "world": 9, "end": 9}


def found(titles: list[str], documents: int = 100) -> dict[str, float]:
    split = [title.split() for title in titles]
    best = over_represented(split, lambda word: COUNTS.get(word, 50), documents, WEIGHTS)
    return {" ".join(each.words): each.share for each in best}


def test_a_phrase_of_many_titles_here_and_few_elsewhere_stands_out() -> None:
    assert next(iter(found(TITLES))) == "reward model"
    assert found(TITLES)["reward model"] == 1.0
    assert 0 < found([*TITLES, *["more"] * 9])["reward model"] < 1.0


def test_what_all_titles_say_does_not() -> None:
    assert not {"model", "language", "the"} & set(found(TITLES))


def test_words_that_only_stand_in_the_longer_phrase_are_left_out() -> None:
    assert "reward" not in found(TITLES)


def test_it_is_written_as_the_titles_write_it() -> None:
    best = over_represented([t.split() for t in TITLES], lambda w: COUNTS.get(w, 50), 100, WEIGHTS)[0]
    (term,) = as_terms([best], WEIGHTS, "glossary", 0, 1.0)
    written = {" ".join(place.forms[0] for place in words) for words in term.phrases}
    assert written == {"reward model", "reward models", "reward-model"}
    assert (term.field, term.weight) == ("title", WEIGHTS.title)


def test_few_titles_say_nothing() -> None:
    assert not found(TITLES[:2])
    assert not found([])


words = st.sampled_from(["reward", "model", "of", "the", "확산", "3d", "2", "gpt-4", "text-to-image"])


@settings(max_examples=100)
@given(st.lists(st.lists(words, max_size=6), max_size=12))
def test_phrases_are_short_and_english_and_begin_and_end_with_content(titles: list[list[str]]) -> None:
    best = over_represented(titles, lambda word: 1, 1000, replace(WEIGHTS, titles=1))
    assert len(best) <= WEIGHTS.phrases
    assert [each.share for each in best] == sorted((each.share for each in best), reverse=True)
    for each in best:
        assert 1 <= len(each.words) <= MAX_WORDS
        assert each.words[0] not in ("of", "the")
        assert each.words[-1] not in ("of", "the")
        assert not any("가" <= char <= "힣" for word in each.words for char in word)
        assert 0 < each.share <= 1
