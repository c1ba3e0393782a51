from __future__ import annotations

import json
import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import pytest
from command_line import COMMAND, environment
from timing import program_cpu_seconds

HIT_KEYS = ["rank", "id", "score", "title", "date", "url", "votes", "authors", "snippet", "highlights"]
HIT_KEYS += ["source", "line", "matched_terms", "extra"]


def on_terminal(shell, *arguments, **changes):
    """Run the command with stdout on a terminal; return what it showed."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [*COMMAND, *arguments],
        cwd=shell.folder,
        env=environment(TERM="xterm", **changes),
        stdout=theirs,
        stderr=theirs,
    )
    os.close(theirs)
    shown = b""
    while True:
        try:
            data = os.read(ours, 65536)
        except OSError:
            break
        if not data:
            break
        shown += data
    os.close(ours)
    assert process.wait(timeout=60) in (0, 1)
    return shown.decode()


def test_a_hit_has_all_a_reader_needs(shell):
    found = shell("search", "확산", "모델", "이미지", "생성", "--limit", "3")
    assert found.code == 0
    first = found.out.split("\n\n")[0].splitlines()
    assert first[0].startswith(" 1. ")
    assert re.search(r"\d{4}-\d\d-\d\d · (\d+ votes? · )?\S+/\d{4}\.\d{5} · https?://", first[1])
    assert re.fullmatch(r"    seeds/\d{4}-\d\d-\d\d\.md:\d+", first[-1])
    assert len(first) >= 4
    assert found.out.count("\n\n") == 2
    assert "found" in found.err


def test_the_place_is_where_the_passage_stands(shell):
    for hit in shell("search", "확산 모델", "--format", "json").json["hits"]:
        lines = (shell.folder / hit["source"]).read_text(encoding="utf-8").splitlines()
        assert hit["title"][:20] in lines[hit["line"] - 1]
        assert hit["snippet"]["text"].split()[0] in lines[hit["snippet"]["line"] - 1]


def test_json_as_the_contract_has_it(quick):
    found = quick("search", "확산 모델", "--format", "json", "--facets", "--limit", "4")
    assert found.err == "" or "note" not in found.err
    answer = found.json
    assert list(answer) == ["format_version", "query", "total", "took_ms", "hits", "notes", "facets"]
    assert answer["format_version"] == 1
    assert answer["query"] == "확산 모델"
    assert "확산" in found.out
    assert len(answer["hits"]) == 4 < answer["total"]
    assert [hit["rank"] for hit in answer["hits"]] == [1, 2, 3, 4]
    scores = [hit["score"] for hit in answer["hits"]]
    assert scores == sorted(scores, reverse=True)
    for hit in answer["hits"]:
        assert list(hit) == HIT_KEYS
        assert hit["snippet"].keys() == {"field", "item", "start", "end", "text", "line"}
        document = quick("show", hit["id"], "--format", "json").json
        for mark in hit["highlights"]:
            assert mark.keys() == {"field", "item", "start", "end"}
            text = document["title"] if mark["field"] == "title" else document["bullets"][mark["item"]]
            assert text[mark["start"] : mark["end"]]
        passage = hit["snippet"]
        text = document["title"] if passage["field"] == "title" else document["bullets"][passage["item"]]
        assert text[passage["start"] : passage["end"]] == passage["text"]
        assert {"term", "field", "via"} == set(hit["matched_terms"][0])
    assert sum(month["count"] for month in answer["facets"]["month"]) == answer["total"]
    assert answer["facets"]["author"][0].keys() == {"value", "count"}


def test_jsonl_is_one_hit_a_line(quick):
    found = quick("search", "확산 모델", "--format", "jsonl", "--limit", "5", "--facets")
    lines = found.out.splitlines()
    assert [json.loads(line)["rank"] for line in lines] == [1, 2, 3, 4, 5]
    assert "by month" in found.err


def test_pages_join_up(quick):
    whole = quick("search", "모델", "--format", "json", "--limit", "20").json["hits"]
    second = quick("search", "모델", "--format", "json", "--limit", "10", "--offset", "10").json["hits"]
    assert second == whole[10:]
    beyond = quick("search", "모델", "--offset", "5000")
    assert (beyond.code, beyond.out) == (0, "")


def test_count(quick):
    total = quick("search", "확산 모델", "--format", "json").json["total"]
    assert quick("search", "확산 모델", "--count").out == f"{total}\n"
    assert quick("search", "확산 모델", "--count", "--format", "json").json["total"] == total
    none = quick("search", "쀍쀍쀍", "--count")
    assert (none.code, none.out) == (1, "0\n")


def test_nothing_found(quick):
    found = quick("search", "쀍쀍쀍")
    assert (found.code, found.out) == (1, "")
    assert "nothing found" in found.err
    assert quick("search", "쀍쀍쀍", "-q").err == ""
    assert quick("search", "쀍쀍쀍", "--format", "json").json["total"] == 0


def test_filters_sorting_and_fields(quick):
    hits = quick("search", "모델", "--since", "2023-12-08", "--until", "2023-12", "--format", "json").json
    assert {hit["date"] for hit in hits["hits"]} <= {"2023-12-08", "2023-12-12", "2023-12-20"}
    by_date = quick("search", "모델", "--sort", "date", "--limit", "50", "--format", "json").json["hits"]
    dates = [hit["date"] for hit in by_date]
    assert dates == sorted(dates, reverse=True)
    voted = quick("search", "--min-votes", "50", "--sort", "votes", "--format", "json").json["hits"]
    votes = [hit["votes"] for hit in voted]
    assert votes == sorted(votes, reverse=True)
    assert min(votes) >= 50
    author = voted[0]["authors"][0]
    for found in (
        quick("search", "--author", author, "--format", "json").json["hits"],
        quick("search", f'author:"{author}"', "--format", "json").json["hits"],
    ):
        assert voted[0]["id"] in [hit["id"] for hit in found]
    assert quick("search", f"id:{voted[0]['id']}", "--format", "json").json["total"] == 1


def test_dashes_and_joined_arguments(quick):
    without = quick("search", "모델", "-이미지", "--format", "json", "--limit", "50").json
    assert without["query"] == "모델 -이미지"
    assert without["hits"]
    documents = [quick("show", hit["id"]).out for hit in without["hits"][:5]]
    assert not any("이미지를" in text for text in documents)
    only = quick("search", "-이미지", "--count", "--format", "json").json
    assert 0 < only["total"] < 77
    assert quick("search", "--", "-이미지", "--count").out == ""


def test_an_empty_query_lists_the_newest(quick):
    hits = quick("search", "--format", "json", "--limit", "77").json["hits"]
    assert len(hits) == 77
    assert hits[0]["date"] == "2024-04-02"
    assert [hit["date"] for hit in hits] == sorted((hit["date"] for hit in hits), reverse=True)


def test_explain_adds_up_to_the_score(quick):
    hits = quick("search", "확산 모델", "--explain", "--format", "json").json["hits"]
    for hit in hits:
        parts = hit["explanation"]["contributions"]
        assert sum(part["score"] for part in parts) == pytest.approx(hit["score"], abs=1e-4)
    text = quick("search", "확산 모델", "--explain", "--limit", "1").out
    assert "= the sum of" in text
    assert "idf" in text


@pytest.mark.parametrize(
    "query",
    ["C++", '"', "((", "AND", "OR OR", "NOT", ")", "🙂", "a" * 5000, "*", "title:", "date:[x TO", "-", "?"],
)
def test_whatever_is_typed_gives_an_answer(quick, query):
    found = quick("search", "--", query)
    assert found.code in (0, 1), found.err
    assert "Traceback" not in found.err
    assert "searchkit:" not in found.err


def test_strict_is_strict(quick):
    assert "character" in quick("search", "--strict", '"확산').error


@pytest.mark.parametrize(
    "arguments",
    [
        ["--since", "x"],
        ["--since", "2023-13"],
        ["--until", "2023-02-30"],
        ["--since", "2024", "--until", "2023"],
        ["--min-votes", "many"],
        ["--sort", "foo"],
        ["--limit", "-1"],
        ["--limit", "20000"],
        ["--offset", "9999", "--limit", "2"],
        ["--offset", "x"],
        ["--author", "-"],
        ["--format", "xml"],
        ["--nonsense"],
    ],
)
def test_wrong_options_are_one_line(quick, arguments):
    quick("search", "모델", *arguments).error  # noqa: B018


def test_colour_only_on_a_terminal_and_not_with_no_color(shell):
    assert "\x1b[1;31m" in on_terminal(shell, "search", "확산 모델")
    assert "\x1b" not in on_terminal(shell, "search", "확산 모델", NO_COLOR="1")
    assert "\x1b" not in shell("search", "확산 모델", FORCE_COLOR="1").out


@pytest.mark.parametrize(
    "changes",
    [
        {"LC_ALL": "C", "LANG": "C"},
        {"PYTHONIOENCODING": "ascii"},
        {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
        {"LC_ALL": "POSIX", "PYTHONIOENCODING": "latin-1:strict"},
    ],
)
def test_utf8_whatever_the_locale(shell, changes):
    plain = shell("search", "확산 모델", "--limit", "2", "-q")
    assert "확산" in plain.out
    assert shell("search", "확산 모델", "--limit", "2", "-q", **changes).out == plain.out
    assert shell("search", "확산 모델", "--format", "json", **changes).json["query"] == "확산 모델"


def test_a_closed_pipe_ends_quietly(shell):
    process = subprocess.Popen(
        [*COMMAND, "search", "모델", "--limit", "77", "--format", "json"],
        cwd=shell.folder,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    process.stdout.close()
    assert process.stderr.read() == b""
    process.stderr.close()
    assert process.wait(timeout=60) == 0


def test_a_full_device_is_an_error(shell):
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [*COMMAND, "search", "모델"],
            cwd=shell.folder,
            env=environment(),
            stdout=full,
            stderr=subprocess.PIPE,
        )
    assert done.returncode == 2
    assert done.stderr.decode().strip().splitlines()[-1].startswith("searchkit: standard output:")
    assert b"Traceback" not in done.stderr


def test_closed_streams_do_no_harm(shell):
    line = f"{sys.executable} -m searchkit.cli search 모델 >&- 2>&-"
    assert subprocess.run(["sh", "-c", line], cwd=shell.folder, env=environment()).returncode in (0, 2)


def test_the_index_comes_from_option_or_environment(shell, bare):
    folder = str(shell.folder / "index")
    assert bare("search", "모델", "--index", folder).code == 0
    assert bare("search", "모델", SEARCHKIT_INDEX=folder).code == 0
    assert "no index" in bare("search", "모델").error
    assert "no index" in shell("search", "모델", "--index", "elsewhere", SEARCHKIT_INDEX=folder).error


def test_known_words_load_no_analyzer_and_never_whoosh(shell):
    before = (
        "import atexit\natexit.register(lambda: print(sorted(set(sys.modules) & {'kiwipiepy', 'whoosh'})))"
    )
    found = shell.python(before, "search", "확산", "모델", "-q")
    assert found.out.splitlines()[-1] == "[]"
    unknown = shell.python(before, "search", "확산쀍", "-v")
    assert unknown.out.splitlines()[-1] == "['kiwipiepy']"
    assert "note: a word is new" in unknown.err


def test_a_search_starts_at_once(shell):
    took = program_cpu_seconds(lambda: shell("search", "확산", "모델"))
    assert took < 0.8, f"help: python -X importtime shows what is loaded; took {took:.2f} s"
