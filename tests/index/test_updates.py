"""Later runs: what is read again, what is removed, what stays."""

import json

import pytest

from searchkit import Document, IndexIncompatible, SearchIndex, SourceError
from searchkit.analysis.analyzer import WordAnalyzer
from searchkit.engines.whoosh import toc as contents
from searchkit.index import maintenance
from searchkit.engines.whoosh import toc as contents


def digest(date, *papers):
    """Return a digest; a paper is (arXiv id, title, bullets)."""
    text = f"## Daily Papers ({date})\n"
    for arxiv_id, title, *bullets in papers:
        text += f"\n### [{title}](https://arxiv.org/abs/{arxiv_id})\n\nVote: 3\n\nAuthors: Ann Lee\n\n"
        text += "".join(f"- {bullet}\n" for bullet in bullets)
    return text


@pytest.fixture
def folder(tmp_path):
    papers = tmp_path / "papers"
    papers.mkdir()
    (papers / "a.md").write_text(
        digest(
            "2024-01-01",
            ("2401.00001", "Diffusion", "확산 모델"),
            ("2401.00002", "Agents", "에이전트를 만든다"),
        ),
        encoding="utf-8",
    )
    (papers / "b.md").write_text(
        digest("2024-01-02", ("2401.00003", "Video", "비디오 생성")), encoding="utf-8"
    )
    return papers


@pytest.fixture
def index(folder, tmp_path):
    with SearchIndex.build(folder, tmp_path / "index") as index:
        yield index


def counts(report):
    return report.added, report.updated, report.unchanged, report.removed


def ids(index, query=""):
    return {hit.id for hit in index.search(query, limit=100)}


def test_nothing_changed_means_no_commit(index):
    before = index.generation
    assert counts(index.update()) == (0, 0, 3, 0)
    assert index.generation == before


def test_a_changed_entry_is_updated_and_the_others_are_not(index, folder):
    text = (folder / "a.md").read_text(encoding="utf-8")
    (folder / "a.md").write_text(text.replace("확산 모델", "잠재 확산 모델"), encoding="utf-8")
    assert counts(index.update()) == (0, 1, 2, 0)
    assert ids(index, "잠재") == {"2024-01-01/2401.00001"}


def test_an_entry_that_only_moved_shows_its_new_line(index, folder):
    text = (folder / "b.md").read_text(encoding="utf-8")
    before = index.get("2024-01-02/2401.00003")
    (folder / "b.md").write_text(text.replace("\n### [Video", "\n\n\n### [Video"), encoding="utf-8")
    assert counts(index.update()) == (0, 0, 3, 0)
    assert index.get("2024-01-02/2401.00003").line == before.line + 2


def test_entries_and_files_that_are_gone_are_removed(index, folder):
    (folder / "b.md").unlink()
    (folder / "a.md").write_text(
        digest("2024-01-01", ("2401.00002", "Agents", "에이전트를 만든다")), encoding="utf-8"
    )
    assert counts(index.update()) == (0, 0, 1, 2)
    assert ids(index) == {"2024-01-01/2401.00002"}


def test_a_missing_root_is_an_error_and_removes_nothing(index, folder):
    folder.rename(folder.with_name("elsewhere"))
    with pytest.raises(SourceError, match="--forget"):
        index.update()
    assert len(index) == 3


def test_forgetting_a_root_removes_its_documents(index, folder, tmp_path):
    (tmp_path / "note.md").write_text("# 메모\n\n양자화 실험\n", encoding="utf-8")
    index.update([tmp_path / "note.md"])
    assert len(index) == 4
    report = index.update(forget=[folder])
    assert report.removed == 3
    assert ids(index) == {"note.md"}
    with pytest.raises(SourceError, match="not a source"):
        index.update(forget=[folder])


def test_other_roots_are_left_alone(index, folder, tmp_path):
    other = tmp_path / "other"
    other.mkdir()
    (other / "c.jsonl").write_text('{"id": "c", "title": "C", "text": "양자화"}\n', encoding="utf-8")
    (folder / "b.md").unlink()
    assert counts(index.update([other])) == (1, 0, 0, 0)
    assert "2024-01-02/2401.00003" in ids(index)
    assert index.update().removed == 1


def test_a_root_inside_another_is_not_read_twice(index, folder):
    assert counts(index.update([folder / "b.md"])) == (0, 0, 3, 0)


def test_of_two_entries_with_one_id_the_first_stays_and_the_other_takes_its_place(index, folder):
    entry = ("2401.00003", "Video", "다른 내용")
    (folder / "c.md").write_text(digest("2024-01-02", entry), encoding="utf-8")
    report = index.update()
    assert counts(report) == (0, 0, 3, 0)
    (problem,) = report.problems
    assert problem.file.endswith("c.md")
    assert "b.md:3" in problem.message
    (folder / "b.md").unlink()
    assert counts(index.update()) == (0, 1, 2, 0)
    assert ids(index, "다른") == {"2024-01-02/2401.00003"}


def test_equal_entries_are_one_document(index, folder):
    (folder / "c.md").write_text((folder / "b.md").read_text(encoding="utf-8"), encoding="utf-8")
    report = index.update()
    assert report.duplicates == 1
    assert not report.problems
    (folder / "b.md").unlink()
    assert counts(index.update()) == (0, 0, 3, 0)
    assert index.get("2024-01-02/2401.00003").source.endswith("c.md")


