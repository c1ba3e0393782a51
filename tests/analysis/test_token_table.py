from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from searchkit.analysis.token import Kind, Token
from searchkit.analysis.token_table import TokenTable

TOKENS = st.builds(
    Token,
    st.sampled_from(Kind),
    st.sampled_from(["가", "나", "다라", "gpt"]),
    st.integers(0, 64),
    st.integers(1, 64),
)
WORDS = st.lists(st.lists(TOKENS, max_size=4).map(tuple), max_size=6)


@settings(max_examples=100)
@given(WORDS)
def test_a_table_gives_back_what_it_was_made_of(words: list[tuple[Token, ...]]) -> None:
    table = TokenTable.of(words)
    assert list(table) == words
    assert list(table[1:]) == words[1:]
    assert TokenTable.of(table) is table
    assert all(type(token.kind) is Kind for word in table for token in word)


@settings(max_examples=100)
@given(st.lists(WORDS, max_size=4), st.randoms())
def test_tables_are_joined_and_put_in_another_order(several: list[list[tuple[Token, ...]]], random) -> None:
    words = [word for some in several for word in some]
    order = random.sample(range(len(words)), random.randint(0, len(words)))
    joined = TokenTable.joined([TokenTable.of(some) for some in several])
    assert list(joined) == words
    assert list(joined.take(np.array(order, np.int64))) == [words[place] for place in order]


def test_tables_share_texts_that_grow() -> None:
    texts = ["가"]
    one = np.ones(1, np.int64)
    first = TokenTable(one, one * Kind.BASE, texts, one * 0, one * 0, one)
    texts.append("나")
    second = TokenTable(one, one * Kind.PART, texts, one, one * 0, one)
    joined = TokenTable.joined([second, first, second])
    assert joined.texts == ["가", "나"]
    assert [word[0].text for word in joined] == ["나", "가", "나"]
