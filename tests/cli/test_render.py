from __future__ import annotations

import io
import json
import unicodedata

import pytest

from searchkit.cli import console as console_module
from searchkit.cli.console import Console
from searchkit.cli.render import document_text, facets_text, hit_text, table
from searchkit.document import Document
from searchkit.results.display import columns
from searchkit.results.hit import Highlight, Hit, Snippet

EVIL = "확산\x1b[31m 모델\u202e\x9b5m\x07 끝"


class Screen(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def make(monkeypatch):
    def made(terminal=False, **environment):
        stream = Screen() if terminal else io.StringIO()
        monkeypatch.setattr(console_module.sys, "stdout", stream)
        monkeypatch.setattr(console_module.sys, "stderr", io.StringIO())
        monkeypatch.setenv("TERM", "xterm")
        monkeypatch.delenv("NO_COLOR", raising=False)
        monkeypatch.setenv("COLUMNS", "60")
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        return Console()

    return made


def hit(bullet="확산 모델을 만든다", **values):
    document = Document(
        id="2023-12-08/1",
        title="Diffusion Models",
        bullets=[bullet],
        bullet_lines=[12],
        date="2023-12-08",
        votes=1,
        url="https://arxiv.org/abs/1",
        source="seeds/2023-12-08.md",
        line=7,
        **values,
    )
    marks = (Highlight("title", 0, 0, 9), Highlight("bullets", 0, 0, 2))
    return Hit(3, 1.5, document, Snippet("bullets", 0, 0, len(bullet), bullet, 12, ((0, 2),)), marks)


def test_a_hit_as_text(make):
    assert hit_text(hit(), make()).splitlines() == [
        " 3. Diffusion Models",
        "    2023-12-08 · 1 vote · 2023-12-08/1",
        "    https://arxiv.org/abs/1",
        "    확산 모델을 만든다",
        "    seeds/2023-12-08.md:12",
    ]


def test_matches_are_coloured_on_a_terminal_only(make):
    assert "\x1b[1;31m확산\x1b[0m" in hit_text(hit(), make(terminal=True))
    assert "\x1b[1;31mDiffusion\x1b[0m\x1b[1m Models\x1b[0m" in hit_text(hit(), make(terminal=True))
    assert "\x1b" not in hit_text(hit(), make())
    assert "\x1b" not in hit_text(hit(), make(terminal=True, NO_COLOR="1"))
    assert "\x1b" not in hit_text(hit(), make(terminal=True, TERM="dumb"))


def test_documents_cannot_steer_the_terminal(make):
    console = make()
    document = Document(
        id="x\u202e",
        title=EVIL,
        bullets=[EVIL],
        labels=[EVIL],
        authors=[EVIL],
        url=EVIL,
        source=EVIL,
        media=[EVIL],
        extra={EVIL: EVIL},
    )
    shown = document_text(document, console) + hit_text(
        Hit(1, 1.0, document, Snippet("bullets", 0, 0, len(EVIL), EVIL)), console
    )
    console.json({"document": document.as_dict(), "lone": "\ud800"})
    shown += console.out.getvalue()
    odd = [char for char in shown if unicodedata.category(char) in ("Cc", "Cs") and char != "\n"]
    assert odd == []
    assert not set("\u202e\u2066") & set(shown)
    values = json.loads(console.out.getvalue())
    assert values["document"]["title"] == EVIL
    assert values["lone"] == "\ud800"


def test_lines_fit_the_terminal_with_hangul_two_wide(make):
    text = hit_text(hit("확산 모델을 만드는 긴 글이다. " * 8), make())
    lines = text.splitlines()
    assert len(lines) > 5
    assert all(columns(line) <= 60 for line in lines[2:])


def test_a_document_as_text(make):
    document = Document(
        id="x",
        title="T",
        authors=["A B", "C D"],
        authors_truncated=True,
        bullets=["first", "second " * 20],
        labels=["What's New", None],
        media=["https://x/y.png"],
        extra={"venue": "ACL"},
        source="s.md",
        line=4,
    )
    lines = document_text(document, make()).splitlines()
    assert lines[:6] == ["T", "x", "by A B, C D and others", "s.md:4", "", "- What's New: first"]
    assert lines[6].startswith("- second")
    assert lines[7].startswith("  second")
    assert lines[-2:] == ["media: https://x/y.png", "venue: ACL"]


def test_json_never_holds_what_json_cannot(make):
    console = make()
    console.json({"a": [float("nan"), float("inf"), 1.5, {"b": float("-inf")}]}, indent=None)
    assert json.loads(console.out.getvalue()) == {"a": [None, None, 1.5, {"b": None}]}


def test_facets_are_shortened_and_tables_aligned(make):
    facets = {"month": [("2023-12", 1200), ("2024-04", 9)], "author": [(f"A{n}", 1) for n in range(25)]}
    lines = facets_text(facets, make()).splitlines()
    assert lines[:3] == ["by month", "  2023-12  1,200", "  2024-04      9"]
    assert lines[-1] == "  … and 15 more"
    assert table([("확산", "a"), ("x", "b")]) == ["  확산  a", "  x     b"]
