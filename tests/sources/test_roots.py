"""Roots: which files are found, which are passed over and why."""

import os
import socket
import unicodedata
from pathlib import Path

import pytest

from searchkit.errors import SourceError
from searchkit.sources import root as roots
from searchkit.sources.reader import read_file
from searchkit.sources.root import discover


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "papers"
    folder.mkdir()
    return folder


def write(folder, *names):
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("글\n", encoding="utf-8")


def found(listing):
    return [file.inside for file in listing.files]


def skipped(listing, folder):
    return {label.removeprefix(f"{folder}/"): reason for label, reason in listing.skipped}


def test_files_come_in_the_order_of_their_paths(folder, monkeypatch):
    write(folder, "b.md", "a/z.TXT", "a/b/c.jsonl", "a-b.markdown", "c.ndjson")
    listing = discover(folder)
    assert found(listing) == ["a-b.markdown", "a/b/c.jsonl", "a/z.TXT", "b.md", "c.ndjson"]
    assert listing.skipped == []
    assert {file.root_name for file in listing.files} == {"papers"}
    monkeypatch.chdir(folder.parent)
    assert discover("papers/").files[3].label == "papers/b.md"
    assert discover("./papers").files[3].label == "./papers/b.md"
    assert discover(folder, typed="papers").files[3].label == "papers/b.md"
    monkeypatch.chdir(folder)
    (*_, note, _) = discover(".").files
    assert (note.label, note.note_id) == ("./b.md", "papers/b.md")


def test_what_is_passed_over_is_counted(folder, tmp_path):
    write(
        folder, "a.md", ".hidden.md", ".git/b.md", "c.png", "d.pdf", "noending", "index/CURRENT", "index/x.md"
    )
    write(folder, "index/MANIFEST-3.json", "other/e.md", "f.md", "empty/.gitkeep")
    write(tmp_path, "outside/g.md")
    (folder / "out.md").symlink_to(tmp_path / "outside/g.md")
    (folder / "outdir").symlink_to(tmp_path / "outside")
    (folder / "up").symlink_to(folder.parent)
    (folder / "loop").symlink_to(folder)
    (folder / "self.md").symlink_to(folder / "self.md")
    (folder / "gone.md").symlink_to(folder / "nothing.md")
    (folder / "again.md").symlink_to("a.md")
    (folder / "null.md").symlink_to("/dev/null")
    os.mkfifo(folder / "pipe.md")
    listing = discover(folder, exclude=[folder / "other", folder / "f.md"])
    assert found(listing) == ["a.md"]
    assert skipped(listing, folder) == {
        ".hidden.md": roots.HIDDEN,
        ".git": roots.HIDDEN,
        "empty/.gitkeep": roots.HIDDEN,
        "c.png": roots.OTHER,
        "d.pdf": roots.OTHER,
        "noending": roots.OTHER,
        "index": roots.INDEX,
        "other": roots.ELSEWHERE,
        "f.md": roots.ELSEWHERE,
        "out.md": roots.OUTSIDE,
        "outdir": roots.OUTSIDE,
        "up": roots.OUTSIDE,
        "loop": roots.AGAIN,
        "self.md": roots.BROKEN,
        "gone.md": roots.BROKEN,
        "again.md": roots.AGAIN,
        "null.md": roots.OUTSIDE,
        "pipe.md": roots.SPECIAL,
    }
    assert sum(listing.reasons().values()) == len(listing.skipped)
    assert listing.problems == []


def test_a_socket_is_passed_over(folder, monkeypatch):
    monkeypatch.chdir(folder)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("s.md")
        write(folder, "a.md")
        assert found(discover(folder)) == ["a.md"]


def test_a_link_to_what_is_not_read_otherwise_is_followed_once(folder):
    write(folder, ".store/deep/a.md", "b.md")
    (folder / "k.md").symlink_to(folder / ".store/deep/a.md")
    (folder / "l").symlink_to(folder / ".store/deep")
    (folder / "m").symlink_to(folder / ".store")
    listing = discover(folder)
    assert found(listing) == ["b.md", "k.md"]
    assert skipped(listing, folder)["l/a.md"] == roots.AGAIN
    assert skipped(listing, folder)["m/deep"] == roots.AGAIN


def test_a_root_may_be_one_file_of_any_ending(folder):
    write(folder, "note.md", "data.log")
    (folder / "digest.text").write_text(
        "## Daily Papers (2024-01-01)\n### [T](https://arxiv.org/abs/2401.00001)\n- 글\n", encoding="utf-8"
    )
    (folder / "lines").write_text('{"id": "x", "title": "t"}\n', encoding="utf-8")

    def ids(name):
        (file,) = discover(folder / name).files
        assert file.inside == ""
        assert file.label == str(folder / name)
        return [document.id for document in read_file(file, file.path.read_bytes()).documents]

    assert ids("note.md") == ["note.md"]
    assert ids("data.log") == ["data.log"]
    assert ids("digest.text") == ["2024-01-01/2401.00001"]
    assert ids("lines") == ["x"]


def test_names_are_composed(tmp_path):
    folder = tmp_path / unicodedata.normalize("NFD", "메모")
    write(folder, unicodedata.normalize("NFD", "확산.md"))
    (file,) = discover(folder).files
    assert (file.inside, file.note_id) == ("확산.md", "메모/확산.md")
    assert file.path.read_text(encoding="utf-8") == "글\n"


def test_two_names_that_look_the_same_are_reported(folder):
    write(folder, "확산.md", unicodedata.normalize("NFD", "확산.md"))
    if len(list(folder.iterdir())) == 1:
        pytest.skip("this file system takes both names for one")
    listing = discover(folder)
    assert found(listing) == ["확산.md"]
    assert len(listing.problems) == 1


def test_names_that_are_no_utf8_are_read(folder):
    name = os.fsencode(folder) + b"/caf\xe9 b.md"
    try:
        Path(os.fsdecode(name)).write_text("글\n", encoding="utf-8")
    except OSError:
        pytest.skip("this file system takes names in UTF-8 only")
    (file,) = discover(folder).files
    (document,) = read_file(file, file.path.read_bytes()).documents
    document.id.encode()
    assert document.source.encode().decode() == f"{folder}/caf\ufffd b.md"


@pytest.mark.parametrize("name", ["missing", "missing/below.md", "nul\0byte", "x" * 5000])
def test_a_missing_root_is_an_error(folder, name):
    with pytest.raises(SourceError) as caught:
        discover(f"{folder}/{name}")
    assert "\n" not in str(caught.value)


def test_a_pipe_or_an_index_as_a_root_is_an_error(folder):
    os.mkfifo(folder / "pipe")
    write(folder, "index/CURRENT", "index/MANIFEST-1.json")
    with pytest.raises(SourceError, match="neither a file nor a folder"):
        discover(folder / "pipe")
    with pytest.raises(SourceError, match="index folder"):
        discover(folder / "index")


@pytest.mark.skipif(os.geteuid() == 0, reason="the superuser may read everything")
def test_what_may_not_be_read_is_reported(folder):
    write(folder, "a.md", "closed/b.md")
    (folder / "closed").chmod(0)
    listing = discover(folder)
    assert found(listing) == ["a.md"]
    assert (listing.unread, len(listing.problems)) == (["closed"], 1)
    with pytest.raises(SourceError, match="can't be read"):
        discover(folder / "closed")
    (folder / "closed").chmod(0o700)


def test_a_folder_without_files_is_reported(folder):
    listing = discover(folder, typed="papers/")
    assert listing.files == []
    assert [(problem.file, problem.line) for problem in listing.problems] == [("papers", None)]
