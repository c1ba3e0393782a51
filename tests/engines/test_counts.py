import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from searchkit.engines.whoosh.blockfile import BlockFile, BlockFileWriter
from searchkit.engines.whoosh.counts import Counts, CountTable, write_counts
from searchkit.engines.whoosh.files import Files
from searchkit.engines.whoosh.syllables import LevelBigrams, bigram_number, bigrams_of, write_bigrams

BITS = 20
TABLES = st.dictionaries(st.integers(0, (1 << BITS) - 1), st.integers(1, 5000), max_size=80)


def made(table):
    keys = np.array(sorted(table), np.int64)
    return Counts(keys, np.array([table[key] for key in keys.tolist()], np.int64))


def as_dict(counts):
    return dict(zip(counts.keys.tolist(), counts.counts.tolist(), strict=True))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("files")


@settings(max_examples=100)
@given(TABLES, st.integers(0, (1 << BITS) - 1))
def test_what_is_written_is_read(folder, table, other):
    writer = BlockFileWriter(Files(folder), "MAIN_x.seg")
    write_counts(writer, "t", made(table), BITS)
    stored = CountTable(BlockFile.open(folder, writer.finish()), "t")
    assert as_dict(stored.all()) == table
    assert all(stored.get(key) == count for key, count in table.items())
    assert stored.get(other) == table.get(other, 0)
    (folder / "MAIN_x.seg").unlink()


@given(TABLES, TABLES)
def test_sums_and_differences(one, other):
    total = Counts.sum([made(one), made(other)])
    assert as_dict(total) == {key: one.get(key, 0) + other.get(key, 0) for key in {*one, *other}}
    assert as_dict(total.without(made(other))) == one


def test_documents_are_counted_once():
    counts = Counts.of(np.array([7, 7, 7, 3]), np.array([0, 0, 2, 2]), 3)
    assert as_dict(counts) == {3: 1, 7: 2}


def test_bigrams_of_words_both_ways(folder):
    forms = ["하하하", "llm", "자연어처리", "a자b연어", "밥", "연어"]
    counts, bigrams = bigrams_of(forms)
    assert counts.tolist() == [1, 0, 4, 1, 0, 1]
    writer = BlockFileWriter(Files(folder), "MAIN_y.lex")
    write_bigrams(writer, counts, bigrams)
    stored = LevelBigrams(BlockFile.open(folder, writer.finish()), 100, 100 + len(forms))
    assert stored.words_of(bigram_number("연어")).tolist() == [102, 103, 105]
    assert stored.words_of(bigram_number("어어")).tolist() == []
    assert [part.tolist() for part in stored.by_word] == [counts.tolist(), bigrams.tolist()]
