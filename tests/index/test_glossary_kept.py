"""The glossary of an index that changed little by little is that of one that was built at once."""

from __future__ import annotations

import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from searchkit import Document, SearchIndex

BULLETS = ["강화 학습(RL)을 쓴다", "심층 강화 학습(RL)", "확산 모델(Diffusion Model)이다", "아무 이름도 없다"]
DOCUMENTS = st.builds(
    lambda number, bullets: Document(id=f"d{number}", title="Paper", bullets=bullets),
    st.integers(0, 3),
    st.lists(st.sampled_from(BULLETS), max_size=3),
)
STEPS = st.lists(
    st.one_of(st.lists(DOCUMENTS, min_size=1, max_size=3), st.integers(0, 3)), min_size=1, max_size=5
)


def record(index: SearchIndex):
    return index._engine.open().generation.manifest.glossary


def pairs(index: SearchIndex):
    glossary = index._engine.open().glossary
    return [] if glossary is None else glossary.pairs()


@settings(max_examples=15)
@given(STEPS)
def test_it_is_that_of_the_documents(steps) -> None:
    with tempfile.TemporaryDirectory() as folder:
        first = Document(id="first", title="Paper", bullets=BULLETS[1:3])
        index = SearchIndex.build(first, Path(folder) / "a")
        there = {"first": first}
        for step in steps:
            if isinstance(step, int):
                index.delete(f"d{step}")
                there.pop(f"d{step}", None)
            else:
                index.add(step)
                there.update((document.id, document) for document in step)
        anew = SearchIndex.build(list(there.values()), Path(folder) / "b")
        assert pairs(index) == pairs(anew)


def test_it_is_kept_while_documents_gloss_the_same(tmp_path) -> None:
    def paper(*bullets: str) -> Document:
        return Document(id="d1", title="Paper", bullets=list(bullets))

    index = SearchIndex.build([paper(*BULLETS)], tmp_path / "index")
    made = record(index)
    assert made is not None
    index.add(paper(*reversed(BULLETS), "새 글"))
    assert record(index) == made
    index.add(paper(*BULLETS[:2]))
    assert record(index) != made


def test_what_the_user_says_makes_it_anew(tmp_path) -> None:
    terms = tmp_path / "terms"
    terms.mkdir()
    source = tmp_path / "papers"
    source.mkdir()
    (source / "note.md").write_text("확산 모델(Diffusion Model)이다", encoding="utf-8")
    found = []
    for line in ("가 = b", "가 = c"):
        (terms / "glossary.txt").write_text(line, encoding="utf-8")
        index = SearchIndex(tmp_path / "index", terms=terms)
        index.update([source])
        found.append({name for names, other in pairs(index) for name in (*names, *other.spellings)})
    assert [names & {"b", "c"} for names in found] == [{"b"}, {"c"}]
