from __future__ import annotations

import json
import re

import pytest

from searchkit import __version__
from searchkit.cli.app import COMMANDS

DOCUMENT_KEYS = {
    "format_version",
    "id",
    "title",
    "date",
    "url",
    "authors",
    "votes",
    "bullets",
    "labels",
    "extra",
}


@pytest.mark.parametrize("command", COMMANDS)
def test_every_help_has_an_example(quick, command):
    found = quick(command, "--help")
    assert found.code == 0
    assert re.search(rf"Examples?:\n\s+.*searchkit {command}", found.out)
    assert "-q, --quiet" in found.out
    assert "-v, --verbose" in found.out


def test_help_and_version(quick):
    assert quick("--version").out == f"searchkit {__version__}\n"
    listed = quick("--help").out
    for command in COMMANDS:
        assert re.search(rf"^  {command} ", listed, re.MULTILINE)
    bare = quick()
    assert (bare.code, bare.out) == (2, "")
    assert "Usage:" in bare.err


@pytest.mark.parametrize(
    "arguments", [["nonsense"], ["show"], ["analyze"], ["completion", "tcsh"], ["--nonsense"]]
)
def test_wrong_usage_is_one_line(quick, arguments):
    assert "--help" in quick(*arguments).error


def test_show(quick):
    wanted = quick("search", "확산", "--format", "json").json["hits"][0]["id"]
    found = quick("show", wanted)
    assert found.code == 0
    assert wanted in found.out
    document = quick("show", wanted, "--format", "json").json
    assert document.keys() >= DOCUMENT_KEYS
    assert document["id"] == wanted
    assert len(quick("show", wanted, "--format", "jsonl").out.splitlines()) == 1
    unknown = quick("show", "nothing/like-it")
    assert (unknown.code, unknown.out) == (1, "")
    assert "nothing/like-it" in unknown.err


def test_analyze_needs_no_index(bare):
    found = bare("analyze", "대규모 언어 모델(LLM)을", "양자화했다")
    assert found.code == 0
    assert re.search(r"16-19 +양자화했다 +양자화 +base +양자/NNG", found.out)
    answer = bare("analyze", "GPT-4의", "--format", "json").json
    assert answer["text"] == "GPT-4의"
    assert {"text": "gpt4", "kind": "identifier", "start": 0, "end": 5}.items() <= answer["terms"][2].items()
    lines = bare("analyze", "-비디오", "--format", "jsonl").out.splitlines()
    assert json.loads(lines[0])["text"] == "비디오"
    assert bare("analyze", "!?").code == 0
    assert list(bare.folder.iterdir()) == []


def test_stats(quick):
    values = quick("stats", "--format", "json").json
    assert values["format_version"] == 1
    assert values["documents"] == 77
    assert values["whoosh_dir"]
    text = quick("stats").out
    assert re.search(r"^  documents +77$", text, re.MULTILINE)
    assert "whoosh dir" in text


@pytest.mark.parametrize("name", ["bash", "zsh", "fish"])
def test_completion(quick, name):
    script = quick("completion", name)
    assert script.code == 0
    assert "_SEARCHKIT_COMPLETE" in script.out


def test_completion_completes(shell):
    found = shell(COMP_WORDS="searchkit se", COMP_CWORD="1", _SEARCHKIT_COMPLETE="bash_complete")
    assert found.out.split() == ["plain,search"]
    found = shell(COMP_WORDS="searchkit search --so", COMP_CWORD="2", _SEARCHKIT_COMPLETE="bash_complete")
    assert found.out.split() == ["plain,--sort"]


def test_verify_repair(own):
    assert own("verify").out.startswith("index: sound")
    assert own("verify", "--deep", "--format", "json").json["sound"] is True
    assert own("repair").out.startswith("index: sound")
    segment = max((own.folder / "index").glob("*.seg"), key=lambda path: path.stat().st_size)
    data = bytearray(segment.read_bytes())
    data[len(data) // 2] ^= 255
    segment.write_bytes(data)
    damaged = own("verify")
    assert damaged.code == 1
    assert segment.name in damaged.out
    assert "repair" in damaged.err
    report = own("verify", "--format", "json")
    assert (report.code, report.json["sound"]) == (1, False)
    assert report.json["problems"][0]["file"] == segment.name
    repaired = own("repair", "--format", "json")
    assert repaired.code == 0, repaired.err
    assert repaired.json["outcome"] in ("restored", "rebuilt")
    assert own("verify").code == 0
    assert own("search", "확산 모델", "--count").code == 0


def test_backup_restore(own, bare):
    file = bare.folder / "papers.backup"
    made = own("backup", file, "--format", "json").json
    assert made["documents"] == 77
    assert bare("restore", file).out == "index: 77 documents\n"
    assert bare("search", "확산 모델", "-q").out == own("search", "확산 모델", "-q").out
    assert "empty" in bare("restore", file).error
    assert "backup" in own("backup", "seeds/2023-12-04.md").error
    file.write_bytes(file.read_bytes()[:-2000])
    assert "backup" in bare("restore", file, "--index", "other").error
    assert not (bare.folder / "other" / "CURRENT").exists()


@pytest.mark.parametrize(
    "command", [["verify"], ["repair"], ["backup", "x"], ["stats"], ["show", "x"], ["search", "x"]]
)
def test_without_an_index(bare, command):
    assert "no index" in bare(*command).error
    assert list(bare.folder.iterdir()) == []


def test_the_unexpected_is_one_line(shell):
    broken = (
        "import searchkit.search_index as library\n"
        "def search(*_, **__): raise RuntimeError('two\\nlines')\n"
        "library.SearchIndex.search = search"
    )
    error = shell.python(broken, "search", "x").error
    assert "RuntimeError: two lines" in error
    assert "-v" in error
    verbose = shell.python(broken, "search", "x", "-v")
    assert verbose.code == 2
    assert "Traceback" in verbose.err
    assert verbose.err.splitlines()[-1].startswith("searchkit: unexpected RuntimeError")
