from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from searchkit.analysis.token import Layer
from searchkit.engines.whoosh.blockfile import BlockFile, BlockFileWriter
from searchkit.engines.whoosh.files import Files
from searchkit.engines.whoosh.inversion import Postings
from searchkit.engines.whoosh.layer_postings import StoredLayer, write_layer
from searchkit.errors import IndexCorrupt

terms = st.dictionaries(
    st.integers(0, 1 << 29),
    st.dictionaries(st.integers(0, 39), st.integers(1, 70_000), min_size=1, max_size=40),
    max_size=12,
)


def stored(found, doc_count, folder, wanted=None):
    """Write ``found``, documents and frequencies by term, as a layer and open it for ``wanted`` documents."""
    rows = [(term, doc, found[term][doc]) for term in sorted(found) for doc in sorted(found[term])]
    lengths = np.zeros(doc_count, np.int64)
    for _, doc, count in rows:
        lengths[doc] += count
    postings = Postings(
        np.array(sorted(found), np.int64),
        np.cumsum([0, *(len(found[term]) for term in sorted(found))]),
        np.array([doc for _, doc, _ in rows], np.int64),
        np.array([count for _, _, count in rows], np.int64),
        lengths,
    )
    writer = BlockFileWriter(Files(folder), "MAIN_a.seg")
    write_layer(writer, Layer.TITLE, postings, doc_count)
    return StoredLayer(BlockFile.open(folder, writer.finish()), Layer.TITLE, wanted or doc_count)


@settings(max_examples=60)
@given(terms, st.sampled_from([40, 41, 600, 70_000]))
def test_a_layer_is_read_as_it_was_written(found, doc_count):
    with tempfile.TemporaryDirectory() as folder:
        layer = stored(found, doc_count, Path(folder))
        assert layer.terms.tolist() == sorted(found)
        for term, held in found.items():
            slot = layer.slot(term)
            assert layer.size(slot) == len(held)
            assert dict(zip(layer.docs(slot).tolist(), layer.frequencies(slot).tolist())) == held
            assert layer.docs(slot).tolist() == sorted(held)
        every, offsets, docs, frequencies = layer.all()
        for slot, term in enumerate(every.tolist()):
            place = slice(offsets[slot], offsets[slot + 1])
            assert dict(zip(docs[place].tolist(), frequencies[place].tolist())) == found[term]
        assert layer.slot(1 << 29 | 1) == layer.slot(-1) == -1


def test_common_terms_take_a_bit_a_document(tmp_path):
    layer = stored({1: dict.fromkeys(range(500), 1), 2: {3: 1}}, 4000, tmp_path)
    assert layer.docs(0).tolist() == list(range(500))
    assert (layer._bits.size, layer._docs.size) == (500, 1)


def test_bits_are_found_however_many_are_set(tmp_path):
    random = np.random.default_rng(5)
    found = {
        term: dict.fromkeys(random.choice(4001, count, replace=False).tolist(), 1)
        for term, count in enumerate((251, 300, 400, 401, 3000, 4001))
    }
    found[6] = dict.fromkeys([*range(300), 4000], 2)
    layer = stored(found, 4001, tmp_path)
    assert layer._docs.size == 0
    for slot, held in found.items():
        assert layer.docs(slot).tolist() == sorted(held)


@pytest.mark.parametrize(("held", "doc_count", "wanted"), [((0, 30), 40, 20), ((370, 398), 400, 350)])
def test_what_does_not_fit_is_told(tmp_path, held, doc_count, wanted):
    layer = stored({1: dict.fromkeys(range(*held), 1), 2: {3: 1}}, doc_count, tmp_path, wanted)
    with pytest.raises(IndexCorrupt, match="fit its terms"):
        layer.docs(0)
