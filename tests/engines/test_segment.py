from collections import Counter, defaultdict

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_collections import commit, plain_tokens

from searchkit.analysis.token import FIRST_WORD, ITEM_END, Kind, Layer
from searchkit.analysis.words import split
from searchkit.document import Document

WORD = st.sampled_from(
    ["모델", "모델을", "LLM이", "GPT-4", "확산", "a", "be", "image-text", "12", "생성.", "(끝)"]
)
TEXT = st.lists(WORD, max_size=12).map(" ".join)


@st.composite
def collections(draw, max_size=8):
    count = draw(st.integers(0, max_size))
    return [
        Document(
            id=f"d{index}",
            title=draw(TEXT),
            bullets=(bullets := draw(st.lists(TEXT, max_size=3))),
            labels=draw(
                st.lists(st.sampled_from([None, "What's New"]), min_size=len(bullets), max_size=len(bullets))
            ),
            date=draw(st.sampled_from([None, "2023-12-04", "2024-01-31"])),
            votes=draw(st.sampled_from([None, 0, 7])),
            authors=draw(st.lists(st.sampled_from(["Kim Lee", "Ann", "박 서준"]), max_size=2)),
            arxiv_id=draw(st.sampled_from([None, "2312.04461"])),
        )
        for index in range(count)
    ]


def expected_postings(documents):
    """Return layer → term → document id → frequency, counted one word after the other."""
    found = defaultdict(lambda: defaultdict(Counter))
    layer_of = {Kind.PART: Layer.PARTS, Kind.IDENTIFIER: Layer.IDENTIFIERS, Kind.SURFACE: Layer.SURFACE}
    for document in documents:
        items = [(Layer.TITLE, document.title)]
        items += [(Layer.BULLETS, bullet) for bullet in document.bullets]
        items += [(None, label) for label in document.labels if label]
        for base_layer, text in items:
            for word in split(text):
                found[Layer.SURFACE][word.key.form][document.id] += 1
                for token in plain_tokens(word.key):
                    layer = base_layer if token.kind is Kind.BASE else layer_of[token.kind]
                    if layer is not None:
                        found[layer][token.text][document.id] += 1
    return found


def stored_postings(generation):
    found = defaultdict(lambda: defaultdict(Counter))
    for segment in generation.segments:
        for layer in Layer:
            for string_id in segment.terms(layer).tolist():
                docs, frequencies = segment.postings(layer, string_id)
                for doc, frequency in zip(docs.tolist(), frequencies.tolist()):
                    if segment.deleted is None or not segment.deleted[doc]:
                        found[layer][generation.lexicon.string(string_id)][segment.id_of(doc)] += frequency
    return found


def as_plain(postings):
    return {
        layer: {term: dict(docs) for term, docs in terms.items() if docs}
        for layer, terms in postings.items()
        if any(terms.values())
    }


@settings(max_examples=40)
@given(collections(), st.integers(1, 4), st.sets(st.integers(0, 7)))
def test_postings_are_those_counted_by_hand(tmp_path_factory, documents, cuts, gone):
    folder = tmp_path_factory.mktemp("index")
    commit(folder, [documents[start::cuts] for start in range(cuts)]).close()
    gone = {f"d{index}" for index in gone if index < len(documents)}
    kept = [document for document in documents if document.id not in gone]
    with commit(folder, delete=sorted(gone)) as generation:
        assert as_plain(stored_postings(generation)) == as_plain(expected_postings(kept))
        assert generation.live_count == len(kept)
        for layer in Layer:
            lengths = defaultdict(int)
            for terms in expected_postings(kept)[layer].values():
                for document_id, frequency in terms.items():
                    lengths[document_id] += frequency
            count, average = generation.layer_stats(layer)
            assert count == len(lengths)
            assert average == pytest.approx(sum(lengths.values()) / count if count else 1.0)


@settings(max_examples=25)
@given(collections(), st.integers(1, 4))
def test_documents_and_columns_come_back(tmp_path_factory, documents, cuts):
    with commit(
        tmp_path_factory.mktemp("index"), [documents[start::cuts] for start in range(cuts)]
    ) as generation:
        for document in documents:
            segment, doc = generation.find(document.id)
            assert segment.document(doc) == document
            assert segment.dates[doc] == int((document.date or "0").replace("-", ""))
            names = segment.author_ids[segment.author_offsets[doc] : segment.author_offsets[doc + 1]]
            assert tuple(segment.author_names[number] for number in names) == document.authors
            assert (doc in segment.find_arxiv("2312.04461v3")) == (document.arxiv_id is not None)
        assert generation.find("nobody") is None
        places = [
            (generation.segments.index(segment), doc)
            for segment, doc in (generation.find(document.id) for document in documents)
        ]
        assert generation.ids(places) == [document.id for document in documents]


@settings(max_examples=25)
@given(collections())
def test_streams_hold_the_words_in_text_order(tmp_path_factory, documents):
    with commit(tmp_path_factory.mktemp("index"), [documents]) as generation:
        for segment in generation.segments:
            codes, offsets = segment.words(np.arange(segment.doc_count))
            for doc in range(segment.doc_count):
                document = segment.document(doc)
                items = [[]]
                for code in codes[offsets[doc] : offsets[doc + 1]].tolist():
                    if code == ITEM_END:
                        items.append([])
                    elif code >= FIRST_WORD:
                        items[-1].append(generation.lexicon.key(code - FIRST_WORD))
                texts = [document.title, *document.bullets, *filter(None, document.labels)]
                assert items == [*([word.key for word in split(text)] for text in texts), []]


def test_frequencies_beyond_a_byte_are_kept(tmp_path):
    document = Document(id="d", title="", bullets=["모델 " * 1000, "확산"])
    with commit(tmp_path, [[document]]) as generation:
        segment = generation.segments[0]
        docs, frequencies = segment.postings(Layer.BULLETS, generation.lexicon.string_id("모델"))
        assert (docs.tolist(), frequencies.tolist()) == ([0], [1000])
        _, frequencies = segment.postings(Layer.BULLETS, generation.lexicon.string_id("확산"))
        assert frequencies.tolist() == [1]


def test_many_small_commits_are_merged_and_keep_their_ids(tmp_path):
    documents = [Document(id=f"d{index:02}", title=f"word{index} 모델") for index in range(40)]
    words = {}
    for document in documents:
        with commit(tmp_path, [[document]]) as generation:
            for word_id in range(generation.lexicon.word_count):
                assert words.setdefault(word_id, generation.lexicon.key(word_id)) == generation.lexicon.key(
                    word_id
                )
                key = generation.lexicon.key(word_id)
                assert generation.lexicon.word_id(key) == word_id
                assert generation.lexicon.tokens(word_id) == plain_tokens(key)
    assert len(generation.segments) < 15
    assert len(generation.manifest.lexicon) < 6
    assert as_plain(stored_postings(generation)) == as_plain(expected_postings(documents))
    by_prefix = [generation.lexicon.string(string_id) for string_id in generation.lexicon.prefix("word1", 5)]
    assert by_prefix == ["word1", "word10", "word11", "word12", "word13"]


def test_mostly_deleted_segments_are_rewritten(tmp_path):
    documents = [Document(id=f"d{index}", title=f"모델 {index}") for index in range(10)]
    commit(tmp_path, [documents]).close()
    with commit(tmp_path, delete=[f"d{index}" for index in range(6)]) as generation:
        assert [segment.doc_count for segment in generation.segments] == [4]
    with commit(tmp_path, delete=[f"d{index}" for index in range(6, 10)]) as generation:
        assert generation.segments == ()
