from __future__ import annotations

import pytest

from searchkit.results.analysis import analyzed_terms

TEXT = "대규모 언어 모델(LLM)을 양자화했다. GPT-4o의 Models"


def test_terms_have_exact_places_and_reasons(analyzer):
    terms = analyzed_terms(TEXT, analyzer)
    by_kind = {kind: [term.text for term in terms if term.kind == kind] for kind in ("base", "identifier")}
    assert by_kind["base"] == ["대규모", "언어", "모델", "llm", "양자화", "gpt", "4", "o", "model"]
    assert by_kind["identifier"] == ["gpt4o"]
    for term in terms:
        assert TEXT[term.start : term.end] in term.word or term.word in TEXT[term.start : term.end]
    for term in terms:
        if term.kind == "surface":
            assert TEXT[term.start : term.end] == term.word
        assert term.reason


@pytest.mark.parametrize(
    ("kind", "text", "reason"),
    [
        ("base", "양자화", "양자/NNG + 화/XSN"),
        ("surface", "을", "을/JKO: a particle, dropped"),
        ("surface", "양자화했다", "an ending, dropped"),
        ("base", "model", "the singular of models"),
        ("identifier", "gpt4o", "the identifier as a whole"),
    ],
)
def test_reasons(analyzer, kind, text, reason):
    (term,) = [term for term in analyzed_terms(TEXT, analyzer) if (term.kind, term.text) == (kind, text)]
    assert reason in term.reason
    assert term.to_dict()["text"] == text


@pytest.mark.parametrize("text", ["", "   ", "!?", "\ud800", "😀"])
def test_a_text_without_words_gives_no_terms(analyzer, text):
    assert analyzed_terms(text, analyzer) == []
