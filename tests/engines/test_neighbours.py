import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from searchkit.engines.whoosh.neighbours import pair_key, pair_keys

IDS = st.integers(0, 2**32 - 1)


@given(st.lists(st.tuples(IDS, IDS), min_size=1, max_size=20))
def test_one_pair_has_the_key_that_many_have(pairs):
    first, second = np.array(pairs, np.int64).T
    assert [pair_key(*pair) for pair in pairs] == pair_keys(first, second).tolist()
    assert all(key < 2**32 for key in pair_keys(first, second).tolist())
