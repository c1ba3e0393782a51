"""Random query texts, with many of the signs that mean something."""

from __future__ import annotations

from hypothesis import strategies as st

PIECES = [
    *'"“”„「」()[]*:-+?^~!/\\ \t\n.,\x00\u200b',
    *("AND", "OR", "NOT", " AND ", " OR ", " NOT ", "TO", "title:", "bullets:", "author:", "id:", "date:"),
    *("date:[", "2023-12-01", "확산", "모델을", "LLM이", "GPT-4", "C++", "https://arxiv.org/abs/2312.04461"),
    *("\ud800", "😀", "שלום", "e\u0301", "\u1112\u116a\u11a8", "ＡＮＤ", "ﬁ", "İ", "title：", "foo:"),
]
texts = st.one_of(
    st.text(max_size=80),
    st.text(st.characters(), max_size=80),
    st.lists(st.sampled_from(PIECES), max_size=40).map("".join),
)
