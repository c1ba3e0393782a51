from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from small_collections import commit

from searchkit import Document, SearchIndex
from searchkit.analysis.token import Layer
from searchkit.engines.whoosh import inversion
from searchkit.engines.whoosh.blocks_of_documents import BLOCK, map_blocks
from searchkit.engines.whoosh.inversion import Postings, join_postings
from searchkit.engines.whoosh.stream import encode, encode_documents

pieces = st.lists(
    st.lists(st.dictionaries(st.integers(0, 9), st.integers(1, 300), max_size=5), max_size=4),
    min_size=1,
    max_size=4,
)


def postings_of(documents):
    """Return the postings of documents, each given as term → frequency."""
    rows = sorted((term, doc, count) for doc, held in enumerate(documents) for term, count in held.items())
    terms = sorted({term for term, _, _ in rows})
    sizes = [sum(row[0] == term for row in rows) for term in terms]
    return Postings(
        np.array(terms, np.int64),
        np.cumsum([0, *sizes]),
        np.array([doc for _, doc, _ in rows], np.uint16),
        np.array([count for _, _, count in rows], np.uint32),
        np.array([sum(held.values()) for held in documents], np.int64),
    )


@settings(max_examples=100)
@given(pieces)
def test_joined_postings_are_those_of_all_documents_at_once(several):
    joined = join_postings([postings_of(documents) for documents in several])
    expected = postings_of([held for documents in several for held in documents])
    for name in ("terms", "offsets", "docs", "frequencies", "lengths"):
        assert getattr(joined, name).tolist() == getattr(expected, name).tolist()


def test_words_that_occur_more_often_than_their_bits_say_are_counted_whole(tmp_path, monkeypatch):
    words = "one twos three fours"
    documents = [
        Document(id=f"d{size}", title=f"{words} " * size, bullets=("ab " * (30 - size), f"{words} x"))
        for size in range(1, 30)
    ]
    before = commit(tmp_path / "a", [documents])
    monkeypatch.setattr(inversion, "_COUNT_BITS", 2)
    after = commit(tmp_path / "b", [documents])
    for layer in Layer:
        one, other = (generation.segments[0]._layers[layer] for generation in (before, after))
        assert [each.tolist() for each in one.all()] == [each.tolist() for each in other.all()]
        assert one.lengths.all().tolist() == other.lengths.all().tolist()
    assert before.segments[0]._layers[Layer.BULLETS].all()[3].max() == 29


def test_blocks_come_in_order_whatever_their_number():
    for count in (0, 1, BLOCK, BLOCK + 1, 5 * BLOCK):
        assert map_blocks(lambda first: first, count) == list(range(0, max(count, 1), BLOCK))


def test_documents_of_several_blocks_are_found_and_counted(tmp_path):
    count = BLOCK + 5
    documents = [
        Document(id=str(n), title=f"paper n{n}", bullets=[f"확산 모델 {'둘째' * (n % 2)}"])
        for n in range(count)
    ]
    with SearchIndex.build(documents, tmp_path / "index") as index:
        assert index.search("확산").total == count
        assert index.search("둘째").total == count // 2
        for n in (0, BLOCK - 1, BLOCK, count - 1):
            assert [hit.id for hit in index.search(f"n{n}", limit=1)] == [str(n)]


@settings(max_examples=30)
@given(st.lists(st.lists(st.integers(0, 70_000), max_size=4), max_size=6), st.integers(0, BLOCK + 2))
def test_streams_are_cut_where_documents_end(documents, empty):
    codes = np.array([code for codes in documents for code in codes], np.int32)
    offsets = np.cumsum([0] * (empty + 1) + [len(codes) for codes in documents])
    parts, bounds = encode_documents(codes, offsets)
    data, places = encode(codes)
    assert np.concatenate(parts).tolist() == data.tolist()
    assert bounds.tolist() == places[offsets].tolist()
