"""glossary as a user runs it."""

from __future__ import annotations

import json

from command_line import Shell


def test_names_and_where_they_come_from(shell: Shell) -> None:
    answer = shell("glossary", "LLM")
    assert answer.code == 0
    assert "대규모 언어 모델" in answer.out
    assert "seeds/2023-12-" in answer.out


def test_json_has_the_spellings_and_the_places(shell: Shell) -> None:
    answer = shell("glossary", "--limit", "3", "--format", "json")
    assert answer.code == 0
    pairs = json.loads(answer.out)["pairs"]
    assert len(pairs) == 3
    assert set(pairs[0]) == {"name", "other", "documents", "user", "places", "spellings"}
    assert pairs[0]["documents"] >= pairs[1]["documents"] >= pairs[2]["documents"] >= 1
    assert 1 <= len(pairs[0]["places"]) <= 3


def test_an_unknown_name_is_nothing_found(shell: Shell) -> None:
    answer = shell("glossary", "없는이름")
    assert answer.code == 1
    assert answer.out == ""
    assert "없는이름" in answer.err
