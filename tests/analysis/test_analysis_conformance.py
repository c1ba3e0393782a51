"""One table of words for all scripts: how a text is cut and which terms its words give."""

from __future__ import annotations

import unicodedata

import pytest
from analysis_terms import Terminology

from searchkit.analysis.analyzer import WordAnalyzer, analyze_text
from searchkit.analysis.token import Context, Kind
from searchkit.analysis.words import ends_sentence, split

FREE, GLUED, DIGIT = Context.FREE, Context.GLUED, Context.DIGIT

CUTS = {
    "LLM이": [("LLM", FREE), ("이", GLUED)],
    "모델(Large": [("모델", FREE), ("Large", FREE)],
    "(https://a.io/b_c)에서": [("https://a.io/b_c", FREE), ("에서", GLUED)],
    "https://ko.wikipedia.org/wiki/Foo_(bar).": [("https://ko.wikipedia.org/wiki/Foo_(bar)", FREE)],
    "[x](https://a.io/b),": [("x", FREE), ("https://a.io/b", FREE)],
    "github.com/foo/bar에": [("github.com/foo/bar", FREE), ("에", GLUED)],
    "3개의": [("3", FREE), ("개의", DIGIT)],
    "27.3%의": [("27.3", FREE), ("의", GLUED)],
    "GPT-4의": [("GPT-4", FREE), ("의", DIGIT)],
    "'모델'은": [("모델", FREE), ("은", GLUED)],
    "**모델**을": [("모델", FREE), ("을", GLUED)],
    "(모델)": [("모델", FREE)],
    "“모델”이": [("모델", FREE), ("이", GLUED)],
    "언어-이미지": [("언어", FREE), ("이미지", FREE)],
    "텍스트/음성": [("텍스트", FREE), ("음성", FREE)],
    "Qwen2.5-VL은": [("Qwen2.5-VL", FREE), ("은", GLUED)],
    "C++로": [("C++", FREE), ("로", GLUED)],
    "C#,": [("C#", FREE)],
    "C++17": [("C++17", FREE)],
    "A+B": [("A", FREE), ("B", FREE)],
    ".NET을": [(".NET", FREE), ("을", GLUED)],
    "pass@1?": [("pass@1", FREE)],
    "detect_sarcasm(string)": [("detect_sarcasm", FREE), ("string", FREE)],
    "don't": [("don't", FREE)],
    "2312.04461v2.": [("2312.04461v2", FREE)],
    "1,000개": [("1,000", FREE), ("개", DIGIT)],
    "end.Start": [("end", FREE), ("Start", FREE)],
    "Björn": [("Björn", FREE)],
    "ㅎㅅ": [("ㅎㅅ", FREE)],
    "ㅋㅋ모델": [("ㅋㅋ", FREE), ("모델", FREE)],
    "深層学習モデル": [("深層学習", FREE), ("モデル", FREE)],
    "β-VAE": [("β", FREE), ("VAE", FREE)],
    "модель": [("модель", FREE)],
    "हिन्दी": [("हिन्दी", FREE)],
    "m²": [("m", FREE), ("²", FREE)],
    "🙂!?—": [],
}

BASE = {
    "모델을": ["모델"],
    "이끌었다": ["이끌다"],
    "이끈다": ["이끌다"],
    "이끄는": ["이끌다"],
    "추론했다": ["추론"],
    "추론하는": ["추론"],
    "간단한": ["간단"],
    "못하는": ["못하다"],
    "사람들이": ["사람"],
    "데이터을": ["데이터"],
    "비급여를": ["비급여"],
    "비지도": ["비지도"],
    "준지도": ["준지도"],
    "비지도로": ["비지도"],
    "비지도학습": ["비지도", "학습"],
    "양자화했다": ["양자화"],
    "초고해상도": ["초고해상도"],
    "자연어처리를": ["자연어", "처리"],
    "이미지나": ["이미지"],
    "회의": ["회의"],
    "결과": ["결과"],
    "디퓨전": ["디퓨전"],
    "트랜스포머의": ["트랜스포머"],
    "파인튜닝은": ["파인튜닝"],
    "에어팟": ["에어팟"],
    "구원": ["구원"],
    "그늘": ["그늘"],
    "기차": ["기차"],
    "밥": ["밥"],
    "가이던스를": ["가이던스"],
    "models": ["model"],
    "GPT-4o": ["gpt", "4", "o"],
    "F1-score": ["f", "1", "score"],
    "C#": ["c"],
    "1,000": ["1000"],
    "OpenAI's": ["openai"],
    "https://a.io/b": [],
    "ＬＬＭ": ["llm"],
    "ﾃﾞｰﾀ": ["データ"],
}

