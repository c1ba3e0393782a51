"""What is sent for a document holds what the embedded engine counts of it, and what its second stage looks for."""

from __future__ import annotations

from collections import Counter
from itertools import combinations, pairwise
from pathlib import Path

import numpy as np
import pytest

from searchkit import Document, SearchIndex
from searchkit.analysis.glosses import Gloss, glosses
from searchkit.analysis.token import FIRST_WORD, ITEM_END, SENTENCE_END, Kind, Layer
from searchkit.engines.opensearch import schema
from searchkit.engines.opensearch.body import (
    WordTerms,
    body,
    document_key,
    gloss_value,
    read_document,
    read_gloss,
)
from searchkit.engines.whoosh.generation import Generation
from searchkit.engines.whoosh.store import Store

SEEDS = Path(__file__).parents[3] / "seeds"


@pytest.fixture(scope="module")
def generation(tmp_path_factory):
    folder = tmp_path_factory.mktemp("bodies") / "index"
    odd = Document(
        id="odd",
        title="C++ and 확산 모델 모델",
        bullets=("모델. 모델을? \ud800 GPT-4의",),
        authors=("K\udc00im",),
    )
    SearchIndex.build([SEEDS, odd], folder).close()
    with Generation.open(Store(folder).pin()) as opened:
        yield opened


@pytest.fixture(scope="module")
def bodies(generation):
    """Every document with its number, its stream and its body."""
    lexicon = generation.lexicon
    (segment,) = generation.segments

    def word(number):
        return WordTerms.of(lexicon.key(number), lexicon.tokens(number))

    found = []
    for doc in range(segment.doc_count):
        codes = segment.words(np.array([doc]))[0].tolist()
        document = segment.document(doc)
        found.append((doc, codes, body(document, codes, word, list(glosses(document.bullets)))))
    return found


def held(fields, name):
    return Counter(fields.get(name, "").split(" ")) - Counter([""])


@pytest.mark.parametrize("layer", list(Layer))
def test_layers_hold_the_terms_of_the_embedded_engine_as_often(generation, bodies, layer):
    (segment,) = generation.segments
    counted = [Counter() for _ in bodies]
    for string_id in segment.terms(layer).tolist():
        for doc, tf in zip(*(each.tolist() for each in segment.postings(layer, string_id))):
            counted[doc][generation.lexicon.string(string_id)] = tf
    for doc, _, fields in bodies:
        assert held(fields, schema.LAYER_FIELDS[layer]) == counted[doc]
        assert sum(counted[doc].values()) == segment.exact_lengths(layer)[doc]


def test_pairs_near_ones_and_sentences_are_those_of_the_streams(generation, bodies):
    lexicon = generation.lexicon
    for _, codes, fields in bodies:
        pairs, near, sentences = Counter(), Counter(), set()
        item, sentence = [], []
        for code in codes:
            if code in (ITEM_END, SENTENCE_END):
                sentences.add(frozenset(sentence))
                sentence = []
            else:
                base = [t.text for t in lexicon.tokens(code - FIRST_WORD) if t.kind is Kind.BASE]
                item += base
                sentence += base
            if code == ITEM_END:
                pairs.update(pairwise(item))
                places = combinations(enumerate(item), 2)
                near.update(tuple(sorted((a, b))) for (i, a), (j, b) in places if j - i <= 3 and a != b)
                item = []
        assert held(fields, schema.PAIRS) == {schema.pair_token(*pair): n for pair, n in pairs.items()}
        assert held(fields, schema.NEAR) == {
            schema.near_token(*pair, time): 1 for pair, n in near.items() for time in range(1, min(n, 8) + 1)
        }
        assert {frozenset(each["terms"].split(" ")) for each in fields.get("sentences", ())} == sentences - {
            frozenset()
        }


def test_no_term_holds_white_space_or_the_joint(generation):
    lexicon = generation.lexicon
    for number in range(lexicon.word_count):
        key = lexicon.key(number)
        for text in (key.form, *(token.text for token in lexicon.tokens(number))):
            assert text.split() == [text]
            assert schema.JOINT not in text


def test_documents_and_glosses_come_back(generation, bodies):
    (segment,) = generation.segments
    for doc, _, fields in bodies:
        assert read_document(fields["stored"]) == segment.document(doc)
    gloss = Gloss("확산 모델", "diffusion model", True)
    assert read_gloss(gloss_value(gloss)) == gloss


def test_everything_can_be_sent(bodies):
    (odd,) = [fields for _, _, fields in bodies if fields["id"] == "odd"]
    assert odd["authors"] == ["K\ufffdim"]
    assert odd["title_forms"] == ["c++ and 확산 모델 모델"]
    for _, _, fields in bodies:
        assert set(fields) <= set(schema.mapping({})["properties"])
        assert str(fields).encode()


def test_long_ids_have_keys_of_their_own():
    long, other = "가" * 512, "가" * 511 + "나"
    assert document_key("2024-01-01/2401.1") == "2024-01-01/2401.1"
    assert document_key(long) != document_key(other)
    assert all(len(document_key(each).encode()) <= schema.MAX_ID_BYTES for each in (long, other, "#a"))
    assert document_key("#a") != document_key(document_key("#a"))
