"""Similar spellings: the same as a plain distance, word by word."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from searchkit.query.jamo import key_bytes
from searchkit.query.spacing import cut, joined
from searchkit.query.spelling import WIDTH, allowed_edits, key_matrix, similar


def distance(one: bytes, other: bytes) -> int:
    """Return the optimal string alignment distance."""
    table = [[max(i, j) if not i or not j else 0 for j in range(len(other) + 1)] for i in range(len(one) + 1)]
    for i in range(1, len(one) + 1):
        for j in range(1, len(other) + 1):
            table[i][j] = min(
                table[i - 1][j] + 1,
                table[i][j - 1] + 1,
                table[i - 1][j - 1] + (one[i - 1] != other[j - 1]),
            )
            if i > 1 and j > 1 and one[i - 1] == other[j - 2] and one[i - 2] == other[j - 1]:
                table[i][j] = min(table[i][j], table[i - 2][j - 2] + 1)
    return table[-1][-1]


def tables(words: list[str]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    points = np.array([ord(char) for word in words for char in word], np.uint32)
    owners = np.repeat(np.arange(len(words)), [len(word) for word in words]).astype(np.int64)
    return key_matrix(points, owners, len(words))


words = st.lists(st.text("모델댈확산abcé", min_size=1, max_size=9), min_size=1, max_size=12)


@settings(max_examples=150)
@given(words, st.text("모델댈확산abcé", min_size=1, max_size=6), st.integers(1, 2))
def test_similar_words_are_those_of_a_plain_distance(known: list[str], text: str, edits: int) -> None:
    rows, found = similar(key_bytes(text), *tables(known), edits)
    expected = {
        row: away
        for row, word in enumerate(known)
        if len(key_bytes(word)) <= WIDTH and (away := distance(key_bytes(text), key_bytes(word))) <= edits
    }
    assert dict(zip(rows.tolist(), found.tolist())) == (expected if len(key_bytes(text)) <= WIDTH else {})


def test_short_words_allow_fewer_edits() -> None:
    assert [allowed_edits(key_bytes(word)) for word in ("llm", "모델", "difusion1")] == [0, 1, 2]


KNOWN = {"자연어": 9, "처리": 9, "자연": 5, "어처리": 3, "대규모": 9, "언어": 9, "모델": 9, "파인튜닝": 4}


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("자연어처리", ("자연어", "처리")),
        ("대규모언어모델", ("대규모", "언어", "모델")),
        ("모델", ()),
        ("모델없음", ()),
        ("ai모델", ()),
        ("모델" * 5, ()),
    ],
)
def test_words_are_cut_where_spaces_are_missing(text: str, pieces: tuple[str, ...]) -> None:
    assert cut(text, lambda piece: KNOWN.get(piece, 0), 3) == pieces


def test_neighbours_that_are_one_term_are_joined() -> None:
    forms = ["그", "파인", "튜닝을", "", "GPT"]
    stems = ["그", "파인", "튜닝", "", "GPT"]
    assert joined(forms, stems, lambda term: KNOWN.get(term, 0)) == [(1, 2, "파인튜닝")]
    assert joined(stems, stems, lambda term: KNOWN.get(term, 0)) == [(1, 2, "파인튜닝")]
    assert not joined(forms, forms, lambda term: KNOWN.get(term, 0))
