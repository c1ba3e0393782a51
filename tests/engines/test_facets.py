from small_collections import commit

from searchkit.document import Document
from searchkit.engines.whoosh.executor import run
from searchkit.query.plan import Everything, MinVotes, Plan


def test_months_and_authors_of_all_matches_are_counted(tmp_path):
    documents = [
        Document(id="a", date="2023-12-04", votes=1, authors=["Kim", "Lee"]),
        Document(id="b", date="2024-01-31", votes=1, authors=["Lee", "Lee"]),
        Document(id="c", date="2024-01-01", votes=1, authors=["가"]),
        Document(id="d", date="0987-03-01", votes=1),
        Document(id="e", votes=1, authors=["Kim"]),
        Document(id="f", date="2024-01-02", votes=0, authors=["Other"]),
    ]
    with commit(tmp_path, [documents[:2], documents[2:]]) as generation:
        found = run(generation, Plan(Everything(), (MinVotes(1),)), limit=1, facets=True)
        assert found.facets == {
            "month": [("2024-01", 2), ("0987-03", 1), ("2023-12", 1)],
            "author": [("Kim", 2), ("Lee", 2), ("가", 1)],
        }
        assert len(found.hits) == 1
        assert run(generation, Plan(Everything()), limit=1).facets is None


def test_nothing_found_gives_empty_facets(tmp_path):
    with commit(tmp_path, [[Document(id="a")]]) as generation:
        found = run(generation, Plan(MinVotes(1)), limit=1, facets=True)
        assert found.facets == {"month": [], "author": []}
