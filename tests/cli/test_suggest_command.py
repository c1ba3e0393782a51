"""``searchkit suggest``."""

from __future__ import annotations

from collections.abc import Callable

from command_line import Answer, Shell

Quick = Callable[..., Answer]


def test_completions_one_a_line(quick: Quick) -> None:
    found = quick("suggest", "확사")
    assert found.code == 0
    assert found.out.splitlines()[:2] == ["확산", "확산 모델"]


def test_json(quick: Quick) -> None:
    found = quick("suggest", "ㅎㅅ", "ㅁㄷ", "--format", "json", "--limit", "1").json
    assert found["format_version"] == 1
    assert found["prefix"] == "ㅎㅅ ㅁㄷ"
    assert [each["text"] for each in found["suggestions"]] == ["확산 모델"]
    assert found["suggestions"][0]["documents"] > 1


def test_nothing_to_complete(quick: Quick) -> None:
    found = quick("suggest", "뷁뷁")
    assert (found.code, found.out) == (1, "")
    assert quick("suggest", "뷁뷁", "--format", "json").json["suggestions"] == []


def test_no_index(bare: Shell) -> None:
    assert "index" in bare("suggest", "확").error
