"""What every engine's commits do: all at once or not at all, and nothing of what was there is lost."""

from __future__ import annotations

import pytest
from contract_documents import ANALYZER, collection

from searchkit import Document, DocumentError, IndexMissing, SearchIndex
from searchkit.analysis.token import Layer
from searchkit.engines.locate import engine_at
from searchkit.index.session import writing
from searchkit.index.state import SourcesState
from searchkit.index.terms import UserTerms

DOCUMENTS = collection(12)


def stored(engine):
    with engine.open() as snapshot:
        return {document.id: document for document in snapshot.all_documents()}


def write(engine, *changes, state=None, **options):
    """Commit ``changes``, each a name of the session's methods and what to give it."""
    with writing(engine, ANALYZER, **options) as session:
        for name, argument in changes:
            getattr(session, name)(argument)
        return session.commit(state or session.state)


def test_where_nothing_is_there_is_no_index(location):
    engine = engine_at(location)
    assert engine.location == location
    assert not engine.exists()
    assert engine.current() is None
    engine.check_target()
    with pytest.raises(IndexMissing):
        engine.open()
    with pytest.raises(IndexMissing):
        engine.verify()


def test_each_commit_is_seen_whole_and_later_ones_have_greater_numbers(location):
    engine = engine_at(location)
    assert write(engine, *(("add", document) for document in DOCUMENTS[:8]))
    first = engine.current()
    assert engine.exists()
    assert stored(engine) == {document.id: document for document in DOCUMENTS[:8]}
    changed = Document(id=DOCUMENTS[0].id, title="quite another")
    assert write(engine, ("replace", changed), ("remove", DOCUMENTS[1].id), ("add", DOCUMENTS[8]))
    assert engine.current() > first
    expected = {document.id: document for document in [changed, *DOCUMENTS[2:9]]}
    assert stored(engine) == expected
    with engine.open() as snapshot:
        assert snapshot.live_count == len(expected)
        assert snapshot.doc_freq(Layer.TITLE, "quite") == 1
        assert snapshot.find(DOCUMENTS[1].id) is None
    assert engine.verify().sound
    assert engine.verify(deep=True).problems in ((), [])


def test_without_a_commit_nothing_has_changed(location):
    engine = engine_at(location)
    write(engine, *(("add", document) for document in DOCUMENTS[:4]))
    number = engine.current()
    with writing(engine, ANALYZER) as session:
        session.add(DOCUMENTS[5])
        session.remove(DOCUMENTS[0].id)
        session.feed.flush()
    with pytest.raises(DocumentError), writing(engine, ANALYZER) as session:  # noqa: PT012
        session.replace(Document(id=DOCUMENTS[1].id, title="never"))
        session.feed.flush()
        session.add(Document(id="no id"))
    assert engine.current() == number
    write(engine, ("add", DOCUMENTS[6]))
    assert stored(engine) == {document.id: document for document in [*DOCUMENTS[:4], DOCUMENTS[6]]}


def test_a_commit_that_changes_nothing_is_none(location):
    engine = engine_at(location)
    write(engine, ("add", DOCUMENTS[0]))
    number = engine.current()
    assert not write(engine)
    assert engine.current() == number


def test_a_fresh_start_keeps_nothing_but_the_users_files(location):
    engine = engine_at(location)
    files = {"dictionary.txt": b"", "synonyms.txt": "video, 영상\n".encode(), "glossary.txt": b""}
    state = SourcesState(library={"a": "1"})
    write(engine, ("add", DOCUMENTS[0]), terms=UserTerms(files), state=state)
    with engine.open() as snapshot:
        assert SourcesState.from_bytes(snapshot.sources) == state
        assert dict(snapshot.user_files) == {"synonyms.txt": files["synonyms.txt"]}
    write(engine, ("add", DOCUMENTS[1]), fresh=True, state=SourcesState())
    assert stored(engine) == {DOCUMENTS[1].id: DOCUMENTS[1]}
    with engine.open() as snapshot:
        assert SourcesState.from_bytes(snapshot.sources) == SourcesState()
        assert dict(snapshot.user_files) == {"synonyms.txt": files["synonyms.txt"]}