def test_a_deleted_document_stays_away_until_its_entry_changes(index, folder):
    assert index.delete("2024-01-02/2401.00003") == 1
    assert index.delete(["2024-01-02/2401.00003", "nobody"]) == 0
    assert index.update().added == 0
    assert len(index) == 2
    text = (folder / "b.md").read_text(encoding="utf-8")
    (folder / "b.md").write_text(text.replace("비디오", "동영상"), encoding="utf-8")
    assert index.update().added == 1


def test_a_rebuild_brings_deleted_documents_back(index):
    index.delete("2024-01-02/2401.00003")
    assert index.update(rebuild=True).added == 3


def test_documents_of_the_library_stay_until_deleted(index):
    assert index.add(Document(id="mine", title="My note", bullets=["양자화 실험"])) == 1
    index.update()
    index.update(rebuild=True)
    assert ids(index, "양자화") == {"mine"}
    assert index.add([Document(id="mine", title="Other"), Document(id="more", title="More")]) == 2
    assert ids(index, "양자화") == set()
    assert index.delete("mine") == 1
    assert index.get("mine") is None


def test_a_dry_run_says_what_would_be_done_and_does_nothing(index, folder):
    (folder / "b.md").unlink()
    before = index.generation
    assert counts(index.update(dry_run=True)) == (0, 0, 2, 1)
    assert index.generation == before
    assert len(index) == 3


def test_generators_are_indexed_and_later_ones_win(tmp_path):
    documents = (Document(id=f"d{number % 5}", title=f"title {number}") for number in range(8))
    with SearchIndex.build(documents, tmp_path / "index") as index:
        assert len(index) == 5
        assert index.get("d1").title == "title 6"


def test_scores_do_not_depend_on_how_documents_came(index, folder, tmp_path):
    index.add(Document(id="extra", title="Extra", bullets=["확산 모델 모델"]))
    text = (folder / "a.md").read_text(encoding="utf-8")
    (folder / "a.md").write_text(text.replace("에이전트를", "확산 에이전트를"), encoding="utf-8")
    index.update()
    index.delete("2024-01-02/2401.00003")
    index.delete("extra")
    with SearchIndex.build(folder, tmp_path / "other") as once:
        once.delete("2024-01-02/2401.00003")
        expected = [(hit.id, pytest.approx(hit.score, abs=1e-4)) for hit in once.search("확산 모델 agents")]
    (folder / "b.md").unlink()
    with SearchIndex.build(folder, tmp_path / "third") as anew:
        found = [(hit.id, hit.score) for hit in anew.search("확산 모델 agents")]
    assert found == expected
    assert [(hit.id, hit.score) for hit in index.search("확산 모델 agents")] == expected


def test_other_rules_of_analysis_are_refused_until_a_rebuild(index, monkeypatch):
    monkeypatch.setattr(WordAnalyzer, "fingerprint", property(lambda self: "other"))
    with pytest.raises(IndexIncompatible, match="--rebuild"):
        SearchIndex.open(index.path)
    with pytest.raises(IndexIncompatible, match="--rebuild"):
        index.update()
    index.update(rebuild=True)
    with SearchIndex.open(index.path) as again:
        assert len(again) == 3


def test_another_model_is_noted_and_the_next_run_analyses_anew(index, monkeypatch):
    monkeypatch.setattr(WordAnalyzer, "versions", staticmethod(lambda: {"kiwi": "9.9", "model": "9.9"}))
    with SearchIndex.open(index.path) as other:
        assert "other-model" in {note.code for note in other.search("확산").notes}
        other.update()
        assert not other.search("확산").notes
        assert ids(other, "확산") == {"2024-01-01/2401.00001"}
        assert len(other) == 3


def test_the_index_folder_is_never_read_as_a_source(folder):
    with SearchIndex.build(folder, folder / "index") as index:
        report = index.update()
        assert counts(report) == (0, 0, 3, 0)
        assert len(index) == 3


def test_a_source_that_is_unreadable_keeps_its_documents(index, folder):
    (folder / "b.md").unlink()
    (folder / "b.md").symlink_to(folder / "gone.md")
    index.update()
    assert len(index) == 2


def test_the_state_of_a_large_source_is_read_back(tmp_path):
    lines = "".join(json.dumps({"id": f"d{n}", "title": f"t{n}", "text": "모델"}) + "\n" for n in range(3000))
    (tmp_path / "many.jsonl").write_text(lines, encoding="utf-8")
    with SearchIndex.build(tmp_path / "many.jsonl", tmp_path / "index") as index:
        assert len(index) == 3000
        assert counts(index.update()) == (0, 0, 3000, 0)
        assert index.search("모델", limit=1).total == 3000


def test_a_restored_index_has_a_table_of_contents_of_our_own_making(index, tmp_path, monkeypatch):
    maintenance.backup(index.path, tmp_path / "copy.backup")
    monkeypatch.setattr(contents, "toc_bytes", lambda manifest, **_: b"ours")
    assert maintenance.restore(tmp_path / "copy.backup", tmp_path / "restored") == 3
    (toc,) = (tmp_path / "restored").glob("*.toc")
    assert toc.read_bytes() == b"ours"
    with SearchIndex.open(tmp_path / "restored") as again:
        assert ids(again, "확산") == {"2024-01-01/2401.00001"}


def test_a_repair_without_a_sound_generation_indexes_the_sources_anew(index, folder):
    for segment in index.path.glob("*.seg"):
        segment.write_bytes(b"x" * segment.stat().st_size)
    assert not maintenance.verify(index.path).sound
    repaired = maintenance.repair(index.path, WordAnalyzer())
    assert repaired.outcome == "rebuilt"
    assert (index.path / repaired.aside).is_dir()
    assert maintenance.verify(index.path, deep=True).sound
    with SearchIndex.open(index.path) as again:
        assert len(again) == 3
