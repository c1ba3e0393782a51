"""Words read from marks are those that the embedded engine stores, however many levels the lexicon has."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from searchkit import SearchIndex
from searchkit.analysis.token import FIRST_WORD, Context, WordKey
from searchkit.document import Document
from searchkit.engines.opensearch import word_marks
from searchkit.engines.opensearch.stored_words import stored_words
from searchkit.engines.opensearch.word_marks import (
    MarkedWords,
    mark,
    marked,
    merge_marks,
    write_marks,
)
from searchkit.engines.whoosh.blockfile import BlockFile, BlockFileWriter
from searchkit.engines.whoosh.files import Files
from searchkit.engines.whoosh.generation import Generation
from searchkit.engines.whoosh.lexicon import LexiconLevel, StoredLexicon
from searchkit.engines.whoosh.lexicon_writer import KnownStrings, merge_levels, write_level
from searchkit.engines.whoosh.store import Store

SEEDS = Path(__file__).parents[3] / "seeds"


@pytest.fixture
def generation(tmp_path):
    odd = Document(
        id="odd",
        title="C++, 확산 모델.",
        bullets=("모델. 모델을?", "", "GPT-4의 ..."),
        labels=("", "요약", ""),
    )
    SearchIndex.build([SEEDS, odd], tmp_path / "index").close()
    with Generation.open(Store(tmp_path / "index").pin()) as opened:
        yield opened


def written(folder, name, write):
    writer = BlockFileWriter(Files(folder), name)
    write(writer)
    record = writer.finish()
    return LexiconLevel(BlockFile.open(folder, record), record)


def write(writer, levels, keys, tokens):
    stored = StoredLexicon(levels)
    write_level(writer, stored, keys, tokens, KnownStrings(stored))
    write_marks(writer, keys)


@pytest.fixture
def levels(generation, tmp_path):
    """The same words as two levels, and as one merged of them."""
    lexicon = generation.lexicon
    keys = [lexicon.key(word) for word in range(lexicon.word_count)]
    tokens = [lexicon.tokens(word) for word in range(lexicon.word_count)]
    first = written(tmp_path, "1.lex", lambda writer: write(writer, [], keys[:500], tokens[:500]))
    second = written(tmp_path, "2.lex", lambda writer: write(writer, [first], keys[500:], tokens[500:]))
    both = [first, second]

    def merge(writer):
        merge_levels(writer, both)
        merge_marks(writer, both)

    return both, [written(tmp_path, "3.lex", merge)]


def test_words_are_those_that_were_stored(generation, levels):
    (segment,) = generation.segments
    keys = generation.lexicon.key
    streams = [segment.words(np.array([doc]))[0].tolist() for doc in range(segment.doc_count)]
    stored = [marked(codes, lambda word: mark(keys(word))) for codes in streams]
    documents = [segment.document(doc) for doc in range(segment.doc_count)]
    again = stored_words(documents, generation.lexicon)
    for several in levels:
        found = MarkedWords(several).read(stored)
        assert found is not None
        codes, offsets = found
        assert [codes[start:stop].tolist() for start, stop in pairwise(offsets)] == streams
        assert (codes.tolist(), offsets.tolist()) == (again.codes.tolist(), again.offsets.tolist())


def test_words_that_the_lexicon_lacks_are_left_out(generation, levels):
    first, _ = levels[0]
    there, missing = 3, first.word_end + 7
    stored = marked((there, missing + FIRST_WORD, 1, 0), lambda word: mark(generation.lexicon.key(word)))
    found = MarkedWords([first]).read([stored, "", stored])
    assert found is not None
    assert found[0].tolist() == [there, 1, 0, there, 1, 0]
    assert found[1].tolist() == [0, 3, 3, 6]
    nothing = MarkedWords([]).read([stored])
    assert nothing is not None
    assert nothing[0].tolist() == [1, 0]


@pytest.mark.parametrize("taken", [mark(WordKey(Context.FREE, "모델")), b"\1\0\0\0\0"])
def test_a_mark_that_may_be_something_else_is_not_trusted(taken, generation, tmp_path, monkeypatch):
    def crude(key):
        return taken if key.form == "확산" else mark(key)

    keys = [WordKey(Context.FREE, form) for form in ("확산", "모델", "c++")]
    monkeypatch.setattr(word_marks, "mark", crude)
    level = written(tmp_path, "few.lex", lambda writer: write(writer, [], keys, [()] * len(keys)))
    words = MarkedWords([level])
    assert words.read([marked((2, 0), lambda word: crude(keys[word]))]) is None
    sure = words.read([marked((4, 0), lambda word: crude(keys[word]))])
    assert sure is not None
    assert sure[0].tolist() == [4, 0]
