"""Commits to a real cluster: whole or not at all, by any number of writers, and the same as the embedded engine's."""

from __future__ import annotations

import random
import shutil
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from cluster_state import content_of, writer_process

from searchkit import SearchIndex
from searchkit.analysis.analyzer import WordAnalyzer
from searchkit.document import Document
from searchkit.engines.opensearch import clean_up, registration
from searchkit.engines.opensearch.address import parse_address
from searchkit.engines.opensearch.connection import Connection
from searchkit.engines.opensearch.documents import Documents
from searchkit.engines.opensearch.engine import ClusterEngine
from searchkit.engines.opensearch.ledger import Ledger
from searchkit.engines.opensearch.verify import verify
from searchkit.engines.opensearch.writer import ClusterWriter
from searchkit.engines.whoosh.engine import WhooshEngine
from searchkit.errors import EngineUnavailable, IndexLocked, SourceError
from searchkit.index import updates
from searchkit.index.copying import copy
from searchkit.index.session import read_state, writing
from searchkit.sources.reader import read_file
from searchkit.sources.root import discover

Expected = Callable[..., tuple[object, ...]]
SEEDS = Path(__file__).parents[3] / "seeds"


@pytest.fixture(scope="module")
def analyzer() -> WordAnalyzer:
    return WordAnalyzer()


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SEARCHKIT_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def engine(cluster_address: str) -> ClusterEngine:
    return ClusterEngine(cluster_address)


