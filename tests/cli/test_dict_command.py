"""dict, similar and analyze --why as a user runs them."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from command_line import Answer, Shell

from searchkit.cli import main

Run = Callable[..., Answer]


@pytest.fixture
def run(own: Shell, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run the command in this process, in a folder of its own: one Korean model does for all."""
    monkeypatch.chdir(own.folder)
    monkeypatch.delenv("SEARCHKIT_INDEX", raising=False)
    monkeypatch.delenv("SEARCHKIT_TERMS", raising=False)

    def call(*arguments: str) -> Answer:
        capsys.readouterr()
        code = main(arguments)
        return Answer(code, *capsys.readouterr())

    return call


def test_check_names_each_bad_line(run: Run, own: Shell) -> None:
    terms = own.folder / "terms"
    assert run("dict", "check").code == 0
    terms.mkdir()
    (terms / "dictionary.txt").write_text("# mine\n맘보재즈\n두 낱말\n", encoding="utf-8")
    (terms / "synonyms.txt").write_text("혼자\n그림, 이미지\n", encoding="utf-8")
    checked = run("dict", "check")
    assert checked.code == 1
    assert [line.partition(": ")[0].rpartition("/")[2] for line in checked.out.splitlines()] == [
        "dictionary.txt:3",
        "synonyms.txt:1",
    ]
    one = run("dict", "check", "terms/synonyms.txt", "--format", "json")
    assert one.code == 1
    assert [(each["file"], each["line"]) for each in one.json["problems"]] == [("terms/synonyms.txt", 1)]
    assert run("dict", "check", "nowhere.txt").error
    indexed = run("index", "seeds")
    assert indexed.code == 0
    assert "reported 2" in indexed.out
    assert "dictionary.txt:3" in indexed.err
    assert run("index", "seeds", "--strict").code == 2


def test_add_shows_terms_before_and_after_and_changes_the_index(run: Run, own: Shell) -> None:
    proposed = run("dict", "suggest", "--limit", "1", "--min-count", "2", "--format", "json")
    assert proposed.code == 0
    word = proposed.json["words"][0]
    assert word["count"] >= 2
    assert word["example"]["source"].endswith(".md")
    added = run("dict", "add", word["word"], "맘보재즈/NNP")
    assert added.code == 0
    assert added.out.startswith(f"{word['word']}/NNG: ")
    assert "→" in added.out
    written = (own.folder / "terms" / "dictionary.txt").read_text(encoding="utf-8")
    assert written == f"{word['word']}\n맘보재즈\tNNP\n"
    again = run("dict", "add", word["word"], "--format", "json")
    assert again.json["words"][0]["known"]
    assert again.json["changed_documents"] == 0
    assert word["word"] not in run("dict", "suggest").out.split()
    assert "note:" not in run("search", "모델").err
    assert "두 낱말" in run("dict", "add", "두 낱말").error
    assert run("verify", "--deep").code == 0


def test_terms_can_be_elsewhere(run: Run, own: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    mine = own.folder / "mine"
    mine.mkdir()
    (mine / "synonyms.txt").write_text("맘보재즈 => 모델\n", encoding="utf-8")
    assert run("index", "seeds", "--terms", "mine").code == 0
    monkeypatch.setenv("SEARCHKIT_TERMS", "mine")
    assert run("search", "맘보재즈", "--count").out == run("search", "모델", "--count").out
    assert "no such folder of terms" in run("index", "--terms", "nowhere").error


def test_similar(quick: Run) -> None:
    arguments = ("similar", "2023-12-08/2312.04461", "--limit", "2")
    found = quick(*arguments, "--format", "json")
    assert found.code == 0
    assert [hit["rank"] for hit in found.json["hits"]] == [1, 2]
    assert "2023-12-08/2312.04461" not in [hit["id"] for hit in found.json["hits"]]
    assert len(quick(*arguments, "--format", "jsonl").out.splitlines()) == 2
    assert " 1. " in quick(*arguments).out
    assert quick("similar", "nobody").code == 1


def test_why(quick: Run) -> None:
    best = quick("search", "확산 모델", "--limit", "1", "--format", "json").json["hits"][0]
    told = quick("analyze", "--why", best["id"], "확산", "모델")
    assert told.code == 0
    assert told.out.startswith(f"{best['id']} matches with ")
    values = quick("analyze", "--why", best["id"], "확산 모델", "--format", "json").json
    assert abs(values["score"] - best["score"]) < 1e-4
    assert quick("analyze", "--why", best["id"], "-모델").code == 1
    assert quick("analyze", "--why", "nobody", "모델").code == 1
