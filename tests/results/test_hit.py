from __future__ import annotations

import json
from dataclasses import dataclass

import pytest

from searchkit.analysis.token import Layer
from searchkit.document import Document
from searchkit.query.plan import PlanTerm
from searchkit.results.explain import Explanation
from searchkit.results.hit import Highlight, Hit, MatchedTerm, Note, Results, Snippet


@dataclass
class Part:
    term: PlanTerm
    idf: float
    tf: float
    length: float
    average_length: float
    doc_freq: int
    score: float


HIT = Hit(
    rank=1,
    score=2.5,
    document=Document(id="n", title="T", bullets=["확산"], extra={"key": [1]}),
    snippet=Snippet("bullets", 0, 0, 2, "확산"),
    highlights=(Highlight("bullets", 0, 0, 2, (0,)),),
    matched_terms=(MatchedTerm("확산", "bullets", "word"),),
)


def test_the_json_of_an_answer():
    results = Results(
        query="확산",
        hits=(HIT,),
        total=3,
        took_ms=1.23456,
        notes=(Note("code", "A sentence"),),
        facets={"month": [("2023-12", 3)], "author": []},
    )
    assert json.loads(json.dumps(results.to_dict())) == {
        "format_version": 1,
        "query": "확산",
        "total": 3,
        "took_ms": 1.235,
        "hits": [
            {
                "rank": 1,
                "id": "n",
                "score": 2.5,
                "title": "T",
                "date": None,
                "url": None,
                "votes": None,
                "authors": [],
                "snippet": {
                    "field": "bullets",
                    "item": 0,
                    "start": 0,
                    "end": 2,
                    "text": "확산",
                    "line": None,
                },
                "highlights": [{"field": "bullets", "item": 0, "start": 0, "end": 2}],
                "source": None,
                "line": None,
                "matched_terms": [{"term": "확산", "field": "bullets", "via": "word"}],
                "extra": {"key": [1]},
            }
        ],
        "notes": [{"code": "code", "message": "A sentence"}],
        "facets": {"month": [{"value": "2023-12", "count": 3}], "author": []},
    }


def test_results_are_a_sequence():
    results = Results("q", (HIT,), 1, 0.1)
    assert len(results) == 1
    assert list(results) == [HIT]
    assert results[0] is HIT
    assert results[:1] == (HIT,)
    assert results
    assert not Results("q", (), 0, 0.1)
    assert "facets" not in results.to_dict()


def test_an_explanation_names_every_factor():
    parts = (
        Part(PlanTerm(Layer.BULLETS, "확산", 1.0), 2.0, 1, 10, 12.0, 5, 1.0),
        Part(PlanTerm(Layer.TITLE, "diffusion", 4.0), 3.0, 2, 4, 5.0, 1, 6.0),
    )
    explanation = Explanation("확산 diffusion", "x", parts)
    assert explanation.score == pytest.approx(7.0)
    lines = explanation.as_text().splitlines()
    assert lines[0].startswith("7.0000")
    assert "diffusion in title (by word): weight 4 × idf 3.0000 × saturation 0.5000" in lines[1]
    assert "in 5 documents" in lines[2]
    assert [part["layer"] for part in explanation.to_dict()["contributions"]] == ["bullets", "title"]


def test_an_explanation_of_what_does_not_match():
    assert "nothing" in Explanation("q", "x", ()).as_text()
