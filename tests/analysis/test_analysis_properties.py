"""What holds for every text: no exceptions, right spans, NFC is NFD, any word alone finds its text."""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path

import pytest
from analysis_terms import CORPUS, SEEDS, Terminology, lines_of
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from searchkit.analysis.analyzer import WordAnalyzer, analyze_text
from searchkit.analysis.normalization import fold
from searchkit.analysis.token import Kind
from searchkit.analysis.words import MAX_FORM, _split_any, ends_sentence, split, split_chunk

TYPED_ALONE = re.compile(r"[가-힣]+|[A-Za-z0-9]+(?:-[A-Za-z0-9]+)*")

anything = st.text(
    st.one_of(
        st.characters(),
        st.characters(categories=["Cs", "Mn", "Mc", "Lo"]),
        st.sampled_from(
            "가각간이의를모델학습ㅎㅋ\u1100\u1161\u11a8\u0301\u0327\u0344\u0958aAbZsé0127"
            ".-_',/:+#@&=%()[] ＡｱﾞΣİſK²½"
        ),
    ),
    max_size=80,
)
PIECES = (
    "LLM 모델 이 의 GPT-4o 을 https://arxiv.org/abs/2312.04461v2 ( ) - ."
    " _ / , 's 1,000 27.3 C++ # 나 é Ｘ 学習 β ** \""
)
mixed = st.lists(st.sampled_from([*PIECES.split(), " ", "x" * 300, "가" * 70]), max_size=12).map("".join)
few = settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow])


@few
@given(anything | mixed)
def test_folding_is_nfc_and_its_offsets_never_fall(text: str) -> None:
    folded, offsets = fold(text)
    assert unicodedata.is_normalized("NFC", folded), "help: see _compose in analysis/normalization.py"
    if offsets is None:
        assert len(folded) == len(text)
    else:
        assert len(offsets) == len(folded) + 1
        assert list(offsets) == sorted(offsets)
        assert offsets[-1] == len(text)


@few
@given(anything | mixed)
def test_words_stand_in_order_within_the_text(text: str) -> None:
    at = 0
    for word in split(text):
        assert at <= word.start < word.end <= len(text), "help: see split in analysis/words.py"
        at = word.end
        assert 0 < len(word.key.form) <= MAX_FORM
        assert word.key.form == fold(text[word.start : word.end]).text.lower().translate(
            str.maketrans("‐‑’", "--'")
        )
        for index in range(len(word.key.form)):
            start, end = word.span(index, 1)
            assert word.start <= start < end <= word.end, "help: see Word.span in analysis/words.py"


@few
@given(anything | mixed)
def test_splitting_chunk_by_chunk_is_the_same(text: str) -> None:
    by_chunk = [word.key for chunk in text.split() for word in split_chunk(chunk)]
    assert [word.key for word in split(text)] == by_chunk
    for chunk in text.split():
        ends_sentence(chunk)


@few
@given(anything | mixed)
def test_both_normal_forms_give_the_same_words(text: str) -> None:
    composed = unicodedata.normalize("NFC", text)
    decomposed = unicodedata.normalize("NFD", text)
    expected = [word.key for word in split(composed)]
    assert [word.key for word in split(decomposed)] == expected, "help: see analysis/normalization.py"
    assert [word.key for word in split(text)] == expected


@few
@given(text=anything | mixed)
def test_tokens_lie_within_their_words(analyzer: WordAnalyzer, text: str) -> None:
    for word, tokens, spans in analyze_text(text, analyzer):
        for token, (start, end) in zip(tokens, spans, strict=True):
            assert token.text, f"help: {word.key} has an empty term"
            assert len(token.text) <= MAX_FORM
            assert token.length > 0
            assert 0 <= token.start < token.start + token.length <= len(word.key.form)
            assert word.start <= start < end <= word.end
            assert not any(char.isspace() for char in token.text)


@few
@given(text=anything | mixed)
def test_any_word_alone_finds_its_text(terminology: Terminology, text: str) -> None:
    check_findable(terminology, [fold(text).text])


def check_findable(terminology: Terminology, texts: list[str]) -> None:
    keys = [[word.key for word in split(text)] for text in texts]
    terminology.learn(key for row in keys for key in row)
    alone = {word for text in texts for word in TYPED_ALONE.findall(text)}
    terminology.learn(word.key for typed in alone for word in split(typed))
    for text, row in zip(texts, keys, strict=True):
        held = terminology.of_document(row)
        for typed in set(TYPED_ALONE.findall(text)):
            assert terminology.of_query(typed) & held, (
                f"help: {typed!r} typed alone doesn't find {text!r}; see analysis/words.py or identifiers.py"
            )


@pytest.fixture(params=[SEEDS, CORPUS], ids=["seeds", "corpus"])
def chunks(request: pytest.FixtureRequest) -> list[str]:
    folder: Path = request.param
    if not folder.is_dir():
        pytest.skip(f"{folder} is not there")
    return list(dict.fromkeys(chunk for line in lines_of(folder) for chunk in line.split()))


def test_real_words_alone_find_their_texts(terminology: Terminology, chunks: list[str]) -> None:
    check_findable(terminology, [fold(chunk).text for chunk in chunks])


def test_real_text_is_the_same_in_both_normal_forms(analyzer: WordAnalyzer, chunks: list[str]) -> None:
    for chunk in chunks:
        words = split_chunk(chunk)
        decomposed = unicodedata.normalize("NFD", chunk)
        others = split_chunk(decomposed)
        assert [word.key for word in words] == [word.key for word in others]
        for word, other in zip(words, others, strict=True):
            assert (
                unicodedata.normalize("NFC", decomposed[other.start : other.end])
                == chunk[word.start : word.end]
            )


def test_terms_of_real_text_stand_where_they_say(analyzer: WordAnalyzer, chunks: list[str]) -> None:
    text = " ".join(chunks)
    for word, tokens, spans in analyze_text(text, analyzer):
        for token, (start, end) in zip(tokens, spans, strict=True):
            assert word.start <= start < end <= word.end
            if token.kind is Kind.PART:
                # 규몬 holds 규모 and a consonant more.
                there = unicodedata.normalize("NFD", text[start:end])
                assert there.startswith(unicodedata.normalize("NFD", token.text)), (
                    f"help: {word.key}: see analysis/units.py"
                )


@given(st.from_regex(r"\A(?:[가-힣]{0,70}|[A-Za-z]{0,20})[.,:;!?)\-'e가]{0,4}\Z"))
@settings(max_examples=200)
def test_plain_chunks_are_split_like_any_other(chunk):
    assert split_chunk(chunk) == _split_any(chunk)
