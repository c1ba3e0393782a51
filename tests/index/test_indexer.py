"""A run that goes over what has changed only comes to what one comes to that goes over every document."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from searchkit.errors import SourceError
from searchkit.index import indexer, stamps
from searchkit.index.indexer import Indexer
from searchkit.index.known_documents import KnownDocuments
from searchkit.index.report import IndexReport
from searchkit.index.state import SourcesState

NAMES = [f"d{number}" for number in range(8)]
IDS = st.sampled_from(NAMES)
TITLES = st.sampled_from(["one", "two"])
FILES = st.dictionaries(
    st.sampled_from(["1.jsonl", "2.jsonl", "in/3.jsonl"]), st.lists(st.tuples(IDS, TITLES), max_size=3)
)
CORPORA = st.fixed_dictionaries({"a": FILES, "b": FILES})
STEPS = st.tuples(
    CORPORA,
    st.sampled_from([("a", "b"), ("b", "a"), ("a",), ("b",)]),
    st.sampled_from([(), ("a",), ("a", "b")]),
    st.lists(IDS, max_size=1),
    st.lists(IDS, max_size=1),
)


class Told:
    """A sink that writes down what it is told."""

    def __init__(self) -> None:
        self.came: list[tuple[str, str, str]] = []
        self.gone: set[str] = set()

    def add(self, document):
        self.came.append(("add", document.id, document.title))

    def replace(self, document):
        self.came.append(("replace", document.id, document.title))

    def remove(self, document_id):
        assert document_id not in self.gone
        self.gone.add(document_id)

    def checkpoint(self, state):
        pass


class Slow(Indexer):
    """Goes over every document."""

    def _settles(self, root, inside, label):
        return False


def write(folder: Path, corpus) -> None:
    for root, files in corpus.items():
        shutil.rmtree(folder / root, ignore_errors=True)
        (folder / root / "in").mkdir(parents=True)
        for inside, documents in files.items():
            lines = [json.dumps({"id": name, "title": title, "text": "x"}) for name, title in documents]
            (folder / root / inside).write_text("\n".join(lines), encoding="utf-8")


def run(kind, old: SourcesState, folder: Path, roots, read):
    told, report = Told(), IndexReport()
    made = kind(old, told, report, index_folder=None)
    state = made.run({str(folder / root): root for root in roots}, [str(folder / root) for root in read])
    return told.came, told.gone, report, state


def attempt(*arguments):
    try:
        return run(*arguments)
    except SourceError as error:
        return str(error)


@settings(max_examples=100)
@given(st.lists(STEPS, min_size=1, max_size=4))
def test_settled_files_change_nothing(steps) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        old = SourcesState()
        for corpus, roots, read, added, deleted in steps:
            write(folder, corpus)
            read = [root for root in roots if root in read or str(folder / root) not in old.roots]
            found, wanted = (attempt(kind, old, folder, roots, read) for kind in (Indexer, Slow))
            assert found == wanted
            if isinstance(found, str):
                return
            old = SourcesState.from_bytes(found[-1].to_bytes())
            assert old == found[-1]
            known = KnownDocuments(old)
            assert {name: known.indexed(name) for name in NAMES if known.indexed(name)} == old.winners()
            for each, (content, _) in old.winners().items():
                if each in deleted:
                    old.library.pop(each, None)
                    old.deleted[each] = content
            old.library.update(dict.fromkeys(added, "from elsewhere"))


@contextmanager
def later(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Have files be a while old."""
    with monkeypatch.context() as patch:
        patch.setattr(stamps, "time", type("Later", (), {"time": staticmethod(lambda: time.time() + 60)}))
        yield


def test_a_file_is_read_again_only_if_it_was_written(tmp_path, monkeypatch) -> None:
    write(tmp_path, {"a": {"1.jsonl": [("d1", "one")], "2.jsonl": [("d2", "one")]}})
    reads: list[str] = []
    read_bytes = Path.read_bytes
    monkeypatch.setattr(Path, "read_bytes", lambda path: (reads.append(path.name), read_bytes(path))[1])
    with later(monkeypatch):
        *_, state = run(Indexer, SourcesState(), tmp_path, ["a"], ["a"])
        assert sorted(reads) == ["1.jsonl", "2.jsonl"]
        state = SourcesState.from_bytes(state.to_bytes())
        reads.clear()
        *_, report, again = run(Indexer, state, tmp_path, ["a"], ["a"])
        assert (reads, again, report.unchanged) == ([], state, 2)
        # As many bytes, and the time of writing set back: the system knows nevertheless.
        changed = tmp_path / "a" / "1.jsonl"
        before = changed.stat()
        time.sleep(0.05)
        changed.write_bytes(read_bytes(changed).replace(b"one", b"two"))
        os.utime(changed, ns=(before.st_atime_ns, before.st_mtime_ns))
        came, *_ = run(Indexer, again, tmp_path, ["a"], ["a"])
        assert came == [("replace", "d1", "two")]
        assert reads == ["1.jsonl"]


def test_a_file_that_was_just_written_is_read_again(tmp_path) -> None:
    write(tmp_path, {"a": {"1.jsonl": [("d1", "one")]}})
    *_, state = run(Indexer, SourcesState(), tmp_path, ["a"], ["a"])
    assert [file.stamp for file in state.roots[str(tmp_path / "a")].files.values()] == [None]
    write(tmp_path, {"a": {"1.jsonl": [("d1", "two")]}})
    came, *_ = run(Indexer, state, tmp_path, ["a"], ["a"])
    assert came == [("replace", "d1", "two")]


def test_nothing_is_looked_for_in_what_is_settled(tmp_path, monkeypatch) -> None:
    write(tmp_path, {"a": {"1.jsonl": [("d1", "one")], "2.jsonl": [("d2", "one")]}})
    *_, state = run(Indexer, SourcesState(), tmp_path, ["a"], ["a"])
    monkeypatch.setattr(indexer.Indexer, "_resolve", None)
    *_, again = run(Indexer, state, tmp_path, ["a"], ["a"])
    assert again == state
