"""The documentation says what is so: its terminals, its programs, its links, its table of queries."""

from __future__ import annotations

import importlib.util
import json
import re
import shutil
from pathlib import Path
from types import ModuleType

import pytest

from searchkit.cli.app import COMMANDS
from searchkit.query.parser import parse

ROOT = Path(__file__).parents[1]
PAGES = ("README.md", "ARCHITECTURE.md", "CHANGELOG.md", "bench/README.md", "docs/commands.md")


def load_refresh() -> ModuleType:
    spec = importlib.util.spec_from_file_location("docs_refresh", ROOT / "docs" / "refresh.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


refresh = load_refresh()
README = (ROOT / "README.md").read_text(encoding="utf-8")
STALE = "README.md shows something else: if what it prints now is right, run `make docs` and read the change"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("readme")
    shutil.copytree(ROOT / "seeds", path / "seeds")
    return path


def test_terminals_show_what_the_commands_print(folder: Path) -> None:
    steps = [step for block in refresh.blocks(README, "console") for step in refresh.steps(block)]
    assert len(steps) > 8
    for command, shown in steps:
        now = refresh.stable(refresh.run(command, folder))
        assert now == refresh.stable(shown), f"$ {command}\n{STALE}"


def test_programs_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(ROOT / "seeds", tmp_path / "seeds")
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    printed = []
    for number, program in enumerate(refresh.blocks(README, "python"), 1):
        exec(compile(program, f"README.md, program {number}", "exec"), names)
        printed.append(capsys.readouterr().out)
    search, facets, changes, errors, whoosh = printed
    assert re.match(r"1 \d+\.\d\d 20\d\d-\d\d-\d\d \w", search)
    assert re.search(r"^2 \d", search, re.MULTILINE)
    assert "2023-12-" in facets
    assert changes.startswith("3\n1 79\n('검색 엔진을 비교했다.',)\n")
    assert "'llm'" in changes
    assert "quantization" in changes or "양자화" in changes
    assert "nowhere: there is no index" in errors
    assert errors.splitlines()[1].startswith("0 ")
    assert len(whoosh.splitlines()) == 2


def test_an_example_line_of_json_lines_is_read(tmp_path: Path) -> None:
    from searchkit import SearchIndex

    (line,) = refresh.blocks(README, "json")
    (tmp_path / "a.jsonl").write_text(line, encoding="utf-8")
    with SearchIndex.build(tmp_path / "a.jsonl", tmp_path / "index") as index:
        assert index.last_report is not None
        assert index.last_report.problems == []
        found = index.search("양자화")[0].document
    values = json.loads(line)
    assert (found.id, found.title, list(found.bullets)) == (values["id"], values["title"], values["text"])
    assert (found.date, found.url, found.votes) == (values["date"], values["url"], values["votes"])
    assert dict(found.extra) == {"team": "search"}


def queries() -> list[str]:
    table = README.split("| You type | You get |")[1].split("\n\n")[0]
    rows = [line.split(" | ")[0] for line in table.splitlines()[2:]]
    return [query for row in rows for query in re.findall(r"`([^`]+)`", row)]


@pytest.mark.parametrize("query", queries())
def test_queries_of_the_table_are_well_formed(query: str) -> None:
    assert parse(query, strict=True).notes == ()


def test_the_command_reference_is_what_help_prints() -> None:
    reference = refresh.command_reference()
    written = (ROOT / "docs" / "commands.md").read_text(encoding="utf-8")
    # Releases of click wrap lines in their own ways.
    assert written.split() == reference.split(), "run `make docs`"


@pytest.mark.parametrize("command", COMMANDS)
def test_help_has_an_example(command: str) -> None:
    written = (ROOT / "docs" / "commands.md").read_text(encoding="utf-8")
    assert f"## searchkit {command}\n" in written, "run `make docs`"
    section = written.split(f"## searchkit {command}\n")[1].split("\n## ")[0]
    assert re.search(rf"Examples?:\n.*searchkit {command}", section)


def anchors(text: str) -> set[str]:
    titles = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title).strip().lower().replace(" ", "-") for title in titles}


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)\s]+)\)", re.sub(r"```.*?```", "", text, flags=re.DOTALL)):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        linked = (ROOT / page).parent / path if path else ROOT / page
        assert linked.exists(), f"{page} links to {target}"
        if anchor:
            assert anchor in anchors(linked.read_text(encoding="utf-8")), f"{page} links to {target}"


def test_both_commands_are_named() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for command in ("demo", "test"):
        assert f"make {command}" in README
        assert re.search(rf"^{command}:", makefile, re.MULTILINE)
