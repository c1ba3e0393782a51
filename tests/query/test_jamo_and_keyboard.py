"""Hangul as keys, and text typed with the wrong layout."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from searchkit.query.jamo import initials, is_hangul, key_bytes, typed, typed_initials
from searchkit.query.keyboard import as_english, as_korean

hangul = st.text(st.characters(min_codepoint=0xAC00, max_codepoint=0xD7A3), min_size=1, max_size=6)


@pytest.mark.parametrize(
    ("text", "keys"),
    [("확산", "ㅎㅗㅏㄱㅅㅏㄴ"), ("닭", "ㄷㅏㄹㄱ"), ("ㄳ", "ㄱㅅ"), ("의a", "ㅇㅡㅣa"), ("", "")],
)
def test_syllables_are_keys(text: str, keys: str) -> None:
    assert typed(text) == keys


@pytest.mark.parametrize("half", ["ㅎ", "호", "화", "확", "확ㅅ", "홗", "확사"])
def test_half_typed_syllables_are_beginnings(half: str) -> None:
    assert key_bytes("확산").startswith(key_bytes(half))


@given(st.text(max_size=20))
def test_every_character_has_a_key_and_none_is_zero(text: str) -> None:
    keys = key_bytes(text)
    assert len(keys) >= len(text)
    assert 0 not in keys.replace(b"\xfe", b"")


def test_first_consonants() -> None:
    assert initials("확산모델") == "ㅎㅅㅁㄷ"
    assert initials("확산 모델") == initials("GPT") == initials("") == ""
    assert typed_initials("ㅎㅅ") == "ㅎㅅ"
    assert typed_initials("ㄳㅎ") == "ㄱㅅㅎ"
    assert typed_initials("ㅎㅏ") == typed_initials("확") == ""
    assert [is_hangul(text) for text in ("밥", "밥a", "")] == [True, False, False]


@pytest.mark.parametrize(
    ("keys", "text"),
    [("ghkrtks", "확산"), ("ahepf", "모델"), ("QKfrks", "빨간"), ("ekfrdmf", "닭을"), ("rkqt", "값")],
)
def test_korean_typed_on_an_english_keyboard(keys: str, text: str) -> None:
    assert as_korean(keys) == text


@pytest.mark.parametrize("keys", ["diffusion", "llm", "model", "ab1", "a b", "", "확산", "r"])
def test_what_gives_no_syllables_is_no_korean(keys: str) -> None:
    assert as_korean(keys) == ""


@pytest.mark.parametrize(("text", "keys"), [("ㅣㅣㅡ", "llm"), ("ㅡㅐㅇ디", "model"), ("a", ""), ("ㆍ", "")])
def test_english_typed_on_a_korean_keyboard(text: str, keys: str) -> None:
    assert as_english(text) == keys


@given(hangul)
def test_what_is_typed_can_be_read_back(text: str) -> None:
    keys = as_english(text)
    shifted = "".join(
        key.upper() if jamo in "ㄲㄸㅃㅆㅉㅒㅖ" else key for jamo, key in zip(typed(text), keys, strict=True)
    )
    assert as_korean(shifted) == text
