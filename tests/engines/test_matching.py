import unicodedata

import pytest
from small_collections import commit

from searchkit.document import Document
from searchkit.engines.whoosh.executor import run
from searchkit.query.plan import And, Author, DateRange, Everything, Id, MinVotes, Not, Or, Plan

PAPERS = [
    Document(id="2023-12-04/2312.00001", date="2023-12-04", votes=5, authors=["Yingyan, Lin", "Jean-Luc Picard"],
             arxiv_id="2312.00001"),
    Document(id="2023-12-31/2312.00002", date="2023-12-31", votes=0, authors=["Lin Dan", "Yingyan Celine Wu"],
             arxiv_id="2312.00002v2"),
    Document(id="2024-01-01/2312.00001", date="2024-01-01", votes=-2, authors=["박서준", "Ann\nO'Brien"],
             arxiv_id="2312.00001"),
    Document(id="note", authors=[unicodedata.normalize("NFD", "Müller 박서준")]),
]  # fmt: skip


@pytest.fixture(scope="module")
def generation(tmp_path_factory):
    with commit(tmp_path_factory.mktemp("papers"), [PAPERS[:3], PAPERS[3:]]) as opened:
        yield opened


@pytest.mark.parametrize(
    ("node", "expected"),
    [
        (DateRange("2023-12-05", None), [1, 2]),
        (DateRange(None, "2023-12-31"), [0, 1]),
        (DateRange("2023-12-04", "2023-12-04"), [0]),
        (DateRange("2023-12", "2023-12"), [0, 1]),
        (DateRange("2024", "2024"), [2]),
        (DateRange(None, None), [0, 1, 2]),
        (DateRange("2024-02-01", "2024-01-01"), []),
        (MinVotes(0), [0, 1]),
        (MinVotes(-(2**31)), [0, 1, 2]),
        (MinVotes(6), []),
        (Author(("lin",)), [0, 1]),
        (Author(("LIN", "yingyan")), [0]),
        (Author(("yingyan", "wu")), [1]),
        (Author(("ying",)), []),
        (Author(("ying", "wu"), prefix=True), [1]),
        (Author(("picard", "jean-luc")), [0]),
        (Author(("jean", "lin")), []),
        (Author(("o'brien", "ann")), [2]),
        (Author(("박서준",)), [2, 3]),
        (Author((unicodedata.normalize("NFD", "müller"),)), [3]),
        (Author(("서준",)), []),
        (Author(("서준",), prefix=True), []),
        (Author(()), []),
        (Author((".",)), []),
        (Author((".*",), prefix=True), []),
        (Id("note"), [3]),
        (Id("2312.00001"), [0, 2]),
        (Id("2312.00001v7"), [0, 2]),
        (Id("2023-12-31/2312.00002"), [1]),
        (Id("2023-12-31"), []),
        (Everything(), [0, 1, 2, 3]),
        (And(()), [0, 1, 2, 3]),
        (Or(()), []),
        (Not(Everything()), []),
        (Not(DateRange(None, None)), [3]),
        (And((MinVotes(0), Not(Author(("wu",))))), [0]),
        (Or((Id("note"), And((MinVotes(0), MinVotes(5))))), [0, 3]),
    ],
)
def test_conditions(generation, node, expected):
    for plan in (Plan(node), Plan(Everything(), (node,)), Plan(Not(Not(node)))):
        found = run(generation, plan, limit=10)
        ids = {generation.segments[segment].id_of(doc) for _, (segment, doc) in found.hits}
        assert ids == {PAPERS[at].id for at in expected}
        assert found.total == len(expected)


def test_a_filter_does_not_change_the_answer_of_the_next_query(generation):
    everything = run(generation, Plan(Everything()), limit=10)
    run(generation, Plan(Everything(), (MinVotes(5), Not(Id("note")))), limit=10)
    assert run(generation, Plan(Everything()), limit=10) == everything
