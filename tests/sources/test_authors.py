"""Lines of authors."""

import pytest

from searchkit.sources.authors import split_authors


@pytest.mark.parametrize(
    ("line", "names", "more"),
    [
        ("Albert Gu, Tri Dao", ("Albert Gu", "Tri Dao"), False),
        ("Ann Lee, Ann Lee, Bo Kim, Ann Lee", ("Ann Lee", "Bo Kim"), False),
        ("Ann Lee, Bo Kim, +", ("Ann Lee", "Bo Kim"), True),
        ("Ann Lee, +, Bo Kim, 01. AI", ("Ann Lee", "Bo Kim", "01. AI"), True),
        ("Ann Lee, Bo Kim + 12", ("Ann Lee", "Bo Kim"), True),
        ("Ann Lee, Bo Kim et al.", ("Ann Lee", "Bo Kim"), True),
        ("Ann Lee, et al", ("Ann Lee",), True),
        ("Peter Vajda, Yingyan, Lin", ("Peter Vajda", "Yingyan Lin"), False),
        ("Jian Hu, Xianyu, Xibin Wu", ("Jian Hu", "Xianyu", "Xibin Wu"), False),
        ("OpenAI, Google", ("OpenAI", "Google"), False),
        ("Ann Lee, Meta, Google, OpenAI", ("Ann Lee", "Meta", "Google", "OpenAI"), False),
        ("John Smith, Jr., Ann Lee", ("John Smith, Jr.", "Ann Lee"), False),
        ("Ann Lee,Bo Kim ,  Cy  Oh,", ("Ann Lee", "Bo Kim", "Cy Oh"), False),
        ("DeepSeek-AI, Xiao Bi", ("DeepSeek-AI", "Xiao Bi"), False),
        ("김철수, 이영희", ("김철수", "이영희"), False),
        ("", (), False),
        ("+", (), True),
    ],
)
def test_names(line, names, more):
    assert split_authors(line) == (names, more)


def test_names_that_differ_in_normalisation_only_are_one():
    assert split_authors("José Ruiz, Jose\u0301 Ruiz")[0] == ("José Ruiz",)
