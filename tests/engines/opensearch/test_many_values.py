"""Facets and glosses with more values than a cluster counts at once are complete."""

from __future__ import annotations

from pathlib import Path

import pytest

from searchkit import SearchIndex
from searchkit.document import Document
from searchkit.engines.opensearch import counted_values, facets


@pytest.mark.parametrize("at_once", [10_000, 7])
def test_facets_of_many_values_are_those_of_a_folder(
    at_once: int, cluster_address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SEARCHKIT_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(facets, "_AT_ONCE", at_once)
    monkeypatch.setattr(counted_values, "_PAGE", at_once)
    many = 5_200 if at_once > 100 else 20
    papers = [
        Document(
            id=str(number),
            title="확산 모델",
            date=f"2024-0{number + 1}-01",
            authors=tuple(f"Kim {author}" for author in range(number * many // 2, number * many // 2 + many)),
        )
        for number in range(4)
    ]
    found = []
    for place in (str(tmp_path / "index"), cluster_address):
        with SearchIndex.build(papers, place) as index:
            results = index.search("확산", facets=True)
            assert results.facets is not None
            found.append({name: list(values) for name, values in results.facets.items()})
    assert len(found[0]["author"]) == many * 5 // 2 > at_once
    assert found[0] == found[1]


def test_glosses_of_many_pages_are_those_of_a_folder(
    cluster_address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SEARCHKIT_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(counted_values, "_PAGE", 3)
    papers = [
        Document(
            id=str(number), title="확산", bullets=(f"확산 모델{number % 5}(Diffusion Model {number % 5})",)
        )
        for number in range(20)
    ]
    found = []
    for place in (str(tmp_path / "index"), cluster_address):
        with SearchIndex.build(papers, place) as index:
            found.append(index.glossary())
    assert found[0] == found[1]
    assert len(found[0]) > 3
