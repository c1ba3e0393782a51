from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from searchkit.document import Document
from searchkit.results.display import columns
from searchkit.results.hit import Highlight, Snippet
from searchkit.results.snippet import PASSAGE_COLUMNS, best_snippet

LONG = (
    "첫 문장은 아무것도 말하지 않는다. " * 12
    + "여기에 확산 모델이 있다. "
    + "끝 문장도 아무것도 말하지 않는다. " * 12
)


def passage(presenter, query, *bullets, **values):
    document = Document(id="x", bullets=bullets, **values)
    return next(presenter(query, document).present([document])).snippet


def test_the_bullet_with_the_most_words_wins(presenter):
    found = passage(
        presenter,
        "확산 모델 이미지",
        "모델 모델 모델",
        "확산 모델로 이미지를",
        "이미지 이미지",
        bullet_lines=(7, 9, 12),
        line=3,
    )
    assert (found.field, found.item, found.line) == ("bullets", 1, 9)
    assert found.as_text("[", "]") == "[확산] [모델]로 [이미지]를"


def test_rarer_words_weigh_more():
    document = Document(id="x", bullets=["a b", "c"])
    marks = [
        Highlight("bullets", 0, 0, 1, (0,)),
        Highlight("bullets", 0, 2, 3, (1,)),
        Highlight("bullets", 1, 0, 1, (2,)),
    ]
    assert best_snippet(document, marks).item == 0
    assert best_snippet(document, marks, {0: 0.5, 1: 0.5, 2: 3.0}).item == 1


def test_long_bullets_are_cut_around_the_match(presenter):
    found = passage(presenter, "확산 모델", LONG)
    assert found.as_text("[", "]").count("[확산] [모델]") == 1
    assert columns(found.text) <= PASSAGE_COLUMNS
    assert found.cut_before
    assert found.cut_after
    assert found.text.startswith(("첫 문장", "여기에"))
    assert LONG[found.end : found.end + 1] == " "


def test_the_end_of_a_bullet_is_filled_up_with_what_stands_before(presenter):
    found = passage(presenter, "마침표", LONG + "마침표이다.")
    assert found.text.endswith("마침표이다.")
    assert not found.cut_after
    assert columns(found.text) > PASSAGE_COLUMNS // 2


@pytest.mark.parametrize(
    ("bullets", "title", "expected"),
    [
        (("", "  ", "셋째"), "Title", ("bullets", 2, "셋째")),
        ((), "Title only", ("title", 0, "Title only")),
        ((), "", ("title", 0, "")),
    ],
)
def test_without_a_match_it_begins_at_the_beginning(presenter, bullets, title, expected):
    found = passage(presenter, "없는말", *bullets, title=title)
    assert (found.field, found.item, found.text) == expected


def test_a_match_in_the_title_shows_the_first_bullet(presenter):
    found = passage(presenter, "diffusion", "확산", title="Diffusion")
    assert (found.field, found.text, found.marks) == ("bullets", "확산", ())


def test_one_endless_word_is_cut(presenter):
    found = passage(presenter, "가", "가" * 5000)
    assert 0 < columns(found.text) <= PASSAGE_COLUMNS


def test_html_is_escaped_and_plain_text_is_harmless():
    text = "<img src=x onerror='\"'> \x1b[31m확산\u202e & \x9b"
    start = text.index("확산")
    found = Snippet("bullets", 0, 0, len(text), text, marks=((start, start + 2),), cut_after=True)
    assert found.as_html() == (
        "&lt;img src=x onerror=&#x27;&quot;&#x27;&gt; \ufffd[31m<mark>확산</mark>\ufffd &amp; \ufffd…"
    )
    assert found.as_text() == "<img src=x onerror='\"'> \ufffd[31m확산\ufffd & \ufffd…"
    assert found.as_text("*", "*").count("*확산*") == 1


@given(
    st.lists(
        st.sampled_from(["확산", "모델이다. ", "word ", "\n", "가" * 30, ". ", "\u1100\u1161"]), max_size=60
    ),
    st.data(),
)
@settings(max_examples=150)
def test_any_passage_is_part_of_its_bullet_and_fits(pieces, data):
    text = "".join(pieces)
    marks = []
    at = 0
    while at < len(text) and len(marks) < 5:
        start = data.draw(st.integers(at, len(text) - 1))
        end = data.draw(st.integers(start + 1, min(len(text), start + 8)))
        marks.append(Highlight("bullets", 0, start, end, (len(marks),)))
        at = end + 1
    found = best_snippet(Document(id="x", bullets=[text]), marks)
    if found.field == "bullets":
        assert text[found.start : found.end] == found.text
        assert columns(found.text) <= PASSAGE_COLUMNS
    assert "".join(piece for piece, _ in found.pieces()) == found.text
