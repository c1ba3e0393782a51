"""Words that a dictionary should hold."""

from __future__ import annotations

from pathlib import Path

import pytest

from searchkit import Document, SearchIndex
from searchkit.analysis.dictionary import Morpheme
from searchkit.index.unknown_words import SHATTERED, UNKNOWN, propose


@pytest.mark.parametrize(
    ("form", "morphemes", "proposed"),
    [
        (
            "셰이딩을",
            [("셰이", "NNG", 0, 2, True), ("딩", "MAG", 2, 1), ("을", "JKO", 3, 1)],
            ("셰이딩", UNKNOWN),
        ),
        ("솔버는", [("솔버", "NNG", 0, 2, True), ("는", "JX", 2, 1)], ("솔버", UNKNOWN)),
        ("디퓨전", [("디퓨저", "NNP", 0, 3), ("ᆫ", "JX", 2, 1)], ("디퓨전", SHATTERED)),
        ("모델을", [("모델", "NNG", 0, 2), ("을", "JKO", 2, 1)], None),
        ("줄였다", [("줄이", "VV", 0, 2), ("었", "EP", 1, 1), ("다", "EF", 2, 1)], None),
        ("이", [("이", "JKS", 0, 1)], None),
    ],
)
def test_proposals(form: str, morphemes: list[tuple[object, ...]], proposed: tuple[str, str] | None) -> None:
    assert propose(form, [Morpheme(*morpheme) for morpheme in morphemes]) == proposed  # type: ignore[arg-type]


def test_forms_of_one_word_count_together_with_a_place(tmp_path: Path) -> None:
    forms = ("디노이징을", "디노이징은", "디노이징", "모델을")
    made = [
        Document(id=f"d{number}", title=f"t{number}", bullets=(form,), source="notes.md", line=number + 1)
        for number, form in enumerate(forms)
    ]
    with SearchIndex.build(made, tmp_path / "index") as index:
        index.delete("d2")
        assert index.unknown_words(min_count=3) == []
        (word,) = index.unknown_words(min_count=2)
        assert (word.count, word.source) == (2, "notes.md")
        assert word.word in word.form
        assert word.line in (1, 2)
        index.add_words([word.word])
        assert index.unknown_words(min_count=2) == []
