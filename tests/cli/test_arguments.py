from __future__ import annotations

import click
import pytest

from searchkit.cli.console import Console
from searchkit.cli.options import TextCommand, as_typed
from searchkit.cli.search import command


def parsed(*arguments):
    assert isinstance(command, TextCommand)
    context = command.make_context("search", list(arguments), obj=Console())
    return " ".join(context.params["query"]), context.params


@pytest.mark.parametrize(
    ("arguments", "query"),
    [
        (["확산", "모델"], "확산 모델"),
        (["확산 모델"], "확산 모델"),
        (["비디오", "-생성"], "비디오 -생성"),
        (["-생성", "비디오"], "-생성 비디오"),
        (["-비디오", "--limit", "3"], "-비디오"),
        (["--limit", "3", "-비디오", "확산"], "-비디오 확산"),
        (["a", "-vision", "b"], "a -vision b"),
        (["a", "-"], "a -"),
        (["a", "-1"], "a -1"),
        (['-"확산 모델"'], '-"확산 모델"'),
        (["--", "--limit", "-q"], "--limit -q"),
        (["a", "--", "-v", "--", "b"], "a -v -- b"),
        ([], ""),
        (["-q", "a", "-v"], "a"),
        (["-qv", "a"], "a"),
        (["a", "--since=2023", "-b"], "a -b"),
        (["a", "--author", "-b", "c"], "a c"),
    ],
)
def test_a_single_dash_is_text_unless_it_is_an_option(arguments, query):
    assert parsed(*arguments)[0] == query


def test_options_stand_anywhere():
    _, params = parsed("a", "--limit", "3", "b", "--sort", "date", "--any")
    assert (params["limit"], params["sort"], params["match_any"]) == (3, "date", True)


@pytest.mark.parametrize(
    "arguments",
    [
        ["--nonsense"],
        ["--limit", "-1"],
        ["--limit", "x"],
        ["--offset", "-1"],
        ["--sort", "foo"],
        ["--format", "xml"],
        ["--min-votes", "many"],
        ["--limit"],
    ],
)
def test_wrong_options_are_errors(arguments):
    with pytest.raises(click.UsageError):
        parsed("a", *arguments)


def test_arguments_are_utf8_whatever_the_locale_made_of_them():
    assert as_typed("확산".encode().decode("ascii", "surrogateescape")) == "확산"
    assert as_typed("확산") == "확산"
    assert as_typed("\udcff") == "\udcff"