@pytest.fixture
def ledger(cluster_address: str) -> Iterator[Ledger]:
    with Connection(parse_address(cluster_address)) as connection:
        yield Ledger(connection)


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The seeds in three folders."""
    base = tmp_path_factory.mktemp("seeds") / "sources"
    for number, file in enumerate(sorted(SEEDS.glob("*.md"))):
        folder = base / str(number % 3)
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copy(file, folder / file.name)
    return base


@pytest.fixture(scope="module")
def embedded(analyzer: WordAnalyzer, tmp_path_factory: pytest.TempPathFactory) -> Expected:
    """What the embedded engine makes of the same sources at once."""
    known: dict[tuple[Path, ...], tuple[object, ...]] = {}

    def made(*sources: Path, terms: Path | None = None) -> tuple[object, ...]:
        if terms is None and sources in known:
            return known[sources]
        engine = WhooshEngine(tmp_path_factory.mktemp("embedded"))
        updates.refresh(engine, analyzer, sources, terms=terms)
        with engine.open() as snapshot:
            content = content_of(snapshot)
        if terms is None:
            known[sources] = content
        return content

    return made


def assert_same(engine: ClusterEngine, ledger: Ledger, expected: tuple[object, ...]) -> None:
    """The index holds what is expected, is sound, and nobody is at work."""
    with engine.open() as snapshot:
        assert content_of(snapshot) == expected
    assert ledger.head().works == {}
    checked = verify(ledger, deep=True)
    assert checked.sound, checked.problems


def test_commits_one_after_the_other(
    engine: ClusterEngine,
    ledger: Ledger,
    analyzer: WordAnalyzer,
    sources: Path,
    embedded: Expected,
    tmp_path: Path,
) -> None:
    sources = shutil.copytree(sources, tmp_path / "sources")
    assert not engine.exists()
    assert ledger.current() is None
    report = updates.refresh(engine, analyzer, [sources / "0"])
    assert report.committed
    assert report.added > 0
    assert ledger.current() == 1
    assert not updates.refresh(engine, analyzer).committed
    assert ledger.current() == 1
    updates.refresh(engine, analyzer, [sources / "1"])
    # A file changes, one goes, one comes.
    changed, gone = sorted((sources / "0").iterdir())[:2]
    changed.write_text(changed.read_text("utf-8").replace("모델", "새모델", 3), "utf-8")
    gone.unlink()
    shutil.copytree(sources / "2", sources / "0" / "more")
    report = updates.refresh(engine, analyzer)
    assert report.updated
    assert report.removed
    assert report.added
    assert ledger.current() == 3
    assert_same(engine, ledger, embedded(sources / "0", sources / "1"))
    # Nothing is left of earlier commits but the one before.
    assert set(ledger.blob_pieces()) == ledger.head().blobs()
    assert ledger.notes() == []
    assert len(ledger.head().content.lexicon) <= 3


def test_what_fails_is_undone(
    engine: ClusterEngine,
    ledger: Ledger,
    analyzer: WordAnalyzer,
    sources: Path,
    embedded: Expected,
) -> None:
    updates.refresh(engine, analyzer, [sources])
    before = ledger.head()
    with engine.open() as snapshot:
        known = next(iter(snapshot.all_documents()))
    with pytest.raises(SourceError, match="on purpose"), writing(engine, analyzer) as session:  # noqa: PT012
        session.replace(Document(id=known.id, title="아주 다른 제목"))
        session.add(Document(id="new", title="새 문서"))
        session.remove(known.id)
        session.feed.flush()
        session.add(Document(id=known.id, title="또 다른 제목"))
        session.feed.flush()
        raise SourceError("on purpose")
    assert ledger.head() == before
    ledger.refresh(before.content.documents)
    assert_same(engine, ledger, embedded(sources))


@pytest.mark.parametrize("rebuild", [False, pytest.param(True, marks=pytest.mark.campaign)])
def test_a_killed_build_goes_on_where_it_stopped(
    cluster_address: str,
    engine: ClusterEngine,
    ledger: Ledger,
    analyzer: WordAnalyzer,
    sources: Path,
    embedded: Expected,
    rebuild: bool,
) -> None:
    if rebuild:
        updates.refresh(engine, analyzer, [sources / "0"])
    killed = writer_process(cluster_address, sources, every=10, die_after=50, rebuild=rebuild)
    killed.communicate(timeout=120)
    assert killed.returncode == -signal.SIGKILL
    assert ledger.current() == (1 if rebuild else None)
    again = writer_process(cluster_address, sources, rebuild=rebuild)
    out, _ = again.communicate(timeout=120)
    assert again.returncode == 0
    stored = int(out.split()[1])
    # What the first one had kept is not sent again.
    assert 0 < stored < 77 - 20
    roots = [sources / "0", sources] if rebuild else [sources]
    assert_same(engine, ledger, embedded(*roots))


@pytest.mark.campaign
def test_writers_that_are_killed_at_any_moment_lose_nothing(
    cluster_address: str,
    engine: ClusterEngine,
    ledger: Ledger,
    analyzer: WordAnalyzer,
    sources: Path,
    embedded: Expected,
) -> None:
    updates.refresh(engine, analyzer, [sources / "0"])
    moments = random.Random(5)
    for turn in range(12):
        process = writer_process(cluster_address, sources / str(1 + turn % 2), every=5, rebuild=turn % 3 == 2)
        with suppress(subprocess.TimeoutExpired):
            process.communicate(timeout=moments.uniform(0.5, 6))
        process.kill()
        process.communicate()
        number = ledger.current() or 0
        with engine.open() as snapshot:
            assert snapshot.number == number
            assert snapshot.live_count >= embedded_count(sources / "0")
    updates.refresh(engine, analyzer, [sources / "1"])
    updates.refresh(engine, analyzer, [sources / "2"])
    roots = [Path(root) for root in read_state(engine.open()).roots]
    assert_same(engine, ledger, embedded(*roots))


def embedded_count(folder: Path) -> int:
    """Return how many documents the digests in a folder hold."""
    return sum(len(read_file(file, file.path.read_bytes()).documents) for file in discover(str(folder)).files)


def test_what_was_killed_is_undone_by_others(
    cluster_address: str,
    engine: ClusterEngine,
    ledger: Ledger,
    analyzer: WordAnalyzer,
    sources: Path,
    embedded: Expected,
) -> None:
    updates.refresh(engine, analyzer, [sources / "0"])
    killed = writer_process(cluster_address, sources / "1", every=5, die_after=20)
    killed.communicate(timeout=120)
    assert ledger.head().works
    # Another thing is done, not the same again.
    updates.add(engine, analyzer, Document(id="mine", title="내 문서"))
    updates.delete(engine, analyzer, ["mine"])
    assert_same(engine, ledger, embedded(sources / "0"))


def test_three_processes_lose_nothing(
    cluster_address: str,
    engine: ClusterEngine,
    ledger: Ledger,
    analyzer: WordAnalyzer,
    sources: Path,
    embedded: Expected,
) -> None:
    processes = [writer_process(cluster_address, sources / str(number)) for number in range(3)]
    for process in processes:
        process.communicate(timeout=200)
        assert process.returncode == 0
    assert ledger.current() == 3
    assert_same(engine, ledger, embedded(sources / "0", sources / "1", sources / "2"))
    assert updates.refresh(engine, analyzer).unchanged == 77


def test_readers_never_see_half_of_a_rebuild(
    engine: ClusterEngine,
    ledger: Ledger,
    analyzer: WordAnalyzer,
    sources: Path,
    embedded: Expected,
) -> None:
    updates.refresh(engine, analyzer, [sources])
    name = ledger.connection.address.name
    counts: list[int] = []
    ended = threading.Event()

    def read() -> None:
        while not ended.is_set():
            counts.append(ledger.count(name))
            counts.append(ledger.count(ledger.head().content.documents))

    reader = threading.Thread(target=read)
    reader.start()
    try:
        updates.refresh(engine, analyzer, [sources], rebuild=True)
        updates.refresh(engine, analyzer, [sources], rebuild=True)
    finally:
        ended.set()
        reader.join()
    assert counts
    assert set(counts) == {77}
    assert clean_up.indexes(ledger) == [f"{name}-000002", f"{name}-000003"]
    assert_same(engine, ledger, embedded(sources))


def test_a_rebuild_is_alone(
    engine: ClusterEngine, ledger: Ledger, analyzer: WordAnalyzer, sources: Path
) -> None:
    updates.refresh(engine, analyzer, [sources / "0"])
    with engine.begin(timeout=0):
        with pytest.raises(IndexLocked, match="is writing to it"):
            updates.refresh(engine, analyzer, [sources], rebuild=True, timeout=0)
        updates.refresh(engine, analyzer, [sources / "1"], timeout=0)
    with engine.begin(timeout=0, fresh=True):
        with pytest.raises(IndexLocked, match="writes the index anew"):
            updates.refresh(engine, analyzer, [sources / "2"], timeout=0)
        assert ledger.current() == 2
    assert ledger.head().works == {}
    assert len(clean_up.indexes(ledger)) == 1


def test_one_that_was_taken_for_dead_commits_nothing(
    engine: ClusterEngine,
    ledger: Ledger,
    analyzer: WordAnalyzer,
    sources: Path,
    embedded: Expected,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    updates.refresh(engine, analyzer, [sources])
    unheard = pytest.raises(EngineUnavailable, match="was not heard of")
    with unheard, writing(engine, analyzer) as session:
        session.add(Document(id="new", title="새 문서"))
        session.feed.flush()
        with monkeypatch.context() as patched:
            patched.setattr(registration, "_SILENCE", -1.0)
            updates.add(engine, analyzer, Document(id="mine", title="내 문서"))
        session.commit(session.state)
    updates.delete(engine, analyzer, ["mine"])
    assert_same(engine, ledger, embedded(sources))


def test_a_new_dictionary_changes_only_what_it_touches(
    engine: ClusterEngine,
    ledger: Ledger,
    analyzer: WordAnalyzer,
    sources: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    embedded: Expected,
) -> None:
    terms = tmp_path / "terms"
    terms.mkdir()
    updates.refresh(engine, analyzer, [sources], terms=terms)
    (terms / "dictionary.txt").write_text("언어모델\n이미지를\n", encoding="utf-8")
    sent: list[int] = []
    change = ClusterWriter.change_words
    monkeypatch.setattr(
        ClusterWriter, "change_words", lambda self, changes: sent.append(change(self, changes)) or sent[-1]
    )
    updates.refresh(engine, analyzer, [sources], terms=terms)
    assert 0 < sent[0] < 77
    assert_same(engine, ledger, embedded(sources, terms=terms))


def test_there_and_back(
    cluster_address: str, engine: ClusterEngine, analyzer: WordAnalyzer, sources: Path, tmp_path: Path
) -> None:
    first, last = WhooshEngine(tmp_path / "first"), WhooshEngine(tmp_path / "last")
    updates.refresh(first, analyzer, [sources])
    updates.add(first, analyzer, Document(id="mine", title="내 문서", extra={"a": [1, None]}))
    assert copy(tmp_path / "first", cluster_address).documents == 78
    assert copy(cluster_address, tmp_path / "last").documents == 78
    with first.open() as one, engine.open() as there, last.open() as back:
        assert content_of(one) == content_of(there) == content_of(back)
        assert one.sources == there.sources == back.sources
        assert one.versions == there.versions == back.versions
    with SearchIndex.open(first.location) as one, SearchIndex.open(last.location) as back:
        for query in ("확산 모델", '"강화 학습"', "GPT-4", "환산 모댈"):
            there = SearchIndex.open(cluster_address).search(query)
            found = one.search(query)
            assert [(hit.id, hit.score) for hit in back.search(query)] == [
                (hit.id, hit.score) for hit in found
            ]
            assert there.total == found.total
    assert not updates.refresh(engine, analyzer).committed


def test_damage_is_found(
    engine: ClusterEngine, ledger: Ledger, analyzer: WordAnalyzer, sources: Path, cache: Path
) -> None:
    updates.refresh(engine, analyzer, [sources])
    head = ledger.head()
    # What is damaged on this machine is fetched again.
    (level,) = cache.rglob("*.lex.*")
    level.write_bytes(level.read_bytes()[:-100])
    with engine.open() as snapshot:
        assert snapshot.lexicon.word_count
    ledger.connection.request("DELETE", f"/{ledger.name}/_doc/{head.content.lexicon[0].name}.0")
    checked = verify(ledger)
    assert [problem.file for problem in checked.problems] == [ledger.name]
    assert head.content.lexicon[0].name in str(checked.problems[0])


def test_lost_documents_are_found(
    engine: ClusterEngine, ledger: Ledger, analyzer: WordAnalyzer, sources: Path
) -> None:
    updates.refresh(engine, analyzer, [sources])
    index = ledger.head().content.documents
    with engine.open() as snapshot:
        ids = [document.id for document in snapshot.all_documents()][:7]
    documents = Documents(ledger, index)
    documents.delete(ids)
    documents.wait()
    documents.close()
    ledger.refresh(index)
    checked = verify(ledger)
    assert [str(problem) for problem in checked.problems] == [f"{index}: 70 documents instead of 77"]


def test_rejected_documents_are_named_and_nothing_is_committed(
    engine: ClusterEngine, ledger: Ledger, analyzer: WordAnalyzer, sources: Path, embedded: Expected
) -> None:
    updates.refresh(engine, analyzer, [sources])
    # Somebody has closed the index to what searchkit sends.
    index = ledger.head().content.documents
    limit = {"index.mapping.nested_objects.limit": 0}
    ledger.connection.request("PUT", f"/{index}/_settings", limit)
    odd = [Document(id=f"odd{number}", title="확산 모델", bullets=("문장 하나",)) for number in range(3)]
    with pytest.raises(
        EngineUnavailable, match=r"doesn't take 3 of the documents \(odd0, odd1, odd2\): .*nested"
    ):
        updates.add(engine, analyzer, odd)
    assert_same(engine, ledger, embedded(sources))
