"""JSON Lines."""

import json

import pytest


def records(*lines):
    return "\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines) + "\n"


def test_all_keys(read):
    record = {
        "id": "n1",
        "title": "제목",
        "text": ["첫째", "", "둘째"],
        "date": "2024-06-12",
        "url": "https://arxiv.org/abs/2406.00001",
        "authors": ["Ann Lee", "Bo Kim", "Ann Lee", "+"],
        "votes": 3,
        "tags": ["a", {"b": 1.5}],
    }
    parsed = read(records("", record), "a.jsonl")
    assert parsed.problems == []
    (document,) = parsed.documents
    assert document.as_dict() == {
        "id": "n1",
        "title": "제목",
        "date": "2024-06-12",
        "url": "https://arxiv.org/abs/2406.00001",
        "arxiv_id": "2406.00001",
        "authors": ["Ann Lee", "Bo Kim"],
        "authors_truncated": True,
        "votes": 3,
        "bullets": ["첫째", "", "둘째"],
        "labels": [None, None, None],
        "bullet_lines": [2, 2, 2],
        "media": [],
        "source": "papers/a.jsonl",
        "line": 2,
        "extra": {"tags": ["a", {"b": 1.5}]},
    }


def test_few_keys(read):
    parsed = read(
        records({"id": 7, "text": "글 하나\n\n둘", "authors": "Ann Lee, Bo Kim", "votes": None}), "a.NDJSON"
    )
    (document,) = parsed.documents
    assert (document.id, document.bullets, document.authors) == (
        "7",
        ("글 하나\n\n둘",),
        ("Ann Lee", "Bo Kim"),
    )
    assert parsed.problems == []


@pytest.mark.parametrize(
    "line",
    [
        "{",
        "nonsense",
        '{"id": "x", "title": "t"} trailing',
        "[1, 2]",
        '"text"',
        "null",
        "{}",
        '{"title": "no id"}',
        '{"id": ""}',
        '{"id": null}',
        '{"id": true}',
        '{"id": ["x"]}',
        '{"id": "white space"}',
        '{"id": "tab\\t"}',
        json.dumps({"id": "x" * 600}),
        '{"id": "x", "votes": NaN}',
        '{"id": "x", "votes": -Infinity}',
        "[" * 100_000,
        '{"id": "x", "a":' + "[" * 5000 + "]" * 5000 + "}",
    ],
)
def test_a_line_that_gives_no_document_is_reported_and_the_rest_is_read(read, line):
    parsed = read(records({"id": "a", "title": "A"}, line, {"id": "b", "title": "B"}), "a.jsonl")
    assert [document.id for document in parsed.documents] == ["a", "b"]
    (problem,) = parsed.problems
    assert (problem.file, problem.line) == ("papers/a.jsonl", 2)
    assert "\n" not in problem.message
    assert len(problem.message) < 1000


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("date", "someday"),
        ("date", "2024-02-30"),
        ("date", 20240612),
        ("url", ["https://a"]),
        ("authors", 3),
        ("authors", ["Ann Lee", 3]),
        ("votes", "many"),
        ("votes", 1.5),
        ("votes", True),
        ("votes", 2**31),
        ("title", ["a"]),
        ("text", {"a": "b"}),
        ("text", ["a", None]),
    ],
)
def test_a_wrong_value_is_reported_and_kept_under_extra(read, key, value):
    parsed = read(records({"id": "x", "title": "제목", "text": "글", key: value}), "a.jsonl")
    (document,) = parsed.documents
    assert document.extra == {key: value}
    assert [problem.line for problem in parsed.problems] == [1]
    assert key in parsed.problems[0].message


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        ("date", "2024-06-12T10:30:00Z", "2024-06-12"),
        ("date", "", None),
        ("votes", 3.0, 3),
        ("votes", "12", 12),
        ("votes", "-", None),
        ("title", 1984, "1984"),
    ],
)
def test_values_that_are_meant_well(read, key, value, expected):
    parsed = read(records({"id": "x", "title": "제목", key: value}), "a.jsonl")
    assert parsed.problems == []
    assert getattr(parsed.documents[0], key) == expected


def test_halves_of_surrogate_pairs_can_be_written_again(read):
    parsed = read(
        '{"id": "x", "title": "a\\ud800b", "text": "\\ud83d\\ude00", "k\\udfff": ["\\udc00"]}\n', "a.jsonl"
    )
    (document,) = parsed.documents
    assert document.title == "a\ufffdb"
    assert document.bullets == ("😀",)
    assert document.extra == {"k\ufffd": ["\ufffd"]}
    json.dumps(document.as_dict(), ensure_ascii=False).encode()
    assert len(parsed.problems) == 1


def test_huge_numbers_can_be_written_again(read):
    parsed = read('{"id": "x", "title": "t", "a": 1e999, "b": ' + "9" * 6000 + "}\n", "a.jsonl")
    (document,) = parsed.documents
    assert document.extra == {"a": "1e999", "b": "9" * 6000}
    json.dumps(document.as_dict(), allow_nan=False)


def test_a_key_that_stands_twice_is_reported(read):
    parsed = read('{"id": "x", "title": "a", "title": "b"}\n', "a.jsonl")
    assert parsed.documents[0].title == "b"
    assert "title" in parsed.problems[0].message


def test_a_document_without_words_is_reported(read):
    parsed = read('{"id": "x"}\n', "a.jsonl")
    assert [document.id for document in parsed.documents] == ["x"]
    assert len(parsed.problems) == 1


def test_line_separators_within_strings_end_no_line(read):
    parsed = read('{"id": "x", "text": "a\u2028b\x85c"}\r\n{"id": "y", "text": "d"}\r\n', "a.jsonl")
    assert [(document.id, document.line) for document in parsed.documents] == [("x", 1), ("y", 2)]


def test_a_mark_and_cp949(read):
    line = json.dumps({"id": "x", "title": "확산 모델"}, ensure_ascii=False)
    for data in (line.encode("utf-8-sig"), line.encode("cp949"), line.encode("utf-16")):
        assert read(data, "a.jsonl").documents[0].title == "확산 모델"