OTHERS = {
    "생물학자": {(Kind.PART, "생물학"), (Kind.PART, "생물"), (Kind.PART, "학자")},
    "삼성전자": {(Kind.PART, "삼성"), (Kind.PART, "전자")},
    "대한민국": {(Kind.PART, "대한"), (Kind.PART, "민국")},
    "비급여": {(Kind.PART, "급여")},
    "프로세스": set(),
    "모델": set(),
    "model": set(),
    "GPT-4o": {(Kind.IDENTIFIER, "gpt4o")},
    "GPT4o": {(Kind.IDENTIFIER, "gpt4o")},
    "Qwen2.5-VL": {(Kind.IDENTIFIER, "qwen2.5vl")},
    "C++": {(Kind.IDENTIFIER, "c++")},
    ".NET": {(Kind.IDENTIFIER, ".net")},
    "text-to-images": {(Kind.IDENTIFIER, "texttoimage")},
    "2312.04461v2": {(Kind.IDENTIFIER, "2312.04461v2"), (Kind.IDENTIFIER, "2312.04461")},
    "https://arxiv.org/abs/2312.04461v2/": {
        (Kind.IDENTIFIER, "arxiv.org/abs/2312.04461v2"),
        (Kind.IDENTIFIER, "2312.04461v2"),
        (Kind.IDENTIFIER, "2312.04461"),
        *((Kind.SURFACE, piece) for piece in ("https", "arxiv", "org", "abs", "2312", "04461v2")),
    },
    "https://photo-maker.github.io/": {
        (Kind.IDENTIFIER, "photo-maker.github.io"),
        *((Kind.SURFACE, piece) for piece in ("https", "photo-maker", "photo", "maker", "github", "io")),
    },
    "1,000": {(Kind.SURFACE, "1"), (Kind.SURFACE, "000")},
    "Björn": {(Kind.SURFACE, "bjorn"), (Kind.SURFACE, "bj"), (Kind.SURFACE, "rn")},
    "学習": {(Kind.PART, "学"), (Kind.PART, "習")},
}

PARTICLES = [
    "LLM이",
    "GPT-4의",
    "(Large)에서는",
    "Hermes는",
    "C++로",
    "모델(LLM)을",
    "GPT-4가",
    "fine-tuning하는",
    "LLM입니다",
]


@pytest.mark.parametrize("text", CUTS)
def test_text_is_cut_into_words(text: str) -> None:
    cut = [(text[word.start : word.end], word.key.context) for word in split(text)]
    assert cut == CUTS[text], "help: see _WORD and _context in analysis/words.py"


@pytest.mark.parametrize("form", ["NFC", "NFD"])
@pytest.mark.parametrize("text", BASE)
def test_words_give_base_terms(analyzer: WordAnalyzer, text: str, form: str) -> None:
    words = analyze_text(unicodedata.normalize(form, text), analyzer)  # type: ignore[arg-type]
    terms = [token.text for word in words for token in word.tokens if token.kind is Kind.BASE]
    assert terms == BASE[text], "help: see analysis/units.py, english.py or data/ of analysis"


@pytest.mark.parametrize("text", OTHERS)
def test_words_give_parts_and_identifiers(analyzer: WordAnalyzer, text: str) -> None:
    (word,) = analyze_text(text, analyzer)
    others = {(token.kind, token.text) for token in word.tokens if token.kind is not Kind.BASE}
    assert others == OTHERS[text], "help: see analysis/identifiers.py, or _parts in analysis/korean.py"


