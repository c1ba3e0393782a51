from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from timing import cpu_seconds

from searchkit.analysis.words import split
from searchkit.document import Document
from searchkit.results.presentation import Presenter

WIDE = str.maketrans({chr(code): chr(code + 0xFEE0) for code in range(0x21, 0x7F)})


@pytest.mark.parametrize(
    ("query", "text", "found"),
    [
        ("모델", "언어 모델을 만든다", ["모델"]),
        ("모델을", "언어 모델을 만든다", ["모델"]),
        ("이끄는", "연구를 이끌었다", ["이끌"]),
        ("추론하다", "빠른 추론이다", ["추론"]),
        ("생물학", "생물학자들이 쓴", ["생물학"]),
        ("생물학자", "생물학자들이 쓴", ["생물학자"]),
        ("언어 모델", "대규모언어모델에서", ["언어모델"]),
        ("LLM", "LLM이 답한다", ["LLM"]),
        ("llms", "LLM이 답한다", ["LLM"]),
        ("GPT-4", "GPT4의 답", ["GPT4"]),
        ("gpt 4o", "GPT-4o의 답", ["GPT-4o"]),
        ("model", "Two Models, one modeler", ["Models"]),
        ("C++", "Java와 C++로 쓴", ["C++"]),
        ("비급여", "이 비급여에는", ["비급여"]),
        ("급여", "이 비급여에는", ["급여"]),
        ("transform*", "Transformers와 transformation, trans", ["Transformers", "transformation"]),
        ("arxiv.org", "(https://arxiv.org/abs/2312.04461)에서", ["arxiv", "org"]),
        ("2312.04461", "(https://arxiv.org/abs/2312.04461v2)에서", ["2312.04461"]),
        ("없는말", "모델을 만든다", []),
        ("모델 -비디오", "비디오 모델", ["모델"]),
        ("NOT 비디오", "비디오 모델", []),
        ("의", "GPT-4의 답", ["의"]),
        ("of", "State of the Art", ["of"]),
        ("", "모델을 만든다", []),
    ],
)
def test_what_is_marked(marked, query, text, found):
    assert marked(query, text) == found, f"help: {query!r} in {text!r}: see searchkit/results/highlight.py"


def test_particles_are_marked_only_where_nothing_better_is(marked):
    assert marked("GPT-4의", "GPT-4의 답과 BERT의 답") == ["GPT-4"]
    assert marked("GPT-4의", "BERT의 답") == ["의"]


@pytest.mark.parametrize(
    ("query", "text", "found"),
    [
        ('"확산 모델"', "확산 모델을 쓴다. 모델 확산, 확산모델", ["확산 모델"]),
        ('"모델"', "모델을 쓴다. 모델링", ["모델"]),
        ('"모델을"', "모델 모델을 모델은", ["모델을"]),
        ('"비급여"', "급여와 비급여", ["비급여"]),
        ('"language model"', "A language (model) of language", ["language (model"]),
        ('"확산 모델" 이미지', "이미지 확산 모델, 모델의 확산", ["이미지", "확산 모델"]),
    ],
)
def test_phrases_are_marked_where_they_stand_side_by_side(marked, query, text, found):
    assert marked(query, text) == found


def test_fields_limit_what_is_marked(marked):
    assert marked("title:diffusion", "diffusion in a bullet", title="Diffusion Models") == ["Diffusion"]
    assert marked("bullets:diffusion", "diffusion in a bullet", title="Diffusion Models") == ["diffusion"]
    assert marked('title:"diffusion models"', "diffusion models", title="Diffusion Models") == [
        "Diffusion Models"
    ]


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda text: unicodedata.normalize("NFD", text), id="NFD"),
        pytest.param(lambda text: text.replace(" ", "\r\n"), id="CRLF"),
        pytest.param(lambda text: text.translate(WIDE), id="full width"),
        pytest.param(lambda text: text.upper(), id="upper case"),
    ],
)
def test_spans_are_exact_in_the_original_text(marked, change):
    text = "이 연구는 확산 모델(Diffusion Model)을 GPT-4와 비교한다."
    found = marked("확산 diffusion gpt-4 비교", change(text))
    assert found == [change(part) for part in ("확산", "Diffusion", "GPT-4", "비교")]


