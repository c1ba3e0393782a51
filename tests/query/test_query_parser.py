"""Any text gives a tree, quickly; words are words, signs count only where they should."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from query_texts import PIECES, texts
from timing import cpu_seconds

from searchkit.analysis.words import split
from searchkit.errors import QuerySyntaxError
from searchkit.query.lexer import MAX_CLAUSES, MAX_LENGTH
from searchkit.query.parser import parse
from searchkit.query.planner import _words_of
from searchkit.query.syntax import DateText, FieldGroup, Group, IdText, NotOp, PhraseText, Words


def forms(node) -> list[str]:
    return [word.key.form for word, _ in _words_of(node)]


@settings(max_examples=200)
@given(texts)
def test_any_text_is_read(text):
    parsed = parse(text)
    assert (parsed.node is None) == (not text.strip())
    for note in parsed.notes:
        note.message.encode()
        assert "\n" not in note.message


@settings(max_examples=100)
@given(texts)
def test_strict_reading_raises_only_syntax_errors_with_their_place(text):
    try:
        parsed = parse(text, strict=True)
    except QuerySyntaxError as error:
        place = error.position
    else:
        assert {note.code for note in parsed.notes} <= {"no-words"}
        place = 0
    assert 0 <= place <= len(text)


@settings(max_examples=100)
@given(st.lists(st.from_regex(r"\A(?:[가-힣]{1,6}|[a-z]{1,8}|[a-z]{1,3}-[0-9])\Z"), min_size=1, max_size=20))
def test_words_are_words(words):
    parsed = parse(" ".join(words))
    assert parsed.notes == ()
    assert forms(parsed.node) == words


@settings(max_examples=100)
@given(st.text(max_size=60))
def test_without_fields_and_ids_every_word_of_the_text_is_kept(text):
    if not text.strip() or ":" in text or "：" in text:
        return
    assert forms(parse(text).node) == [word.key.form for word in split(text)]


@pytest.mark.parametrize(
    "text",
    [
        "(" * 1024,
        '"' * 1023,
        "「" * 1024,
        "-" * 1024,
        "a AND " * 170,
        "NOT " * 256,
        "-(" * 512,
        "title:" * 170,
        "date:[" * 170,
        "id:(" * 256,
        "a*" * 512,
        "* " * 512,
        "가" * 1024,
        "e\u0301" * 512,
        "a" + "\u0301" * 1023,
        "\ud800" * 1024,
        "+-" * 512,
        '(a "b" -c OR ' * 80,
        "http://" + "(" * 1000,
        "x" * 100_000,
        " " * 100_000 + "x",
    ],
    ids=lambda text: repr(text[:12]),
)
def test_the_worst_queries_take_little_time(text):
    parse("warm")
    assert cpu_seconds(lambda: parse(text)) < 0.05


def test_time_is_bounded_for_random_pieces():
    choose = random.Random(7)
    parse("warm")
    for _ in range(100):
        text = "".join(choose.choice(PIECES) for _ in range(1024))[:MAX_LENGTH]
        assert cpu_seconds(lambda text=text: parse(text), tries=3) < 0.1


def test_long_text_is_cut_at_white_space_with_a_note():
    parsed = parse("확산 " * 1000)
    assert [note.code for note in parsed.notes] == ["query-cut", "too-many-words"]
    assert set(forms(parsed.node)) == {"확산"}
    assert len(forms(parsed.node)) == MAX_CLAUSES
    cut = parse("abcdefg " * 200)
    assert [note.code for note in cut.notes] == ["query-cut"]
    assert set(forms(cut.node)) == {"abcdefg"}


def test_brackets_are_groups_only_when_they_hang_on_nothing():
    assert parse("모델(Large)은").node == parse("모델(Large)은 ").node
    assert isinstance(parse("모델(Large)은").node, Words)
    assert isinstance(parse("(a b) c").node, Group)
    assert parse("f(x) g(y)").notes == ()
    assert [note.code for note in parse(":)").notes] == ["unbalanced", "no-words"]


def test_signs_inside_words_are_no_operators():
    assert forms(parse("GPT-4 C++ C# .NET text-to-image").node) == [
        "gpt-4",
        "c++",
        "c#",
        ".net",
        "text-to-image",
    ]
    assert not any(isinstance(child, NotOp) for child in parse("a - b --c d-e").node.children)
    assert isinstance(parse("-비디오").node, NotOp)


def test_quotes_of_every_kind():
    for text in (
        '"확산 모델"',
        "“확산 모델”",
        "„확산 모델“",
        "「확산 모델」",
        "『확산 모델』",
        "＂확산 모델＂",
    ):
        node = parse(text).node
        assert isinstance(node, PhraseText), text
        assert forms(node) == ["확산", "모델"]


def test_fields_in_any_case_and_only_directly_before_what_is_looked_for():
    assert isinstance(parse("TITLE:확산").node, FieldGroup)
    assert parse("Title: Mamba").notes == ()
    assert forms(parse("Title: Mamba").node) == ["title", "mamba"]
    assert parse("Mamba: Linear-Time Sequence Modeling").notes == ()
    (note,) = parse("venue:ICLR").notes
    assert note.code == "unknown-field"
    assert "title, bullets, author, id, date" in note.message


def test_ids_are_taken_whole():
    assert parse("id:notes/a(b),%20c:d.md").node == IdText("notes/a(b),%20c:d.md")
    assert parse("(id:2312.04461)").node == IdText("2312.04461")
    assert parse('id:"a AND b"').node == IdText("a AND b")


@pytest.mark.parametrize(
    ("text", "since", "until"),
    [
        ("date:2023", "2023-01-01", "2023-12-31"),
        ("date:2024-02", "2024-02-01", "2024-02-29"),
        ("date:2023-12-08.", "2023-12-08", "2023-12-08"),
        ("date:[2023-12-01 TO 2023-12-31]", "2023-12-01", "2023-12-31"),
        ("Date:[2023-11 to 2023-12]", "2023-11-01", "2023-12-31"),
        ("date:[2023 TO]", "2023-01-01", None),
        ("date:[* TO 2023]", None, "2023-12-31"),
    ],
)
def test_dates(text, since, until):
    assert parse(text, strict=True).node == DateText(since, until)


@pytest.mark.parametrize(
    "text",
    [
        "date:x",
        "date:2023-13",
        "date:2023-02-30",
        "date:0000",
        "date:[2024 TO 2023]",
        "date:[TO]",
        "date:[a TO",
    ],
)
def test_bad_dates_are_words_with_a_note(text):
    parsed = parse(text)
    assert [note.code for note in parsed.notes] == ["bad-date"]
    assert forms(parsed.node) == [word.key.form for word in split(text)]
    with pytest.raises(QuerySyntaxError, match="at character 6"):
        parse(text, strict=True)
