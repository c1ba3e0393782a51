import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from searchkit.analysis.token import FIRST_WORD, ITEM_END
from searchkit.engines.whoosh import phrase_codes, scan, stream
from searchkit.engines.whoosh.places import fitting

CODE = st.one_of(
    st.integers(0, 5), st.sampled_from([127, 128, 129, 130, 255, 256, 258, 16383, 16384, 16512, 20000])
)
ITEMS = st.lists(st.lists(CODE.filter(lambda code: code != ITEM_END), max_size=8), min_size=1, max_size=3)


@st.composite
def phrases(draw):
    places = []
    for _ in range(draw(st.integers(1, 3))):
        codes = draw(st.lists(CODE.filter(lambda code: code >= FIRST_WORD), max_size=3, unique=True))
        places.append(np.array(codes, np.int64))
    return places


def fits(*places):
    return [fitting(codes - FIRST_WORD, 20_001) for codes in places]


@settings(max_examples=300)
@given(
    st.lists(ITEMS, min_size=1, max_size=5), phrases(), st.sampled_from([None, "title", "bullets"]), st.data()
)
def test_scanning_finds_what_decoding_finds(documents, places, field, data_source):
    codes, ends = [], [0]
    for items in documents:
        for item in items:
            codes += [*item, ITEM_END]
        ends.append(len(codes))
    data, byte_offsets = stream.encode(np.array(codes, np.int64))
    offsets = byte_offsets[np.array(ends)]
    decoded = phrase_codes.without_sentences(stream.decode(data), np.array(ends))
    expected = set(phrase_codes.holders(*decoded, fits(*places), field).tolist())
    anchor = data_source.draw(st.integers(0, len(places) - 1))
    at = scan.places_of(data, fits(*places[:anchor]), places[anchor], fits(*places[anchor + 1 :]))
    docs = np.searchsorted(offsets, at, side="right") - 1
    in_title = at < scan.title_ends(data, offsets)[docs]
    chosen = docs if field is None else docs[in_title if field == "title" else ~in_title]
    assert set(chosen.tolist()) == expected


def test_codes_are_found_across_the_pieces_of_a_scan(monkeypatch):
    monkeypatch.setattr(scan, "_PIECE", 3)
    codes = [300, 2, 300, 5, 0] * 20
    data, _ = stream.encode(np.array(codes, np.int64))
    first, last = np.array([300]), np.array([5])
    assert len(scan.places_of(data, [], first, [])) == 40
    assert len(scan.places_of(data, [], first, fits(last))) == 20
    assert len(scan.places_of(data, fits(first), last, [])) == 20


def test_many_words_fit_as_each_of_few_does():
    codes = np.arange(100, dtype=np.int32)
    words = np.arange(3, 90, 4)
    few = [fitting(words[at : at + 5], 98)(codes) for at in range(0, len(words), 5)]
    assert fitting(words, 98)(codes).tolist() == np.logical_or.reduce(few).tolist()
    assert codes[fitting(words, 98)(codes)].tolist() == (words + FIRST_WORD).tolist()
