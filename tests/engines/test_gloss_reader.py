"""Glosses read in a process of their own are those read here."""

import numpy as np
import pytest

from searchkit import Document, SearchIndex
from searchkit.analysis.glossary import NO_USER_GLOSSES, make_glossary
from searchkit.engines.whoosh import gloss_reader
from searchkit.engines.whoosh.gloss_reader import GlossReader
from searchkit.engines.whoosh.glossary import HASHES, glossary_arrays

TEXTS = [
    ("강화 학습(Reinforcement Learning, RL)", "no bracket", "확산 모델(diffusion model)을"),
    ("nothing here", "(또는)"),
    ("심층 강화 학습(RL)은", "\ud800(x) 언어 모델(LLMs)\n둘째 줄(second line)"),
    (),
    ("확산 모델(diffusion model)", "RLHF(Reinforcement Learning from Human Feedback)"),
]


@pytest.fixture
def many(monkeypatch):
    """Have another process begin with the second text."""
    monkeypatch.setattr(gloss_reader, "MANY_TEXTS", 2)
    monkeypatch.setattr(gloss_reader, "_TEXTS_AT_ONCE", 2)


def read(reader, texts, *, last):
    for doc, each in enumerate(texts):
        reader.add(doc, each)
    return reader.finish(len(texts), last=last)


def here(texts):
    reader = GlossReader()
    reader._possible = False
    return read(reader, texts, last=True)(), reader.glossary()


def same(one, other):
    return all(np.array_equal(a, b) and a.dtype == b.dtype for a, b in zip(one, other, strict=True))


@pytest.mark.usefixtures("many")
def test_another_process_gives_the_same():
    packed, glossary = here(TEXTS)
    reader = GlossReader()
    try:
        assert read(reader, TEXTS[:2], last=False)().counts()
        assert reader.glossary() is None
        found = read(reader, TEXTS, last=True)()
        assert reader._process is not None
        assert found.texts == packed.texts
        assert same(found[1:], packed[1:])
        counts = found.counts()
        for gloss, count in here(TEXTS[:2])[0].counts().items():
            counts[gloss] += count
        expected = glossary_arrays(make_glossary(counts, NO_USER_GLOSSES))
        assert same(reader.glossary().values(), expected.values())
        assert list(glossary) == list(expected)
    finally:
        reader.close()


@pytest.mark.usefixtures("many")
def test_without_glosses_all_is_empty():
    reader = GlossReader()
    try:
        packed = read(reader, [("(예)", "가 (나)", "(다)")], last=True)()
        assert reader._process is not None
        assert (packed.counts(), len(packed.docs), len(reader.glossary()[HASHES])) == ({}, 0, 0)
    finally:
        reader.close()


@pytest.mark.usefixtures("many")
def test_a_process_that_dies_is_replaced_by_this_one():
    reader = GlossReader()
    wait = read(reader, TEXTS, last=False)
    wait()
    reader._process._process.kill()
    found = read(reader, TEXTS, last=True)()
    assert found.counts() == here(TEXTS)[0].counts()
    assert reader.glossary() is None
    assert reader._process is None
    assert read(reader, TEXTS, last=True)().counts() == found.counts()


def test_few_texts_are_read_here():
    reader = GlossReader()
    read(reader, TEXTS, last=True)
    assert reader._process is None
    assert len(reader.glossary()[HASHES])


def papers(count):
    return [
        Document(id=f"d{n}", title=f"Paper {n}", bullets=[f"이름{n % 7}(name {n % 7})과 강화 학습(RL)"])
        for n in range(count)
    ]


def pairs(path, *, delete=()):
    with SearchIndex.build(papers(40), path) as index:
        if delete:
            index.delete(delete)
        return index._engine.open().glossary.pairs()


def test_an_index_has_the_same_glossary(tmp_path, monkeypatch):
    plain = pairs(tmp_path / "here"), pairs(tmp_path / "less", delete=["d3", "d4"])
    closed = []
    close = GlossReader.close
    monkeypatch.setattr(gloss_reader, "MANY_TEXTS", 10)
    monkeypatch.setattr(GlossReader, "close", lambda self: (closed.append(self._process), close(self))[1])
    assert (pairs(tmp_path / "there"), pairs(tmp_path / "fewer", delete=["d3", "d4"])) == plain
    assert closed[0]._process.returncode is not None


def test_names_of_a_document_that_was_replaced_are_gone(tmp_path):
    twice = [
        Document(id="a", bullets=["낡은 이름(old name)"]),
        Document(id="a", bullets=["새 이름(new name)"]),
    ]
    with SearchIndex.build(twice, tmp_path / "index") as index:
        names = {
            spelled
            for first, other in index._engine.open().glossary.pairs()
            for spelled in (first, other.spellings)
        }
    assert ("new name",) in names
    assert ("old name",) not in names
