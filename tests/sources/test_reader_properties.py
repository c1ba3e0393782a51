"""Whatever a file holds: reading it never raises, gives documents that can be stored, and loses no text."""

import json
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from timing import cpu_seconds

from searchkit.document import Document
from searchkit.sources.reader import read_file
from searchkit.sources.root import SourceFile

NAMES = st.sampled_from(["a.md", "b.txt", "c.jsonl", "하위/d e.markdown"])
PIECES = st.sampled_from(
    [
        "## Daily Papers (2024-06-12)",
        "## Daily Papers (2024-99-12)",
        "### [Title one](https://arxiv.org/abs/2406.00001)",
        "### [Broken](https://arxiv.org/abs/2406.00002",
        "### No link",
        "#### deeper",
        "## Other",
        "Vote: 3",
        "Vote: x",
        "Authors: Ann Lee, +",
        "![](https://a.b/c.png)",
        '<div><video src="https://a.b/c.mp4"></video></div>',
        "<video>",
        "- **What's New**: 새 모델",
        "- 첫째 bullet",
        "* 둘째",
        "  - inner",
        "1) 번호",
        "글 한 줄",
        "```",
        "~~~ python",
        "---",
        "-",
        "",
        "",
        "# 제목",
        "title: a",
        '{"id": "x", "title": "제목", "text": ["a"]}',
        '{"id": "x", "text": [',
        "\u2028\x85\x0b\x0c",
        "[[[](](",
    ]
)


def read(data, inside="a.md"):
    return read_file(SourceFile(f"/nowhere/{inside}", inside, f"root/{inside}", "root"), data)


def check(parsed, data):
    lines = len(re.findall(rb"\r\n|\r|\n", data)) + 1
    for document in parsed.documents:
        assert Document.from_dict(document.as_dict()).content_hash()
        json.dumps(document.as_dict(), allow_nan=False, ensure_ascii=False).encode()
        assert 1 <= document.line <= lines
        assert len(document.bullet_lines) == len(document.bullets)
        assert all(1 <= line <= lines for line in document.bullet_lines)
    for problem in parsed.problems:
        assert problem.line is None or 1 <= problem.line <= max(lines, data.count(b"\n\0") + lines)
        assert "\n" not in problem.message


@settings(max_examples=200)
@given(st.binary(max_size=400), NAMES)
def test_any_bytes(data, name):
    parsed = read(data, name)
    for document in parsed.documents:
        json.dumps(document.as_dict(), ensure_ascii=False).encode()


@settings(max_examples=200)
@given(st.lists(PIECES | st.text(max_size=20), max_size=25), NAMES, st.sampled_from(["\n", "\r\n", "\r"]))
def test_lines_of_all_kinds(pieces, name, end):
    data = end.join(pieces).encode("utf-8", "replace")
    parsed = read(data, name)
    check(parsed, data)
    assert read(data, name) == parsed


WORDS = st.lists(
    st.sampled_from(["확산", "model", "GPT-4o", "- x", "1)", "*a*"]), min_size=1, max_size=4
).map(" ".join)
LINES = st.lists(
    st.tuples(
        st.sampled_from(["- ", "* ", "  - ", "", "1) ", "    ", "#### ", "\n", "- **Label**: "]), WORDS
    ),
    max_size=12,
)


@settings(max_examples=200)
@given(LINES, st.booleans())
def test_no_text_of_a_paper_or_a_note_is_lost(lines, is_digest):
    head = "## Daily Papers (2024-06-12)\n### [T](https://arxiv.org/abs/2406.00001)\n" if is_digest else ""
    numbered = [(sign, f"{text} w{number}w") for number, (sign, text) in enumerate(lines)]
    parsed = read((head + "".join(f"{sign}{text}\n" for sign, text in numbered) + "끝\n").encode())
    (document,) = parsed.documents
    kept = "\n".join((document.title, *document.bullets))
    for number, (_, text) in enumerate(numbered):
        assert f"w{number}w" in kept
        assert text.split()[-2].strip("*#-") in kept


@pytest.mark.parametrize(
    "text",
    [
        "# " + " " * 200_000 + "x",
        "## Daily Papers (2024-06-12)\n### " + " " * 200_000 + "x" + "#" * 100_000 + "y",
        "## Daily Papers (2024-06-12)\n### " + "[](" * 60_000,
        "## Daily Papers (2024-06-12)\n### [T](https://arxiv.org/abs/2406.00001)\nVote:"
        + " " * 200_000
        + "x",
        "## Daily Papers (2024-06-12)\n### [T](u)\n" + ("![" * 2000 + "\n") * 50,
        "## Daily Papers (2024-06-12)\n### [T](u)\n- " + "*" * 200_000,
        "## Daily Papers (2024-06-12)\n### [T](u)\n" + "- " * 100_000 + "x",
        "## Daily Papers (2024-06-12)\n### [T](u)\n" + "```\n~~~\n" * 20_000,
        "---\n" + "a" * 200_000 + ":" + " " * 200_000 + "#\n---\n",
        "---\nkey: " + "x " * 100_000 + "\n" + "k:\n" * 20_000 + "---\n",
        '{"id": "x", "a": "' + '\\"[' * 100_000 + "\n",
        "text\n" * 50_000 + "=",
    ],
)
@pytest.mark.parametrize("name", ["a.md", "a.jsonl"])
def test_long_and_odd_lines_take_no_long_time(text, name):
    assert cpu_seconds(lambda: read(text.encode(), name), tries=1) < 5
