"""Digests, and every oddity that they are known to have."""

import textwrap

import pytest


def digest(body, day="## Daily Papers (2024-06-12)"):
    return f"{day}\n\n{textwrap.dedent(body).strip()}\n"


def paper(body, heading="### [A Title](https://arxiv.org/abs/2406.00001)"):
    return digest(f"{heading}\n\n{textwrap.dedent(body).strip()}")


def only(parsed):
    (document,) = parsed.documents
    return document


def test_a_paper_as_it_usually_stands(read):
    parsed = read(
        paper("""
            ![](https://cdn.example/a.png)

            Vote: 12

            Authors: Ann Lee, Bo Kim, Ann Lee, +

            - 확산 모델(Diffusion Model)을 제안한다.
            - 코드: https://github.com/a/b
        """)
    )
    assert parsed.problems == []
    assert only(parsed).as_dict() == {
        "id": "2024-06-12/2406.00001",
        "title": "A Title",
        "date": "2024-06-12",
        "url": "https://arxiv.org/abs/2406.00001",
        "arxiv_id": "2406.00001",
        "authors": ["Ann Lee", "Bo Kim"],
        "authors_truncated": True,
        "votes": 12,
        "bullets": ["확산 모델(Diffusion Model)을 제안한다.", "코드: https://github.com/a/b"],
        "labels": [None, None],
        "bullet_lines": [11, 12],
        "media": ["https://cdn.example/a.png"],
        "source": "papers/a.md",
        "line": 3,
        "extra": {},
    }


@pytest.mark.parametrize(
    ("line", "votes", "problems"),
    [
        ("Vote: 0", 0, 0),
        ("Vote: -", None, 0),
        ("Vote:", None, 0),
        ("Votes: 1,204", 1204, 0),
        ("", None, 0),
        ("Vote: many", None, 1),
        ("Vote: 99999999999999999999", None, 1),
    ],
)
def test_votes(read, line, votes, problems):
    parsed = read(paper(f"{line}\n\nAuthors: Ann Lee\n\n- 모델"))
    assert only(parsed).votes == votes
    assert len(parsed.problems) == problems


@pytest.mark.parametrize(
    "lines",
    [
        "[Watch Video](https://c.example/v.mp4)",
        "[Watch Video]https://c.example/v.mp4",
        '<div><video controls src="https://c.example/v.mp4" muted="false"></video></div>',
        '[Watch Video]https://c.example/v.mp4\n<div><video src="https://c.example/v.mp4"></video></div>',
        '<div>\n<video controls\tsrc="https://c.example/v.mp4">\n</video>\n</div>',
        '<video src="https://c.example/v.mp4"',
        "<img src='https://c.example/v.mp4'/>",
        "![figure](https://c.example/v.mp4)",
        "https://c.example/v.mp4",
    ],
)
@pytest.mark.parametrize("place", ["before", "after"])
def test_images_and_videos_wherever_they_stand(read, lines, place):
    body = (
        f"{lines}\n\nAuthors: Ann Lee\n\n- 모델"
        if place == "before"
        else f"Authors: Ann Lee\n\n- 모델\n{lines}"
    )
    parsed = read(paper(body))
    assert parsed.problems == []
    assert only(parsed).media == ("https://c.example/v.mp4",)
    assert only(parsed).bullets == ("모델",)


def test_text_beside_an_image_is_not_lost(read):
    assert "![a](b.png) 그림 설명" in only(read(paper("- 모델\n![a](b.png) 그림 설명"))).bullets[0]


@pytest.mark.parametrize(
    ("bullet", "label", "text"),
    [
        ("**What's New**: 새 모델", "What's New", "새 모델"),
        ("***What's New***: 새 모델", "What's New", "새 모델"),
        ("*What's New*: 새 모델", "What's New", "새 모델"),
        ("**What's New:** 새 모델", "What's New", "새 모델"),
        ("***What’s New:*** 새 모델", "What’s New", "새 모델"),
        ("**What's New** : 새 모델", "What's New", "새 모델"),
        ("**기술 세부사항**：새 모델", "기술 세부사항", "새 모델"),
        ("**Any label may stand**:새 모델", "Any label may stand", "새 모델"),
        ("**GPT-4**의 새 모델", None, "**GPT-4**의 새 모델"),
        ("새 **모델**: 이것", None, "새 **모델**: 이것"),
        ("What's New: 새 모델", None, "What's New: 새 모델"),
        ("**Label only**:", "Label only", ""),
    ],
)
def test_labels(read, bullet, label, text):
    document = only(read(paper(f"- {bullet}\n- 다음")))
    assert document.bullets == (text, "다음")
    assert document.labels == (() if label is None else (label, None))


