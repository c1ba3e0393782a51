import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from searchkit.engines.whoosh import stream

CODES = st.lists(st.one_of(st.integers(0, 300), st.integers(0, 2**31 - 1)), max_size=200)


@given(CODES)
def test_codes_come_back_as_they_were(codes):
    data, offsets = stream.encode(np.array(codes, np.int64))
    assert stream.decode(data).tolist() == codes
    for index, code in enumerate(codes):
        assert stream.decode(data[offsets[index] : offsets[index + 1]]).tolist() == [code]


@given(st.lists(st.one_of(st.integers(0, 300), st.integers(0, 2**31 - 2)), max_size=200))
def test_spread_codes_stand_where_they_begin(codes):
    data, offsets = stream.encode(np.array(codes, np.int64))
    expected = np.zeros(len(data), np.int64)
    expected[offsets[:-1]] = np.array(codes, np.int64) + 1
    assert stream.spread(data).tolist() == expected.tolist()


@given(st.lists(CODES, max_size=8))
def test_the_codes_before_each_document_are_counted(documents):
    data, offsets = stream.encode(np.array([code for document in documents for code in document], np.int64))
    firsts = np.cumsum([0, *map(len, documents)])
    assert stream.count_codes(data, offsets[firsts]).tolist() == firsts.tolist()


def test_frequent_words_take_one_byte():
    data, _ = stream.encode(np.arange(128, dtype=np.int64))
    assert len(data) == 128
