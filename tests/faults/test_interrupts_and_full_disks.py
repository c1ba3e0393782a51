"""The command, interrupted or on a full disk: one clear line, the old index answers, the lock is free."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from real_index import (
    KOREAN,
    WORDS,
    Answers,
    answers,
    chance,
    document,
    documents,
    expect_tidy,
    expect_whole,
    json_lines,
)

from searchkit import SearchIndex

COMMAND = [sys.executable, "-m", "searchkit.cli"]
LIMITED = """
import resource, sys
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[1]), int(sys.argv[1])))
from searchkit.cli import main
sys.exit(main(sys.argv[2:]))
"""


def environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if "SEARCHKIT" not in name}


def run(*command: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(command, env=environment(), capture_output=True, timeout=120)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An index of a small file that has grown since."""
    json_lines(tmp_path / "papers.jsonl", documents("p", 5, chance("small")))
    SearchIndex.build(tmp_path / "papers.jsonl", tmp_path / "index").close()
    random_ = chance("grown")
    words = [*WORDS, *KOREAN]
    json_lines(
        tmp_path / "papers.jsonl", [document(f"p{number}", random_, words=words) for number in range(2000)]
    )
    return tmp_path


def expect_old(folder: Path, old: Answers) -> None:
    """The index is as it was; the next run writes it and leaves nothing of the failed one."""
    index = folder / "index"
    assert answers(index) == old
    expect_whole(index)
    with SearchIndex(index) as library:
        assert library.update(timeout=0.0).committed
        assert len(library) == 2000
    expect_tidy(index)


@pytest.fixture
def heard() -> Iterator[None]:
    """Have programs hear Ctrl-C even where tests run in the background, which makes all they start deaf to it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("heard")
@pytest.mark.parametrize("place", [0.0, 0.15, 0.4, 0.8])
def test_ctrl_c_while_indexing(folder: Path, place: float) -> None:
    index = folder / "index"
    old = answers(index)
    process = subprocess.Popen(
        [*COMMAND, "index", "--index", str(index)],
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    while not (index / "LOCK").exists() and process.poll() is None:
        time.sleep(0.001)
    # Reading 2,000 entries and loading the Korean model take more than a second from here.
    time.sleep(place)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=120)
    if process.returncode == 0 and b"added" in out:
        pytest.skip("this machine was done with all before it could be interrupted")
    assert process.returncode == 130, err
    assert b"Traceback" not in err
    assert len(err.splitlines()) <= 1, err
    expect_old(folder, old)


@pytest.mark.parametrize("limit", [100, 20_000, 200_000])
def test_a_file_that_may_not_grow(folder: Path, limit: int) -> None:
    """The limit on the size of files stands in for a full disk where no small disk can be had."""
    index = folder / "index"
    old = answers(index)
    done = run(sys.executable, "-c", LIMITED, str(limit), "index", "--index", str(index))
    expect_clear_failure(done)
    expect_old(folder, old)


def expect_clear_failure(done: subprocess.CompletedProcess[bytes]) -> None:
    lines = done.stderr.decode().splitlines()
    assert done.returncode == 2, lines
    assert len(lines) == 1, lines
    assert "disk is full" in lines[0]


def test_a_disk_that_is_full(folder: Path) -> None:
    """On a small file system of its own, where that may be mounted."""
    small = folder / "small"
    small.mkdir()
    mount = f"mount -t tmpfs -o size=320k none {small}"
    inside = ["unshare", "--mount", "--map-root-user", "sh", "-c"]
    probe = subprocess.run([*inside, mount], capture_output=True) if shutil.which("unshare") else None
    if probe is None or probe.returncode != 0:
        pytest.skip("no file system can be mounted here")
    command = f"{sys.executable} -m searchkit.cli"
    script = f"""
        set -e
        {mount}
        cp -r {folder}/index {small}/index
        set +e
        {command} index --index {small}/index
        echo "code $?" >&2
        rm -rf {folder}/index
        cp -r {small}/index {folder}/index
    """
    old = answers(folder / "index")
    done = subprocess.run([*inside, script], env=environment(), capture_output=True, timeout=120)
    assert done.returncode == 0, done.stderr
    lines = done.stderr.decode().splitlines()
    assert lines[1:] == ["code 2"], lines
    assert "disk is full" in lines[0]
    expect_old(folder, old)