def test_a_dictionary_changes_words_and_their_documents(location):
    engine = engine_at(location)
    documents = [
        Document(id="a", title="맘바디퓨저 연구"),
        Document(id="b", title="Other", bullets=("새로운 맘바디퓨저를 쓴다",)),
        Document(id="c", title="확산 모델"),
    ]
    write(engine, *(("add", document) for document in documents))
    with engine.open() as snapshot:
        assert snapshot.doc_freq(Layer.TITLE, "맘바디퓨저") == 0
    files = {"dictionary.txt": "맘바디퓨저\n".encode(), "synonyms.txt": b"", "glossary.txt": b""}
    with writing(engine, ANALYZER, terms=UserTerms(files)) as session:
        assert (session.changed_words, session.changed_documents) == (2, 2)
        assert session.commit(session.state)
    with engine.open() as snapshot:
        assert snapshot.doc_freq(Layer.TITLE, "맘바디퓨저") == 1
        assert snapshot.doc_freq(Layer.BULLETS, "맘바디퓨저") == 1
        frequencies = snapshot.live_frequencies(Layer.TITLE)
        assert frequencies[snapshot.lexicon.string_id("맘바디퓨저")] == 1
        assert snapshot.live_count == 3
    assert stored(engine) == {document.id: document for document in documents}


def test_everything_a_program_does(location, tmp_path):
    notes = tmp_path / "notes"
    notes.mkdir()
    for number in range(3):
        (notes / f"{number}.md").write_text(
            f"# 확산 모델 {number}\n\n강화 학습(RL)을 쓴다.\n", encoding="utf-8"
        )
    with SearchIndex(location, terms=None) as index:
        assert index.update([str(notes)]).added == 3
        assert index.update().unchanged == 3
        assert index.add(DOCUMENTS) == len(DOCUMENTS)
        assert index.delete([DOCUMENTS[0].id, "nobody"]) == 1
        (notes / "0.md").unlink()
        assert index.update().removed == 1
        assert len(index) == len(DOCUMENTS) + 1
        found = index.search("확산 모델을 쓰는", facets=True)
        assert {"notes/1.md", "notes/2.md"} <= {hit.id for hit in found}
        assert found[0].snippet.as_text()
        assert found[0].highlights
        assert [note.code for note in index.search("환산 모댈").notes if note.code == "spelling"]
        assert "확산 모델" in [each.text for each in index.suggest("확사")]
        assert index.similar("notes/1.md")[0].id == "notes/2.md"
        assert index.glossary("강화 학습")[0].other == "RL"
        explanation = index.explain("확산 모델", "notes/1.md")
        assert explanation.score == pytest.approx(
            next(hit.score for hit in index.search("확산 모델", expand=False) if hit.id == "notes/1.md"),
            rel=1,
        )
        assert index.why("양자화", "notes/1.md").failed
        assert index.get("notes/1.md").title == "확산 모델 1"
        assert index.get(DOCUMENTS[0].id) is None
        assert index.stats()["documents"] == len(index)
        assert index.unknown_words(min_count=1) is not None
        assert index.update(rebuild=True).added == 2
        assert len(index) == len(DOCUMENTS) + 1
    with SearchIndex.open(location) as again:
        assert again.search("확산").total >= 2
        assert repr(again) == f"SearchIndex({location!r})"


def test_what_was_added_is_found_at_once(location):
    with SearchIndex(location) as index:
        for number in range(3):
            index.add(Document(id=f"a{number}", title="diffusion"))
            assert len(index) == index.search("diffusion").total == number + 1
            index.add(Document(id="b", title=f"attention {number}"))
            assert index.search("attention").hits[0].document.title == f"attention {number}"
            assert index.delete("b") == 1
            assert not index.search("attention").total