def test_terms_name_field_and_way(presenter):
    document = Document(
        id="2023-12-08/2312.04461",
        arxiv_id="2312.04461",
        title="Diffusion Models",
        bullets=["확산 모델을 GPT-4로 만든다"],
        labels=["What's New"],
        authors=["Kim Lee"],
    )

    def terms(query):
        hit = next(presenter(query, document).present([document]))
        return {(term.term, term.field, term.via) for term in hit.matched_terms}

    assert terms("모델을") == {("모델", "bullets", "word"), ("모델을", "bullets", "surface")}
    assert ("diffusion", "title", "word") in terms("diffusion")
    assert ("gpt4", "bullets", "identifier") in terms("GPT4")
    assert ("new", "labels", "surface") in terms("new")
    assert ("2312.04461", "id", "identifier") in terms("id:2312.04461")
    assert ("kim", "author", "word") in terms("author:kim")


def test_labels_are_never_highlighted(presenter):
    document = Document(id="x", bullets=["nothing here"], labels=["Performance Highlights"])
    hit = next(presenter("performance", document).present([document]))
    assert hit.highlights == ()
    assert [term.field for term in hit.matched_terms] == ["labels"]


@given(
    st.text(
        alphabet=st.sampled_from("확산모델을이 aB4-.,\n\té㈜ㅎ漢\u0301\u1112\u1161\ud800\x1b(\"'"),
        max_size=60,
    )
)
@settings(max_examples=150)
def test_highlights_never_overlap_whatever_the_text(presenter, text):
    document = Document(id="x", title=text, bullets=[text, text])
    hit = next(presenter('확산 모델 a4 b-4 é "모델 a"', document).present([document]))
    ends = {}
    for mark in hit.highlights:
        key = mark.field, mark.item
        assert ends.get(key, -1) < mark.start < mark.end <= len(text)
        ends[key] = mark.end
    whole = text if hit.snippet.field == "title" else document.bullets[hit.snippet.item]
    assert whole[hit.snippet.start : hit.snippet.end] == hit.snippet.text


@given(
    st.text(
        alphabet=st.sampled_from(
            "확산모델을 aB4-‑’.,\n\t\u3000é㈜漢ΑΣİＬ４ﬁ\u0301\u1112\u1161\ud800(\"'+#/:"
        ),
        max_size=60,
    )
)
@settings(max_examples=150)
def test_knowing_the_words_that_match_changes_nothing(ask, text):
    query = '확산 모델을 a4 b-4 ασ σ fi İ é "모델 a" "확산 모델" title:b* 4-* http://a.b/c'
    document = Document(id="x", title=text, bullets=[text, f"{text} 모델 a ΑΣa Σ"])
    planned, words = ask(query, document)

    def matching(texts):
        keys = {word.key for part in (document.title, *document.bullets) for word in split(part)}
        return {
            key.form
            for key in keys
            if key.form in texts or any(token.text in texts for token in words.tokens(key))
        }

    knowing, every = Presenter(planned, words.tokens), Presenter(planned, words.tokens)
    knowing.look_for(matching)
    assert [*knowing.present([document])] == [*every.present([document])]


@given(
    st.lists(
        st.text(alphabet=st.sampled_from("확산모델을 aB4-.\n\t漢Σ\u1112\u1161"), max_size=30), max_size=5
    )
)
@settings(max_examples=100)
def test_documents_of_a_page_are_marked_as_each_is_alone(ask, texts):
    documents = [
        Document(id=f"x{number}", title=text, bullets=[text, f"{text} 확산 모델을"], labels=[text, None])
        for number, text in enumerate(texts)
    ]
    everything = Document(id="all", title=" ".join(texts), bullets=["확산 모델을"])
    planned, words = ask('확산 모델 a4 "모델 a" "확산 모델"', everything)
    made = Presenter(planned, words.tokens)
    made.look_for(lambda _: {word.key.form for text in (*texts, "확산 모델을") for word in split(text)})
    assert [*made.present(documents)] == [shown for each in documents for shown in made.present([each])]


def test_wildcards_of_many_words_stay_quick(presenter):
    document = Document(id="x", title="a1", bullets=[" ".join(f"ab{number}" for number in range(1500))])
    made = presenter("title:ab* ab*", document)
    assert cpu_seconds(lambda: list(made.present([document]))) < 1.0
