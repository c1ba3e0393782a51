"""Both engines give the same answers: same documents, same order but for near ties, with one shard and with three."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from agreement_queries import DEEP, DEPTH, Ask, asks, disagreement, same_shown
from real_cluster import new_address

from searchkit import SearchIndex
from searchkit.results.hit import Results

SEEDS = Path(__file__).parents[3] / "seeds"
CORPUS = Path(__file__).parents[4] / "shared" / "corpus" / "2024"
QUERIES = 306

Pair = tuple[SearchIndex, SearchIndex]


def sources() -> list[Path]:
    return [SEEDS, CORPUS] if CORPUS.is_dir() else [SEEDS]


@pytest.fixture(scope="module", params=[1, 3], ids=["one shard", "three shards"])
def engines(
    request: pytest.FixtureRequest, cluster_server: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Pair]:
    """The same documents in a folder and on a cluster."""
    with new_address(cluster_server) as address, pytest.MonkeyPatch.context() as patch:
        patch.setenv("SEARCHKIT_OPENSEARCH_SHARDS", str(request.param))
        with (
            SearchIndex.build(sources(), tmp_path_factory.mktemp("agreement") / "index") as folder,
            SearchIndex.build(sources(), address) as cluster,
        ):
            yield folder, cluster


def compare(engines: Pair, ask: Ask) -> str | None:
    ours, theirs = (index.search(ask.query, limit=DEPTH, **ask.options) for index in engines)
    ranked = ask.options.get("sort", "relevance") == "relevance"

    def deeper() -> Results:
        return engines[0].search(ask.query, limit=DEEP, **ask.options)

    found = disagreement(ours, deeper, theirs, ranked=ranked)
    if found is None and not same_shown(ours, theirs):
        found = "hits are shown otherwise"
    return None if found is None else f"{ask.kind}: {ask.query!r} {ask.options or ''}: {found}"


def test_the_same_answers_to_queries_of_every_kind(engines: Pair) -> None:
    documents = [hit.document for hit in engines[0].search("", limit=2000)]
    wrong = [found for ask in asks(documents, QUERIES, 1) if (found := compare(engines, ask)) is not None]
    assert wrong == []


def test_the_same_suggestions(engines: Pair) -> None:
    for typed in ("확", "확산", "확산 모", "ㅎㅅ", "ㅎㅅ ㅁㄷ", "diff", "강화 ", "large l", "자연어처"):
        ours, theirs = (index.suggest(typed) for index in engines)
        assert ours == theirs, typed


def test_the_same_glossary(engines: Pair) -> None:
    ours, theirs = (index.glossary(limit=400) for index in engines)
    assert [each for each in ours if each.documents > 1] == [each for each in theirs if each.documents > 1]
    assert {(each.name, each.other) for each in ours} == {(each.name, each.other) for each in theirs}


def test_similar_papers_are_the_same(engines: Pair) -> None:
    for hit in engines[0].search("", limit=12):
        ours, theirs = (index.similar(hit.id) for index in engines)
        deeper = partial(engines[0].similar, hit.id, limit=DEEP)
        assert disagreement(ours, deeper, theirs, ranked=True) is None


def test_scores_are_explained_alike(engines: Pair) -> None:
    for query in ("확산 모델 이미지 생성", "강화 학습", '"언어 모델" 추론'):
        for hit in engines[0].search(query, limit=3):
            ours, theirs = (index.explain(query, hit.id) for index in engines)
            assert ours is not None
            assert theirs is not None
            named, others = (
                {(str(part.term), part.tf, part.doc_freq) for part in each.contributions}
                for each in (ours, theirs)
            )
            assert named == others
            assert theirs.score == pytest.approx(ours.score, rel=0.03)
            assert theirs.score == pytest.approx(sum(part.score for part in theirs.contributions), rel=1e-3)


def test_the_same_documents_by_id(engines: Pair) -> None:
    folder, cluster = engines
    assert len(folder) == len(cluster)
    for hit in folder.search("", limit=20):
        assert cluster.get(hit.id) == folder.get(hit.id)
    assert cluster.get("nobody/knows") is None
