"""Completing while typing."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from timing import cpu_seconds

from searchkit import Document, SearchIndex


def texts(index: SearchIndex, prefix: str, **options: int) -> list[str]:
    return [suggestion.text for suggestion in index.suggest(prefix, **options)]


@pytest.mark.parametrize(
    "prefix",
    ["확사", "확", "확ㅅ", "홗", "확산", "ㅎㅅㅁㄷ", "ㅎㅅ ㅁㄷ", "확산 ", "확산 모", "확산모", "확산 몯"],
)
def test_what_is_typed_of_diffusion_models_leads_there(seeds: SearchIndex, prefix: str) -> None:
    assert "확산 모델" in texts(seeds, prefix, limit=12)


def test_english_and_its_phrases(seeds: SearchIndex) -> None:
    assert texts(seeds, "Diffu")[0] == "diffusion"
    assert texts(seeds, "large lang") == ["large language"]
    assert "large language" in texts(seeds, "larg")


def test_the_most_frequent_come_first_and_are_counted(seeds: SearchIndex) -> None:
    found = seeds.suggest("모")
    assert found[0].text == "모델"
    assert [each.documents for each in found] == sorted((each.documents for each in found), reverse=True)
    assert found[0].documents <= len(seeds)
    assert found[0].to_dict() == {"text": "모델", "documents": found[0].documents}
    assert str(found[0]) == "모델"


def test_particles_and_stems_are_no_completions(seeds: SearchIndex) -> None:
    assert not {"모델을", "모델의", "모델은"} & set(texts(seeds, "모델", limit=100))


def test_limits_and_blank_text(seeds: SearchIndex) -> None:
    assert len(seeds.suggest("ㅁ", limit=3)) == 3
    assert seeds.suggest("ㅁ", limit=0) == seeds.suggest("") == seeds.suggest("   ") == []
    assert seeds.suggest("뷁뷁") == []


def test_pairs_are_counted_by_documents(tmp_path: Path) -> None:
    documents = [
        Document(id=str(number), bullets=("확산 모델과 확산 모델, 확산 모델",)) for number in range(3)
    ]
    documents.append(Document(id="other", bullets=("확산 모형. 모델 확산",)))
    with SearchIndex.build(documents, tmp_path / "index") as index:
        counts = {each.text: each.documents for each in index.suggest("확사")}
        assert counts["확산 모델"] == 3
        assert counts["확산"] == 4
        index.delete("0")
        assert {each.text: each.documents for each in index.suggest("확사")}["확산 모델"] == 2


@settings(max_examples=60)
@given(prefix=st.text(st.sampled_from("확산모델ㅎㅅㅁㄷㅏ diffusion-4é漢😀\n\t\ud800"), max_size=12))
def test_any_text_is_completed_or_not(seeds: SearchIndex, prefix: str) -> None:
    found = seeds.suggest(prefix, limit=5)
    assert len(found) <= 5
    assert len({each.text for each in found}) == len(found)


def test_typing_is_followed_at_once(corpus: SearchIndex) -> None:
    prefixes = [
        word[:size] for word in ("확산", "대규모", "transformer", "이미지", "강화") for size in (1, 2, 4)
    ]
    for prefix in prefixes:
        corpus.suggest(prefix)
    assert cpu_seconds(lambda: [corpus.suggest(prefix) for prefix in prefixes]) / len(prefixes) < 0.005
