import sys
from pathlib import Path

import pytest

from bench import commands, report
from bench.catalogue import PEERS, peers_for
from bench.corpora import Corpus
from bench.process import ProgramFailedError, run
from bench.session import Measured, compare

CORPUS = Corpus("5488", "5,488 made papers", Path("digests"), Path("made"), 5488, 8 * 2**20, 61_000, True)


def measured(key: str, **figures: float) -> Measured:
    return Measured(next(peer for peer in PEERS if peer.key == key), figures)


def test_a_peer_that_could_not_run_is_a_row_that_says_why() -> None:
    lucene = measured("lucene")
    lucene.failed = "a JDK of version 21 or later is needed; none was found"
    tantivy = measured("tantivy", build_s=1.5, plain_p50=0.5)
    text = report.render(
        [(CORPUS, [lucene, tantivy])], {}, when="2024-01-01", host="a machine", versions={}, minutes=1
    )
    assert "| Lucene: a JDK of version 21 or later is needed; none was found |" in text
    assert "| tantivy | 1.50 |" in text


def test_goals_compare_figures_of_the_same_run() -> None:
    rows = [
        measured("searchkit", build_s=2.0, size_mib=10.0),
        measured("nori", build_s=4.0),
        measured("kiwi", build_s=5.0),
    ]
    text = report.render([(CORPUS, rows)], {}, when="", host="", versions={}, minutes=1)
    assert "| index 5,488 papers: ≤ 1.0 × Lucene + nori | 0.50 × | yes |" in text
    assert "| index 5,488 papers: ≤ 0.35 × Kiwi's batch | 0.40 × | **no** |" in text
    assert "| index size at 5,488 papers: ≤ 1.6 × the text | 1.25 × | yes |" in text


def test_hits_are_compared_with_ours() -> None:
    ours, theirs = measured("searchkit"), measured("tantivy")
    ours.answers["plain"] = [["a", "b"], ["c", "d"]]
    theirs.answers["plain"] = [["b", "a"], ["c", "x"]]
    compare(CORPUS, [ours, theirs])
    assert theirs.figures["plain_same"] == 0.75


def test_a_million_papers_are_for_the_fast_ones() -> None:
    million = Corpus("1000000", "", Path(), Path(), 1_000_000, 0, 0, True)
    assert [peer.key for peer in peers_for(million, None)] == ["searchkit", "lucene", "tantivy"]


def test_turning_bullets_round_changes_their_order_and_nothing_else() -> None:
    digest = "## Daily Papers (2024-01-01)\n\n### [A](u)\n\n- one\n- two\n\n### [B](v)\n\n- three\n"
    turned = commands._reversed(digest)
    assert "- two\n- one\n\n### [B]" in turned
    assert sorted(turned.split()) == sorted(digest.split())


def test_a_program_is_measured_and_its_failure_told() -> None:
    ran = run([sys.executable, "-c", "print('x'); b = bytearray(50 << 20)"])
    assert ran.output == "x\n"
    assert ran.peak_mib > 50
    with pytest.raises(ProgramFailedError, match="exit code 3: it broke"):
        run([sys.executable, "-c", "import sys; sys.stderr.write('it broke'); sys.exit(3)"])
