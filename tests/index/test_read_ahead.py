"""Files are announced before they are read, and whatever they are, nobody waits."""

import os

import pytest

from searchkit import SearchIndex
from searchkit.index import read_ahead
from searchkit.index.read_ahead import ReadAhead

pytestmark = pytest.mark.skipif(not hasattr(os, "posix_fadvise"), reason="this system can't be told")


@pytest.fixture
def announced(monkeypatch):
    """Return the names of the files announced so far, in their order."""
    paths, opened = [], os.open
    monkeypatch.setattr(
        os, "open", lambda path, *rest: (paths.append(os.path.basename(path)), opened(path, *rest))[1]
    )
    return paths


def test_some_are_announced_at_once_and_then_one_for_each_read(tmp_path, announced, monkeypatch):
    monkeypatch.setattr(read_ahead, "_FILES_AHEAD", 2)
    names = ["a", "gone", "pipe", "b"]
    for name in ("a", "b"):
        (tmp_path / name).write_text("text")
    os.mkfifo(tmp_path / "pipe")
    ahead = ReadAhead(str(tmp_path / name) for name in names)
    assert announced == names[:2]
    for _ in range(4):
        ahead.advance()
    assert announced == names


def test_a_run_announces_what_is_new_only(tmp_path, announced):
    root = tmp_path / "notes"
    root.mkdir()
    for name in "cab":
        (root / f"{name}.md").write_text(f"# Note {name}\n\ntext")

    def notes():
        found = [name for name in announced if name.endswith(".md")]
        announced.clear()
        return found

    with SearchIndex.build(root, tmp_path / "index") as index:
        assert notes() == ["a.md", "b.md", "c.md"]
        (root / "d.md").write_text("# Note d")
        index.update([root])
        assert notes() == ["d.md"]
