from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from searchkit.results.display import clip, columns, pad, printable, wrap_spans


@pytest.mark.parametrize(
    ("text", "width"),
    [("abc", 3), ("확산", 4), ("GPT-4의", 7), ("é", 1), ("e\u0301", 1), ("ＬＬＭ", 6), ("👍", 2), ("", 0)],
)
def test_hangul_takes_two_columns(text, width):
    assert columns(text) == width


def test_decomposed_hangul_is_as_wide_as_composed():
    assert columns(unicodedata.normalize("NFD", "확산 모델을")) == columns("확산 모델을")


def test_clip_and_pad_count_columns():
    assert clip("확산 모델", 9) == "확산 모델"
    assert clip("확산 모델", 8) == "확산 모…"
    assert clip("확산 모델", 5) == "확산…"
    assert pad("확산", 6) == "확산  "


@given(st.text())
def test_printable_text_has_no_controls_and_keeps_its_length(text):
    shown = printable(text)
    assert len(shown) == len(text)
    shown.encode()
    assert not any(unicodedata.category(char) in ("Cc", "Cs", "Zl", "Zp") for char in shown)
    assert not set("\u202a\u202b\u202d\u202e\u2066\u2067\u2068\u061c\u200e\u200f") & set(shown)


@given(st.text(alphabet=st.sampled_from("ab확산 \n\u0301👍-"), max_size=80), st.integers(4, 30))
def test_wrapped_lines_fit_and_lose_only_spaces(text, width):
    lines = wrap_spans(text, width)
    at = 0
    for start, end in lines:
        assert text[at:start].strip() == ""
        assert start < end
        assert columns(text[start:end]) <= width
        at = end
    assert text[at:].strip() == ""
