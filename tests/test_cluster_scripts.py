"""The scripts that start a cluster: which Java they take, and what they say where something is missing."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from cluster.assembly import assemble, work_folder
from cluster.java import Missing, find_java, version
from cluster.nodes import Cluster

ROOT = Path(__file__).parents[1]


def fake_java(folder: Path, banner: str) -> Path:
    """A program that tells its version as Java does."""
    program = folder / "bin" / "java"
    program.parent.mkdir(parents=True)
    program.write_text(f"#!/bin/sh\necho '{banner}' >&2\n")
    program.chmod(0o755)
    return program


@pytest.mark.parametrize(
    ("banner", "number"),
    [
        ('openjdk version "25.0.1" 2025-10-21 LTS', 25),
        ('openjdk version "21" 2023-09-19', 21),
        ('java version "17.0.9" 2023-10-17', 17),
        ('java version "1.8.0_392"', 8),
        ("something else", 0),
    ],
)
def test_versions(banner: str, number: int, tmp_path: Path) -> None:
    assert version(fake_java(tmp_path, banner)) == number


def test_no_program_is_no_version(tmp_path: Path) -> None:
    assert version(tmp_path / "java") == 0


def test_the_java_named_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    java = fake_java(tmp_path / "new", 'openjdk version "23"')
    monkeypatch.setenv("OS_JAVA", str(java))
    assert find_java() == java
    monkeypatch.delenv("OS_JAVA")
    monkeypatch.setenv("JAVA_HOME", str(tmp_path / "new"))
    assert find_java() == java


def test_a_java_named_that_is_too_old_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OS_JAVA", str(fake_java(tmp_path, 'openjdk version "17.0.9"')))
    with pytest.raises(Missing, match="which is Java 17; name the java of a JDK 21 or later"):
        find_java()


def test_an_old_home_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake_java(tmp_path / "old", 'openjdk version "17"')
    new = fake_java(tmp_path / "new", 'openjdk version "22"')
    monkeypatch.delenv("OS_JAVA", raising=False)
    monkeypatch.setenv("JAVA_HOME", str(tmp_path / "old"))
    monkeypatch.setenv("PATH", str(new.parent))
    assert find_java() == new


def test_where_there_is_no_maven_it_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(Missing, match="no Maven was found"):
        assemble(tmp_path / "work")


def test_the_command_says_in_one_line_what_is_missing(tmp_path: Path) -> None:
    if Cluster.running(work_folder() / "running") is not None:
        pytest.skip("a cluster runs already")
    java = fake_java(tmp_path, 'openjdk version "11.0.2"')
    done = subprocess.run(
        [sys.executable, "-m", "cluster", "start"],
        capture_output=True,
        encoding="utf-8",
        cwd=ROOT,
        env={**os.environ, "OS_JAVA": str(java)},
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert (
        done.stderr
        == f"cluster: OS_JAVA names {java}, which is Java 11; name the java of a JDK 21 or later\n"
    )


def test_no_cluster_runs_in_an_empty_folder(tmp_path: Path) -> None:
    assert Cluster.running(tmp_path) is None
    (tmp_path / "nodes.json").write_text("[1]")
    assert Cluster.running(tmp_path) is None


def test_a_process_that_took_the_id_of_a_node_is_not_it(tmp_path: Path) -> None:
    state = f'[{{"number": 1, "http": 1, "transport": 2, "pid": {os.getpid()}}}]'
    (tmp_path / "nodes.json").write_text(state)
    assert Cluster.running(tmp_path) is None
