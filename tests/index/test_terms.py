"""The user's files: copied into the index, used from there, and a changed dictionary is as good as a new index."""

from __future__ import annotations

from pathlib import Path

import pytest

from searchkit import Document, SearchIndex, SearchkitError, SourceError
from searchkit.index.maintenance import backup, restore, verify

WORDS = ("이미지생성", "생성모델", "의사결정", "언어모델", "추론속도", "블록체이닝")
QUERIES = ("이미지 생성", "이미지생성", "언어 모델", "의사 결정", "블록체이닝 기법", "모델의 추론")
TEXTS = (
    "이미지생성 모델을 제안한다.",
    "이미지 생성모델의 추론속도를 높였다.",
    "대규모 언어모델이 의사결정을 돕는다.",
    "블록체이닝기법으로 언어 모델을 다룬다.",
    "의사가 결정한 생성 이미지.",
    "추론 속도와 모델의 크기.",
)


def documents(count: int = 24) -> list[Document]:
    return [
        Document(
            id=f"d{number:02}",
            title=f"Paper {number} 언어모델",
            bullets=(TEXTS[number % len(TEXTS)], TEXTS[number * 5 % 4]),
            source="made",
        )
        for number in range(count)
    ]


def answers(index: SearchIndex) -> dict[str, list[tuple[str, float]]]:
    return {
        query: [(hit.id, pytest.approx(hit.score, abs=1e-4)) for hit in index.search(query, limit=100)]
        for query in QUERIES
    }


def write(folder: Path, **files: str) -> None:
    folder.mkdir(exist_ok=True)
    for name, text in files.items():
        (folder / f"{name}.txt").write_text(text, encoding="utf-8")


def test_changing_dictionaries_give_what_new_indexes_give(tmp_path: Path) -> None:
    """Adds, deletes and other dictionaries in any order end where one build with the last dictionary does."""
    terms = tmp_path / "terms"
    index = SearchIndex.build(documents(), tmp_path / "index")
    held = {document.id: document for document in documents()}
    seen = [answers(index)]
    for step, words in enumerate((WORDS[:3], ("블록체이닝", "언어모델", "이미지생성"), ())):
        write(terms, dictionary="\n".join(words))
        index.delete(f"d{step:02}")
        del held[f"d{step:02}"]
        assert index.update().committed
        extra = Document(id=f"e{step}", title="블록체이닝기법", bullets=(TEXTS[step], TEXTS[step + 1]))
        index.add([extra])
        held[extra.id] = extra
        with SearchIndex.build(held.values(), tmp_path / f"new{step}", terms=terms) as anew:
            seen.append(answers(anew))
        assert answers(index) == seen[-1]
        assert verify(tmp_path / "index", deep=True).sound
    assert seen[0]["블록체이닝 기법"] != seen[2]["블록체이닝 기법"]
    assert not index.update().committed


def test_only_words_and_documents_that_hold_a_new_word_change(tmp_path: Path) -> None:
    index = SearchIndex.build(documents(), tmp_path / "index", terms=None)
    holders = [each for each in documents() if "블록체이닝" in "".join(each.bullets)]
    before = (tmp_path / "terms" / "dictionary.txt").exists()
    added = index.add_words(["블록체이닝"])
    assert not before
    assert added.change is not None
    assert (added.change.words, added.change.documents) == (1, len(holders))
    assert [word.after for word in added.words] == [("블록체이닝",)]
    assert (tmp_path / "terms" / "dictionary.txt").read_text(encoding="utf-8") == "블록체이닝\n"
    again = index.add_words(["블록체이닝"])
    assert again.words[0].known
    assert again.change is not None
    assert not again.change.committed
    assert "블록체이닝" in [term.text for term in index.analyze("블록체이닝기법")]


def test_words_that_are_none_change_nothing(tmp_path: Path) -> None:
    index = SearchIndex.build(documents(2), tmp_path / "index")
    for words in (["두 낱말"], ["GPT"], ["모델/XYZ"], ["  "], []):
        with pytest.raises(SearchkitError):
            index.add_words(words)
    assert not (tmp_path / "terms").exists()
    index.add_words(["블록체이닝/NNP"])
    with pytest.raises(SearchkitError, match="already, as NNP"):
        index.add_words(["블록체이닝/NNG"])


def test_a_search_uses_the_copies_and_says_when_the_files_differ(tmp_path: Path) -> None:
    terms = tmp_path / "terms"
    write(terms, synonyms="그림 => 이미지\n", dictionary="# nothing yet\n")
    index = SearchIndex.build(documents(), tmp_path / "index")
    assert index.search("그림").total == index.search("이미지").total > 0
    assert not index.search("그림").notes
    write(terms, synonyms="그림 => 모델\n")
    found = index.search("그림")
    assert [note.code for note in found.notes] == ["terms-changed"]
    assert found.total == index.search("이미지").total
    index.update()
    assert index.search("그림").total == index.search("모델").total
    for file in terms.iterdir():
        file.unlink()
    terms.rmdir()
    assert not index.search("그림").notes
    index.update()
    assert index.search("그림").total == index.search("모델").total


def test_bad_lines_are_reported_and_skipped(tmp_path: Path) -> None:
    terms = tmp_path / "terms"
    write(terms, dictionary="블록체이닝\n두 낱말\n", synonyms="혼자\n그림, 이미지\n")
    index = SearchIndex.build(documents(), tmp_path / "index")
    assert index.last_report is not None
    problems = [(problem.file, problem.line) for problem in index.last_report.problems]
    assert problems == [(str(terms / "dictionary.txt"), 2), (str(terms / "synonyms.txt"), 1)]
    assert index.search("그림").total == index.search("이미지").total


def test_a_backup_keeps_the_dictionary(tmp_path: Path) -> None:
    write(tmp_path / "terms", dictionary="블록체이닝\n")
    index = SearchIndex.build(documents(), tmp_path / "index")
    backup(tmp_path / "index", tmp_path / "all.backup")
    restore(tmp_path / "all.backup", tmp_path / "elsewhere" / "index")
    with SearchIndex.open(tmp_path / "elsewhere" / "index") as restored:
        assert answers(restored) == answers(index)
        assert not restored.update().committed
        restored.update(rebuild=True)
        assert answers(restored) == answers(index)


def test_whoosh_analyses_with_the_dictionary(tmp_path: Path) -> None:
    whoosh = pytest.importorskip("whoosh.index")
    from whoosh.qparser import QueryParser

    write(tmp_path / "terms", dictionary="블록체이닝\n")
    index = SearchIndex.build(documents(), tmp_path / "index")
    opened = whoosh.open_dir(str(index.whoosh_dir))
    with opened.searcher() as searcher:
        query = QueryParser("bullets", opened.schema).parse("블록체이닝")
        found = {hit["id"] for hit in searcher.search(query, limit=None)}
    assert found == {hit.id for hit in index.search("블록체이닝", limit=100)}


def test_a_folder_that_was_named_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="no such folder of terms"):
        SearchIndex.build(documents(1), tmp_path / "index", terms=tmp_path / "nowhere")
