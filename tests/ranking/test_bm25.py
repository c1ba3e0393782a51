import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from searchkit.ranking.bm25 import LENGTH_TABLE, encode_lengths, idf, length_factors, saturation


def lucene_byte(length):
    """Port Lucene's SmallFloat.intToByte4, bit by bit."""

    def to_int4(value):
        bits = value.bit_length()
        if bits < 4:
            return value
        shift = bits - 4
        return (value >> shift & 0x07) | shift + 1 << 3

    exact = 255 - to_int4(2**31 - 1)
    return length if length < exact else exact + to_int4(length - exact)


def test_lengths_up_to_forty_are_exact():
    assert LENGTH_TABLE[:41].tolist() == list(range(41))
    assert LENGTH_TABLE[255] == 2013265944


@given(st.lists(st.one_of(st.integers(0, 5000), st.integers(0, 2**31 - 1)), max_size=50))
def test_bytes_are_those_of_lucene(lengths):
    codes = encode_lengths(np.array(lengths, np.int64))
    assert codes.dtype == np.uint8
    assert codes.tolist() == [lucene_byte(length) for length in lengths]
    assert all(LENGTH_TABLE[code] <= length for code, length in zip(codes.tolist(), lengths))


def test_decoding_what_was_encoded_changes_nothing():
    assert encode_lengths(LENGTH_TABLE).tolist() == list(range(256))


def test_idf_stays_above_zero_and_falls():
    values = [idf(100, doc_freq) for doc_freq in range(101)]
    assert values == sorted(values, reverse=True)
    assert values[-1] > 0
    assert values[1] == pytest.approx(math.log(1 + 99.5 / 1.5))


def test_saturation_agrees_with_the_factors():
    factors = length_factors(17.5)
    assert saturation(3, 20, 17.5) == pytest.approx(3 / (3 + factors[20]))
    assert 3 / (3 + factors[20]) == pytest.approx(3 / (3 + 0.9 * (0.6 + 0.4 * 20 / 17.5)))
