from __future__ import annotations

import fcntl
import os
import shutil
import signal
import subprocess
import sys
import time

import pytest
from command_line import COMMAND, SEEDS, environment

REPORT_KEYS = ["format_version", "added", "updated", "unchanged", "removed", "skipped", "duplicates"]


def files_of(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


def test_it_says_what_it_did(fresh):
    again = fresh("index")
    assert again.code == 0
    assert again.out.startswith(
        "added 0, updated 0, unchanged 77, removed 0, skipped 0, duplicates 0, reported 0 ("
    )
    assert len(again.out.splitlines()) == 1

    digest = fresh.folder / "seeds" / "2023-12-04.md"
    text = digest.read_text(encoding="utf-8")
    first, _, rest = text.split("\n### ", 2)
    digest.write_text(f"{first}\n### {rest.replace('모델', '모형', 1)}", encoding="utf-8")
    report = fresh("index", "--format", "json").json
    assert list(report) == [*REPORT_KEYS, "problems", "took_ms"]
    assert (report["added"], report["updated"], report["unchanged"], report["removed"]) == (0, 1, 75, 1)
    assert report["problems"] == []


def test_dry_run_changes_nothing(fresh):
    (fresh.folder / "seeds" / "2023-12-08.md").unlink()
    before = files_of(fresh.folder / "index")
    found = fresh("index", "--dry-run")
    assert found.out.startswith("dry run: added 0, updated 0, ")
    assert "removed 19" in found.out
    assert files_of(fresh.folder / "index") == before
    assert "removed 19" in fresh("index").out


def test_rebuild_and_forget(own):
    assert own("index", "--rebuild").out.startswith("added 77, ")
    (own.folder / "notes").mkdir()
    (own.folder / "notes" / "a.md").write_text("# 새 노트\n\n확산 모델 메모\n", encoding="utf-8")
    assert own("index", "notes").out.startswith("added 1, ")
    assert own("search", "새 노트", "--format", "json").json["hits"][0]["id"] == "notes/a.md"
    assert "removed 1," in own("index", "--forget", "notes").out
    assert "is not a source" in own("index", "--forget", "notes").error


def test_bad_lines_are_named_and_counted(bare):
    (bare.folder / "papers.jsonl").write_bytes(
        '{"id": "a", "title": "첫째", "text": "확산"}\n{"title": "no id"}\nnot json\n{"id": "b", "text": "모델'.encode()
        + b'\xff\xfe"}\n'
    )
    found = bare("index", "papers.jsonl")
    assert found.code == 0
    assert "added 2," in found.out
    assert "reported 3" in found.out.splitlines()[-1]
    assert [line.split(": ")[0] for line in sorted(found.err.splitlines())] == [
        f"papers.jsonl:{number}" for number in (2, 3, 4)
    ]
    report = bare("index", "--rebuild", "--format", "json")
    assert sorted(problem["line"] for problem in report.json["problems"]) == [2, 3, 4]
    assert {problem["file"] for problem in report.json["problems"]} == {"papers.jsonl"}
    strict = bare("index", "--strict")
    assert strict.code == 2
    assert "unchanged 2" in strict.out


def test_quiet_says_nothing_but_bad_lines(own):
    found = own("index", "-q")
    assert (found.code, found.out, found.err) == (0, "", "")
    assert own("index", "-q", "--format", "json").json["unchanged"] == 77


def test_a_missing_source_removes_nothing(fresh):
    shutil.move(fresh.folder / "seeds", fresh.folder / "elsewhere")
    assert "seeds" in fresh("index").error
    assert "nowhere" in fresh("index", "nowhere").error
    assert fresh("search", "모델").code == 0


def test_without_sources_and_seeds(bare):
    assert "seeds" in bare("index").error
    assert not (bare.folder / "index" / "CURRENT").exists()


def test_an_empty_source_is_reported(bare):
    (bare.folder / "empty.md").touch()
    found = bare("index", "empty.md")
    assert "empty.md" in found.err
    assert found.code in (0, 2)
    assert bare("index", "--strict", "empty.md").code == 2


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read and write everything")
def test_folders_without_permission(own):
    secret = own.folder / "secret"
    secret.mkdir(mode=0)
    assert "secret" in own("index", "secret").error
    (own.folder / "index").chmod(0o500)
    own("index", "--rebuild").error  # noqa: B018
    assert own("search", "모델").code == 0


def test_a_folder_of_others_is_left_alone(own):
    other = own.folder / "photos"
    other.mkdir()
    (other / "holiday.jpg").write_bytes(b"x")
    assert "photos" in own("index", "seeds", "--index", "photos").error
    assert files_of(other) == {"holiday.jpg": b"x"}
    assert "photos" in own("search", "모델", "--index", "photos").error
    (own.folder / "file").write_bytes(b"x")
    assert "file" in own("index", "seeds", "--index", "file").error
    own("search", "모델", "--index", "file").error  # noqa: B018


def test_a_placeholder_is_no_index(bare):
    (bare.folder / "index").mkdir()
    (bare.folder / "index" / ".gitkeep").touch()
    assert "no index" in bare("search", "x").error
    (bare.folder / "a.md").write_text("# 확산 모델\n", encoding="utf-8")
    assert bare("index", "a.md").code == 0
    assert (bare.folder / "index" / ".gitkeep").exists()


def test_another_writer_is_named(own):
    program = (
        "import sys, time\nfrom searchkit.engines.whoosh.store import Store\n"
        "with Store(sys.argv[1]).begin():\n    print('held', flush=True)\n    time.sleep(60)"
    )
    holder = subprocess.Popen(
        [sys.executable, "-c", program, str(own.folder / "index")], env=environment(), stdout=subprocess.PIPE
    )
    try:
        assert holder.stdout.readline() == b"held\n"
        impatient = (
            "from searchkit.search_index import SearchIndex\n"
            "SearchIndex.update.__kwdefaults__['timeout'] = 0.3"
        )
        assert str(holder.pid) in own.python(impatient, "index", "--rebuild").error
        assert own("search", "모델").code == 0
    finally:
        holder.kill()
        holder.wait()
        holder.stdout.close()
    assert own("index", "--rebuild").code == 0


def test_an_index_of_another_analysis_is_refused(own):
    changed = "import searchkit.analysis.analyzer as rules\nrules.RULES_VERSION += 1000"
    error = own.python(changed, "search", "모델").error
    assert "--rebuild" in error
    assert "--rebuild" in own.python(changed, "index").error
    assert own.python(changed, "index", "--rebuild").code == 0
    assert "--rebuild" in own("search", "모델").error


def test_an_index_of_another_format_is_refused(own):
    changed = "import searchkit.engines.whoosh.manifest as manifest\nmanifest.FORMAT_VERSION += 1000"
    seeds = str(SEEDS)
    assert own.python(changed, "index", "--rebuild", seeds).code == 0
    for command in (["search", "모델"], ["stats"], ["index"], ["verify"]):
        assert "--rebuild" in own(*command).error
    assert own("index", "--rebuild", seeds).code == 0
    assert own("search", "모델").code == 0


def test_a_full_disk_leaves_the_old_index(own):
    # A limit on the size of files, which strikes where a full disk would.
    line = f"ulimit -f 20; exec {' '.join(COMMAND)} index --rebuild"
    done = subprocess.run(
        ["sh", "-c", line], cwd=own.folder, env=environment(), capture_output=True, timeout=60
    )
    assert done.returncode == 2
    assert len(done.stderr.decode().splitlines()) == 1
    assert done.stderr.startswith(b"searchkit: ")
    assert own("search", "모델", "--count").code == 0
    assert own("verify").code == 0


def test_ctrl_c_leaves_the_old_index(fresh):
    text = (fresh.folder / "seeds" / "2023-12-08.md").read_text(encoding="utf-8")
    for day in range(1, 29):
        copy = text.replace("2023-12-08)", f"2022-01-{day:02})")
        (fresh.folder / "seeds" / f"copy{day}.md").write_text(copy, encoding="utf-8")
    # Whoever started this test may have set SIGINT to be ignored.
    program = (
        "import signal, sys\nsignal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "from searchkit.cli import main\nsys.exit(main(sys.argv[1:]))"
    )
    for delay in (0.05, 0.4, 0.8):
        process = subprocess.Popen(
            [sys.executable, "-c", program, "index", "--rebuild"],
            cwd=fresh.folder,
            env=environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        time.sleep(delay)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
        if process.returncode == 0:
            continue
        if delay > 0.1:
            # Before that the interpreter itself is still starting.
            assert process.returncode == 130
            assert b"Traceback" not in err
            assert out == b""
        assert fresh("search", "모델", "--count").out.strip().isdigit()
    with (fresh.folder / "index" / "LOCK").open("a") as lock:
        fcntl.lockf(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)


def test_progress_bars_are_for_terminals(own):
    from test_search_command import on_terminal

    assert "words" in on_terminal(own, "index", "--rebuild")
    assert "words" not in on_terminal(own, "index", "--rebuild", "-q")
    assert own("index", "--rebuild").err == ""