@pytest.mark.parametrize("text", PARTICLES)
def test_what_is_glued_to_latin_is_known_for_a_particle(analyzer: WordAnalyzer, text: str) -> None:
    last = analyze_text(text, analyzer)[-1]
    assert last.word.key.context is not FREE
    assert last.tokens == (), "help: see cut in analysis/korean.py"


def test_content_behind_latin_stays_content(analyzer: WordAnalyzer) -> None:
    terms = [token.text for word in analyze_text("LLM기반의 3차원 10만", analyzer) for token in word.tokens]
    assert terms == ["llm", "기반", "3", "차원", "10", "만"]


MEETINGS = {
    "particle": ("오늘", "오늘은"),
    "inflection": ("이끄는", "이끌었다"),
    "inflection of a plain present": ("이끈다", "이끌었다"),
    "verb and noun": ("추론하다", "추론"),
    "derived noun": ("생물학", "생물학자"),
    "part of a name": ("삼성", "삼성전자"),
    "second part of a name": ("민국", "대한민국"),
    "one syllable": ("물", "물을"),
    "two syllables": ("모델", "모델에서는"),
    "sign behind a word": ("모델?!", "모델"),
    "Latin glued to Hangul": ("Hermes", "Hermes는"),
    "C sharp": ("C#", "C#으로"),
    "C plus plus": ("c++", "C++"),
    "hyphen left out": ("GPT4", "GPT-4"),
    "hyphen put in": ("GPT-4", "GPT4"),
    "blank for a hyphen": ("GPT 4", "GPT-4"),
    "plural": ("studies", "study"),
    "particle typed alone": ("의", "GPT-4의"),
    "English stop word": ("of", "of"),
    "spacing": ("자연어 처리", "자연어처리"),
    "piece of a URL": ("abs", "https://arxiv.org/abs/2312.04461"),
    "arXiv id in a URL": ("2312.04461", "https://arxiv.org/pdf/2312.04461v3"),
    "accent left out": ("naive", "naïve"),
    "full width": ("llm", "ＬＬＭ"),
    "jamo": ("모델", unicodedata.normalize("NFD", "모델을")),
}


@pytest.mark.parametrize(("query", "document"), MEETINGS.values(), ids=MEETINGS.keys())
def test_what_belongs_together_meets(terminology: Terminology, query: str, document: str) -> None:
    held = terminology.of_document([word.key for word in split(document)])
    asked = terminology.of_query(query)
    # Base terms are looked up among the parts too.
    asked |= {(Kind.PART, text) for kind, text in asked if kind is Kind.BASE}
    assert asked & held, f"help: {query!r} doesn't find {document!r}"


@pytest.mark.parametrize(
    ("query", "document"),
    [
        ("급여", "비급여"),
        ("지도", "비지도"),
        ("회", "회의"),
        ("결", "결과"),
        ("쿠버네티스", "쿠앤크"),
        ("C", "CSS"),
    ],
)
def test_what_is_another_word_is_no_base_term(terminology: Terminology, query: str, document: str) -> None:
    held = terminology.of_document([word.key for word in split(document)])
    common = {kind for kind, _ in terminology.of_query(query) & held}
    assert Kind.BASE not in common
    assert Kind.SURFACE not in common


def test_long_words_are_cut() -> None:
    assert [len(word.key.form) for word in split("가" * 150)] == [64, 64, 22]
    assert [len(word.key.form) for word in split("x" * 600)] == [256, 256, 88]
    assert [word.key.form for word in split("a" * 200 + "-" + "b" * 200)] == ["a" * 200, "b" * 200]


SENTENCE_ENDS = ["했다.", "했다.)", "모델이다!”", "무엇?", "했다。"]
OTHER_ENDS = ["모델", "3.5", "1.", "했다,", "(했다)"]


@pytest.mark.parametrize("chunk", [*SENTENCE_ENDS, *OTHER_ENDS])
def test_sentences_end(chunk: str) -> None:
    assert ends_sentence(chunk) is (chunk in SENTENCE_ENDS)
