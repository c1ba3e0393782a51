import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from searchkit.engines.whoosh.blockfile import BlockFile, BlockFileWriter
from searchkit.engines.whoosh.files import Files
from searchkit.engines.whoosh.strings import StringTable, write_strings

WORDS = st.sets(st.text(max_size=12), max_size=80)


def table(folder, strings, first=0, local_ids=None):
    name = f"{len(list(folder.iterdir()))}.strings"
    writer = BlockFileWriter(Files(folder), name)
    write_strings(writer, strings, local_ids)
    return StringTable(BlockFile.open(folder, writer.finish()), first)


def encoded(words):
    return sorted(word.encode("utf-8", "surrogatepass") for word in words)


@given(WORDS, WORDS)
def test_what_is_in_is_found_and_nothing_else(tmp_path_factory, words, others):
    strings = table(tmp_path_factory.mktemp("strings"), encoded(words), first=7)
    for index, word in enumerate(encoded(words)):
        text = word.decode("utf-8", "surrogatepass")
        assert strings.find(text) == 7 + index
        assert strings.string(7 + index) == text
    for word in others - words:
        assert strings.find(word) == -1


@given(WORDS, st.text(max_size=3))
def test_iteration_starts_at_the_first_string_not_below(tmp_path_factory, words, start):
    strings = table(tmp_path_factory.mktemp("strings"), encoded(words))
    rank, _ = strings.rank(start.encode("utf-8", "surrogatepass"))
    expected = [word for word in encoded(words) if word >= start.encode("utf-8", "surrogatepass")]
    assert [string for string, _ in strings.iterate(rank)] == expected


def test_ids_of_a_merged_table_follow_its_permutation(tmp_path):
    strings = table(tmp_path, [b"a", b"b", b"c"], first=10, local_ids=np.array([2, 0, 1]))
    assert [strings.find(text) for text in "abc"] == [12, 10, 11]
    assert [strings.string(string_id) for string_id in (10, 11, 12)] == ["b", "c", "a"]
    assert strings.in_id_order() == [b"b", b"c", b"a"]