def test_lines_right_under_a_bullet_belong_to_it(read):
    parsed = read(
        paper("""
            - **Technical Details**: 세 단계이다.
            1) 첫째 단계
            2. **Tokenizer**: 둘째 단계
              - 안쪽 항목
            - ***Performance***:
            1) 빠르다
        """)
    )
    assert parsed.problems == []
    document = only(parsed)
    assert document.bullets == (
        "세 단계이다.\n1) 첫째 단계\n2. **Tokenizer**: 둘째 단계\n  - 안쪽 항목",
        "1) 빠르다",
    )
    assert document.labels == ("Technical Details", "Performance")
    assert document.bullet_lines == (5, 9)


def test_a_vote_right_under_a_bullet_is_its_text(read):
    document = only(read(paper("- 투표 결과\nVote: 3")))
    assert document.bullets == ("투표 결과\nVote: 3",)
    assert document.votes is None


def test_an_indented_line_goes_on_after_a_blank_one(read):
    parsed = read(paper("- 첫째\n\n  이어진 글\n- 둘째"))
    assert only(parsed).bullets == ("첫째\n  이어진 글", "둘째")
    assert parsed.problems == []


def test_text_that_belongs_to_no_bullet_is_kept_and_reported(read):
    parsed = read(paper("요약이 여기에\n두 줄로\n\nVote: 3\n\n- 첫째\n\n떨어진 글"))
    document = only(parsed)
    assert document.bullets == ("요약이 여기에\n두 줄로", "첫째", "떨어진 글")
    assert document.votes == 3
    assert [problem.line for problem in parsed.problems] == [5, 12]


@pytest.mark.parametrize("sign", ["-", "*", "+", "•"])
@pytest.mark.parametrize("indent", ["", "  ", "\t"])
def test_other_signs_and_indented_lists(read, sign, indent):
    parsed = read(paper("Vote: 1") + f"\n{indent}{sign} 첫째\n{indent}{sign} 둘째\n")
    assert only(parsed).bullets == ("첫째", "둘째")
    assert parsed.problems == []


def test_a_minus_without_a_space_begins_no_bullet(read):
    assert only(read(paper("- 첫째\n-5도에서"))).bullets == ("첫째\n-5도에서",)


def test_code_in_a_bullet_stays_whole(read):
    parsed = read(paper("- 예시:\n```python\n- not a bullet\n\n### not a paper\n```\n- 다음"))
    assert only(parsed).bullets == ("예시:\n```python\n- not a bullet\n\n### not a paper\n```", "다음")


def test_a_fence_that_is_not_closed_swallows_no_paper(read):
    parsed = read(
        paper("- 예시\n```\ncode") + "\n### [B](https://arxiv.org/abs/2406.00002)\n\n- 둘째 ```\n```\n"
    )
    assert [document.title for document in parsed.documents] == ["A Title", "B"]


def test_markup_and_an_eaten_tab_stay(read):
    text = "$x_{1}$와 `code`, [링크](https://a.b), \textit{기울임}"
    assert only(read(paper(f"- {text}"))).bullets == (text,)


def test_the_same_day_twice_and_one_paper_on_two_days(read):
    one, two = "### [One](https://arxiv.org/abs/2406.00001)", "### [Two](https://arxiv.org/abs/2406.00002)"
    parsed = read(
        f"## Daily Papers (2024-06-12)\n{one}\n- a\n## Daily Papers (2024-06-12)\n{two}\n- b\n"
        f"## Daily Papers (2024-06-13)\n{one}\n- a\n{one}\n- other\n"
    )
    assert [document.id for document in parsed.documents] == [
        "2024-06-12/2406.00001",
        "2024-06-12/2406.00002",
        "2024-06-13/2406.00001",
        "2024-06-13/2406.00001",
    ]
    assert parsed.problems == []


@pytest.mark.parametrize(
    ("heading", "title", "name", "reported"),
    [
        ("### [T](https://arxiv.org/abs/2406.00001v2)", "T", "2406.00001", False),
        ("### [T](https://arxiv.org/pdf/2406.00001.pdf)", "T", "2406.00001", False),
        ("### [T](https://huggingface.co/papers/2406.00001)", "T", "2406.00001", False),
        ("### [T](https://arxiv.org/abs/cs.CL/0112017)", "T", "cs.CL/0112017", False),
        ("### [T](https://openreview.net/forum?id=a1)", "T", "forum?id=a1", False),
        ("### [T](https://example.com/some/paper/)", "T", "paper", False),
        ("### [T](https://example.com/a_(b))", "T", "a_(b)", False),
        ('### [T](https://example.com/p "hint") (oral)', "T (oral)", "p", False),
        ("### [[Re]think [v2]: A](https://example.com/p)", "[Re]think [v2]: A", "p", False),
        ("###[T](https://example.com/p)", "T", "p", False),
        ("### [C and C#](https://example.com/p) ###", "C and C#", "p", False),
        ("#### [T](https://arxiv.org/abs/2406.00001)", "T", "2406.00001", False),
        ("### [T](https://arxiv.org/abs/2406.00001", "T", "2406.00001", True),
        ("### T https://arxiv.org/abs/2406.00001", "T", "2406.00001", True),
    ],
)
def test_headings(read, heading, title, name, reported):
    parsed = read(paper("- 모델", heading))
    document = only(parsed)
    assert (document.title, document.id) == (title, f"2024-06-12/{name}")
    assert [problem.line for problem in parsed.problems] == [3] * reported


