from itertools import pairwise

import numpy as np
import pytest
from small_collections import commit

from searchkit.analysis.token import Layer
from searchkit.document import Document
from searchkit.engines.whoosh.joined_segments import number_through


@pytest.fixture
def generation(tmp_path):
    batches = [
        [Document(id=f"{name}{number}", title=f"x{number} {name}") for number in range(count)]
        for name, count in (("a", 5), ("b", 3), ("c", 2))
    ]
    with commit(tmp_path / "index", batches) as generation:
        yield generation


def test_documents_of_segments_are_numbered_through(generation):
    joined = generation.joined
    assert joined.doc_count == 10
    assert [joined.id_of(doc) for doc in range(10)] == [
        *(f"a{n}" for n in range(5)),
        "b0",
        "b1",
        "b2",
        "c0",
        "c1",
    ]
    assert joined.places([0, 4, 5, 9]) == [(0, 0), (0, 4), (1, 0), (2, 1)]
    assert [joined.number(place) for place in joined.places(range(10))] == list(range(10))


def test_what_is_split_stands_where_it_did(generation):
    joined = generation.joined
    docs = np.array([1, 4, 8, 9])
    assert [(index, own.tolist()) for index, own in joined.split(docs)] == [(0, [1, 4]), (2, [0, 1])]
    masks = [None, np.array([True, False, True]), np.zeros(2, np.bool_)]
    assert np.flatnonzero(joined.join(masks)).tolist() == [0, 1, 2, 3, 4, 5, 7]


def test_a_term_has_postings_in_all_segments(generation):
    for text, expected in (("x1", [1, 6, 9]), ("x4", [4])):
        postings = generation.joined.postings(Layer.TITLE, generation.lexicon.remembered_id(text))
        assert postings.docs.tolist() == expected
        assert postings.count == len(expected)
        assert postings.frequency_at(np.arange(10)).tolist() == [int(doc in expected) for doc in range(10)]
    assert generation.joined.postings(Layer.BULLETS, generation.lexicon.remembered_id("x1")) is None


def test_streams_come_in_the_order_of_the_documents(generation):
    data, bounds = generation.joined.streams(np.array([2, 6, 7]))
    own = [
        generation.segments[index].streams(np.array([doc]))[0].tobytes()
        for index, doc in ((0, 2), (1, 1), (1, 2))
    ]
    assert [data[start:stop].tobytes() for start, stop in pairwise(bounds)] == own


def test_numbers_may_be_greater_than_a_segment_has():
    docs = [np.array([0, 70_000], np.uint32), np.array([1, 65_535], np.uint16)]
    assert number_through(docs, [0, 100_000]).tolist() == [0, 70_000, 100_001, 165_535]
