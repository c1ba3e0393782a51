"""Markdown and plain text notes."""

import textwrap

import pytest


def note(body):
    return textwrap.dedent(body).lstrip("\n")


def only(parsed):
    (document,) = parsed.documents
    return document


def test_front_matter_headings_lists_and_code(read):
    parsed = read(
        note("""
            ---
            title: "양자화 메모"  # the title
            date: 2024-06-12T09:00:00+09:00
            url: https://arxiv.org/abs/2406.00001
            authors: [Ann Lee, 'Bo Kim']
            tags:
              - llm
              - 양자화
            status: draft
            ---

            # 다른 제목

            첫 문단은
            두 줄이다.

            ## 방법 ##
            - 첫째 항목
              이어진 줄
              - 안쪽 항목
            1. 번호 항목

            ```python
            # not a heading

            - not an item
            ```
            밑줄 제목
            ---
            | 표 | 값 |
            |---|---|
        """),
        "하위/메모.md",
    )
    assert parsed.problems == []
    document = only(parsed)
    assert document.id == "papers/하위/메모.md"
    assert document.title == "양자화 메모"
    assert document.date == "2024-06-12"
    assert document.arxiv_id == "2406.00001"
    assert document.authors == ("Ann Lee", "Bo Kim")
    assert document.extra == {"tags": ["llm", "양자화"], "status": "draft"}
    assert list(zip(document.bullet_lines, document.bullets, strict=True)) == [
        (12, "다른 제목"),
        (14, "첫 문단은\n두 줄이다."),
        (17, "방법"),
        (18, "첫째 항목\n이어진 줄"),
        (20, "안쪽 항목"),
        (21, "1. 번호 항목"),
        (23, "```python\n# not a heading\n\n- not an item\n```"),
        (28, "밑줄 제목"),
        (30, "| 표 | 값 |\n|---|---|"),
    ]
    assert (document.source, document.line) == ("papers/하위/메모.md", 1)


@pytest.mark.parametrize(
    ("text", "title", "bullets"),
    [
        ("본문\n\n# 제목\n\n더", "제목", ("본문", "더")),
        ("제목\n===\n본문", "제목", ("본문",)),
        ("본문만", "a", ("본문만",)),
        ("---\ntitle: 같은 제목\n---\n# 같은 제목\n본문", "같은 제목", ("본문",)),
        ("#태그 하나\n본문", "a", ("#태그 하나\n본문",)),
        ("---\n\n본문", "a", ("본문",)),
        ("---\n본문: 글\n끝나지 않는다", "a", ("본문: 글\n끝나지 않는다",)),
        ("```\n끝나지 않는 코드\n\n# 아님", "a", ("```\n끝나지 않는 코드\n\n# 아님",)),
        ("- [ ] 할 일\n* 별\n• 점", "a", ("[ ] 할 일", "별", "점")),
        ("# ", "a", ()),
        ("---\ntitle: 머리만\n---\n", "머리만", ()),
    ],
)
def test_titles_and_bullets(read, text, title, bullets):
    document = only(read(text))
    assert (document.title, document.bullets) == (title, bullets)


def test_plain_text_in_cp949_with_windows_ends_of_lines(read):
    document = only(read("확산 모델\r\n\r\n둘째 문단\r\n".encode("cp949"), "메모.txt"))
    assert document.bullets == ("확산 모델", "둘째 문단")
    assert document.title == "메모"


def test_odd_front_matter_is_reported_and_nothing_else_is_lost(read):
    parsed = read("---\ntitle: T\ndate: 언젠가\n{odd\nlong: |\n  둘째 줄\n  셋째 줄\n---\n본문")
    document = only(parsed)
    assert (document.title, document.date, document.bullets) == ("T", None, ("본문",))
    assert document.extra == {"date": "언젠가", "long": "둘째 줄\n셋째 줄"}
    assert [problem.line for problem in parsed.problems] == [1, 4]


def test_names_with_white_space_give_ids_without(read):
    document = only(read("글", "내 노트/a b\u3000c.md"))
    assert document.id == "papers/내%20노트/a%20b%E3%80%80c.md"
    assert document.source == "papers/내 노트/a b\u3000c.md"


def test_a_name_too_long_for_an_id_is_reported(read):
    parsed = read("글", "/".join(["x" * 100] * 6) + ".md")
    assert parsed.documents == []
    assert "512" in parsed.problems[0].message


def test_a_note_that_mentions_daily_papers_is_a_note(read):
    assert only(read("# 메모\n\nDaily Papers (2024-01-01)을 읽었다.\n")).id == "papers/a.md"
    assert only(read("## Daily papers\n\n할 일\n")).id == "papers/a.md"


@pytest.mark.parametrize("data", [b"", b"\n \n\t\n", b"\xef\xbb\xbf", b"\xff\xfe"])
def test_an_empty_file_is_reported(read, data):
    parsed = read(data)
    assert parsed.documents == []
    assert [(problem.file, problem.line) for problem in parsed.problems] == [("papers/a.md", None)]


def test_a_binary_file_is_passed_over(read):
    parsed = read(b"\x89PNG\r\n\x1a\n" + bytes(range(32)) * 4)
    assert (parsed.documents, parsed.problems) == ([], [])
    assert parsed.skipped_reason is not None
