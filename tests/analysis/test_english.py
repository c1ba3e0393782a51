from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from searchkit.analysis.english import _IRREGULAR, _SINGULAR, stem

PLURALS = {
    "models": "model", "studies": "study", "classes": "class", "llms": "llm", "boxes": "box",
    "batches": "batch", "cases": "case", "databases": "database", "videos": "video", "heroes": "hero",
    "matrices": "matrix",
    "gpus": "gpu", "apis": "api", "metrics": "metric", "movies": "movie", "analyses": "analysis",
}  # fmt: skip
UNCHANGED = [
    "bias",
    "analysis",
    "gas",
    "loss",
    "always",
    "corpus",
    "robotics",
    "this",
    "is",
    "series",
    "model",
    "s",
    "",
]


@pytest.mark.parametrize("word", PLURALS)
def test_plurals_meet_their_singular(word: str) -> None:
    assert stem(word) == PLURALS[word], "help: see the lists in analysis/english.py"


@pytest.mark.parametrize("word", UNCHANGED)
def test_other_words_stay(word: str) -> None:
    assert stem(word) == word, "help: see the lists in analysis/english.py"


@settings(max_examples=200)
@given(st.text("aceiosuxyzhtn", max_size=9) | st.sampled_from([*_IRREGULAR, *_SINGULAR, *PLURALS]))
def test_twice_is_once(word: str) -> None:
    assert stem(stem(word)) == stem(word)
