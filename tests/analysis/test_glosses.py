import pytest
from hypothesis import given
from hypothesis import strategies as st

from searchkit.analysis.abbreviations import abbreviates
from searchkit.analysis.glossary import NO_USER_GLOSSES, UserGlosses, make_glossary, name_key
from searchkit.analysis.glosses import Gloss, glosses


@pytest.mark.parametrize(
    ("text", "pairs"),
    [
        (
            "정렬을 위한 강화 학습(Reinforcement Learning, RL)을 쓴다.",
            {
                ("강화 학습", "Reinforcement Learning"),
                ("강화 학습", "RL"),
                ("Reinforcement Learning", "RL"),
            },
        ),
        ("최근 대규모 언어 모델(LLMs)은", {("대규모 언어 모델", "LLM")}),
        ("새로운 점수 증류 (score distillation) 기법", {("점수 증류", "score distillation")}),
        (
            "RLHF(Reinforcement Learning from Human Feedback)",
            {("Reinforcement Learning from Human Feedback", "RLHF")},
        ),
        ("we use Retrieval-Augmented Generation (RAG)", {("Retrieval-Augmented Generation", "RAG")}),
        ("Hallucination(환각)을 줄인다", {("Hallucination", "환각")}),
        ("주의 메커니즘(attention mechanism)", {("주의 메커니즘", "attention mechanism")}),
        ("텍스트-음성 변환(TTS)", {("텍스트-음성 변환", "TTS")}),
        ("**양자화**(quantization)", {("양자화", "quantization")}),
        ("３D 가우시안 스플래팅（x）", set()),
        ("정확도(77.47%에서 83.52%)", set()),
        ("모델들(Codellama-34b-Python 등)", set()),
        ("코드(https://github.com/a/b)", set()),
        ("예를 들어(예: 이미지)", set()),
        ("그림(Figure 3)", set()),
        ("인간 피드백에서의 강화 학습(RLHF)", set()),
    ],
)
def test_names_in_brackets_and_before_them(text, pairs):
    assert {gloss[:2] for gloss in glosses([text])} == pairs


@given(st.lists(st.text(alphabet="가나 다(),;Ab LM-*\t\ń각", max_size=40)))
def test_any_text_gives_names_that_stand_in_it(texts):
    for gloss in glosses(texts):
        assert name_key(gloss.name) or name_key(gloss.other)
        assert "\t" not in gloss.name + gloss.other
        assert "\n" not in gloss.name + gloss.other


def test_what_is_made_of_initials():
    assert abbreviates("RLHF", "Reinforcement Learning from Human Feedback")
    assert abbreviates("MusicCM", "Music Consistency Models")
    assert abbreviates("DiT", "Diffusion Transformer")
    assert not abbreviates("GPT", "Reinforcement Learning")
    assert not abbreviates("RL", "Reinforcement")


def test_spaces_case_hyphens_and_plurals_make_no_other_name():
    assert name_key("강화학습") == name_key("강화 학습") == name_key("강화-학습")
    assert name_key("Fine-Tuning") == name_key("fine tuning")
    assert name_key("Diffusion Models") == name_key("diffusion model")
    assert name_key("비지도 학습") != name_key("지도 학습")


def test_words_too_many_are_cut_by_evidence():
    counts = {
        Gloss("강화 학습", "RL", True): 10,
        Gloss("심층 강화 학습", "RL", True): 1,
        Gloss("학습", "RL", False): 2,
    }
    made = make_glossary(counts, NO_USER_GLOSSES)
    assert {pair[:3] for pair in made.pairs} == {("rl", "강화학습", 11), ("rl", "학습", 2)}


def test_a_name_that_is_longer_everywhere_stays_long():
    counts = {Gloss("대규모 언어 모델", "LLM", True): 20, Gloss("언어 모델", "LLM", True): 5}
    made = make_glossary(counts, NO_USER_GLOSSES)
    assert {pair[:3] for pair in made.pairs} == {("llm", "대규모언어모델", 20), ("llm", "언어모델", 5)}


def test_the_user_adds_corrects_and_removes():
    lines = [
        "# my names",
        "강화 학습 = RL, reinforcement learning   # sure",
        "주의 := attention",
        "-모델 = MAMBA",
        "-값",
        "없음",
        " = x",
        "a = a",
    ]
    user, bad = UserGlosses.parse(lines)
    assert [line.line for line in bad] == [6, 7, 8]
    counts = {
        Gloss("강화 학습", "RL", True): 3,
        Gloss("주의", "caution", False): 9,
        Gloss("모델", "Mamba", False): 2,
        Gloss("모델", "model", False): 1,
        Gloss("값", "value", False): 1,
    }
    made = make_glossary(counts, user)
    assert {tuple(pair) for pair in made.pairs} == {
        ("rl", "강화학습", 3, True),
        ("reinforcement learning", "강화학습", 0, True),
        ("attention", "주의", 0, True),
        ("model", "모델", 1, False),
    }
    assert made.spellings["강화학습"] == ("강화 학습",)


@given(st.lists(st.text(max_size=30)))
def test_any_lines_can_be_read(lines):
    user, bad = UserGlosses.parse(lines)
    assert len(bad) <= len(lines)
    assert all(name_key(name) for name in user.names())