def test_a_heading_without_link_is_reported_and_the_rest_is_read(read):
    body = "### No link\n\n- 잃은 글\n\n### [B](https://arxiv.org/abs/2406.00002)\n\n- 둘째"
    parsed = read(paper("- 첫째") + body)
    assert [document.bullets for document in parsed.documents] == [("첫째",), ("둘째",)]
    (problem,) = parsed.problems
    assert (problem.file, problem.line) == ("papers/a.md", 6)
    assert "No link" in problem.message


def test_a_link_on_the_line_below_gives_the_id(read):
    parsed = read(paper("https://arxiv.org/abs/2406.00009\n\n- 모델", "### No link"))
    assert only(parsed).id == "2024-06-12/2406.00009"


def test_a_url_with_odd_characters_gives_an_id_that_fits(read):
    parsed = read(paper("- 모델", "### [T](https://example.com/\u3000논문\u00a0하나)"))
    assert only(parsed).id.split("/", 1)[1]
    assert not any(sign.isspace() for sign in only(parsed).id)


@pytest.mark.parametrize(
    ("day", "date"),
    [
        ("## Daily Papers (2024-06-12)", "2024-06-12"),
        ("##Daily Papers(2024.6.2)", "2024-06-02"),
        ("# daily papers ( 2024/06/12 ) #", "2024-06-12"),
        ("## Daily Papers (2024-06-12) - 2부", "2024-06-12"),
    ],
)
def test_days(read, day, date):
    parsed = read(digest("### [T](https://arxiv.org/abs/2406.00001)\n- 모델", day))
    assert (only(parsed).date, parsed.problems) == (date, [])


@pytest.mark.parametrize("day", ["## Daily Papers (2024-13-45)", "## Daily Papers (언젠가)"])
def test_a_day_without_date_is_reported(read, day):
    parsed = read(digest("### [T](https://arxiv.org/abs/2406.00001)\n- 모델", day))
    assert (only(parsed).id, only(parsed).date) == ("2406.00001", None)
    assert [problem.line for problem in parsed.problems] == [1]


def test_a_paper_before_any_day_is_kept_and_reported(read):
    parsed = read("### [T](https://arxiv.org/abs/2406.00001)\n- 모델\n\n## Daily Papers (2024-06-12)\n")
    assert only(parsed).bullets == ("모델",)
    assert [problem.line for problem in parsed.problems] == [1]


def test_text_outside_of_papers_is_reported_once(read):
    parsed = read("머리말\n둘째 줄\n\n" + paper("- 모델") + "\n## 후기\n\n- 끝\n")
    assert only(parsed).bullets == ("모델",)
    assert [problem.line for problem in parsed.problems] == [1, 10]


def test_rules_and_comments_are_no_text(read):
    parsed = read(paper("- 첫째\n\n---\n<!-- note -->\n* * *\n- - -"))
    assert (only(parsed).bullets, parsed.problems) == (("첫째",), [])


def test_an_empty_bullet_is_none(read):
    assert only(read(paper("- \n-\n- 모델"))).bullets == ("모델",)


def test_a_name_in_two_forms_of_line_ends_and_marks(read):
    text = paper("Vote: 3\n\n- 모델\n- 둘째")
    for data in (
        text.replace("\n", "\r\n").encode(),
        text.replace("\n", "\r").encode(),
        text.encode("utf-8-sig"),
    ):
        assert read(data).documents == read(text).documents


def test_strange_ends_of_lines_do_not_shift_line_numbers(read):
    parsed = read(paper("- 하나\u2028둘\x85셋\x0b넷\n- 다음"))
    assert only(parsed).bullet_lines == (5, 6)


def test_broken_bytes_are_reported_and_the_rest_is_read(read):
    data = paper("- 첫째 모델\n- 둘째 모델").encode().replace("둘째".encode(), b"\xeb\x91")
    parsed = read(data)
    assert only(parsed).bullets == ("첫째 모델", "\ufffd 모델")
    assert [(problem.file, problem.line) for problem in parsed.problems] == [("papers/a.md", 6)]
