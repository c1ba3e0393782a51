from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from searchkit.analysis.analyzer import WordAnalyzer
from searchkit.analysis.dictionary import TAGS, UserDictionary, UserWord, built_in_words, pre_analysed
from searchkit.analysis.token import Context, Kind, WordKey


def test_lines_are_read_and_bad_ones_reported() -> None:
    lines = [
        "# a comment", "", "스테이블디퓨전", "라마\tNNP # a name", "자연어 처리", "LLM", "밥", "라마\tNNG",
        "모델\tXX", "가" * 65, "\ufeff디노",
    ]  # fmt: skip
    dictionary, bad = UserDictionary.parse(lines)
    assert dictionary.words == (
        UserWord("스테이블디퓨전", "NNG"),
        UserWord("라마", "NNP"),
        UserWord("디노", "NNG"),
    )
    assert [line for line, _ in bad] == [5, 6, 7, 8, 9, 10]
    assert all("\n" not in message and ":" in message for _, message in bad)
    assert UserDictionary.parse(dictionary.lines()) == (dictionary, ())


@settings(max_examples=100)
@given(st.lists(st.text(max_size=12), max_size=6))
def test_any_lines_can_be_read(lines: list[str]) -> None:
    dictionary, bad = UserDictionary.parse(lines)
    assert len(dictionary.words) + len(bad) <= len(lines)


def test_our_own_lists_are_sound() -> None:
    assert len(built_in_words()) > 50
    for form, morphemes in pre_analysed().items():
        assert morphemes, f"help: {form} has no morphemes in analysis/data/preanalysed.txt"
        for morpheme in morphemes:
            assert 0 <= morpheme.start < morpheme.start + morpheme.length <= len(form), (
                f"help: look at {form}"
            )


def test_a_user_word_is_never_cut_and_changes_the_fingerprint(analyzer: WordAnalyzer) -> None:
    dictionary, _ = UserDictionary.parse(["쿠앤크봇", "뀨잉하\tVV"])
    mine = WordAnalyzer(dictionary)
    keys = [WordKey(Context.FREE, form) for form in ("쿠앤크봇은", "쿠앤크봇")]
    for tokens in mine.analyze(keys):
        assert [token.text for token in tokens if token.kind is Kind.BASE] == ["쿠앤크봇"]
    assert mine.fingerprint != analyzer.fingerprint
    assert WordAnalyzer(UserDictionary(dictionary.words[::-1])).fingerprint == mine.fingerprint
    assert len(mine.fingerprint) == 16


def test_a_user_word_beats_our_own_list() -> None:
    assert "이중" in pre_analysed()
    analyzer = WordAnalyzer(UserDictionary((UserWord("이중", "NNP"),)))
    (told,) = analyzer.explain(WordKey(Context.FREE, "이중"))
    assert told.tag == "NNP"


def test_every_tag_can_be_given_to_kiwi() -> None:
    words = tuple(UserWord(f"뷁뷁{'가나다라마바'[index]}", tag) for index, tag in enumerate(TAGS))
    tokens = WordAnalyzer(UserDictionary(words)).analyze([WordKey(Context.FREE, words[0].form)])
    assert tokens[0]
