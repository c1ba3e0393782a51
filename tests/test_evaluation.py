import json
import math
import struct
from itertools import pairwise

import pytest

from searchkit import Document, SearchIndex
from searchkit.cli.app import app
from searchkit.cli.console import Console
from searchkit.errors import SourceError
from searchkit.evaluation import evaluate, falling, read_judgements, read_queries, write_run

PAPERS = {
    "a": ("Diffusion", "확산 모델로 이미지를 만든다."),
    "b": ("Language models", "언어 모델을 작게 만든다. 확산은 다루지 않는다."),
    "c": ("Images", "이미지를 분류한다."),
}
QUERIES = {"q1": "확산 모델", "q2": "이미지 분류", "q3": "없는말이다zzz", "q4": "언어"}
QRELS = "q1 0 b 1\nq2 0 c 2\nq2 0 a 1\nq3 0 a 1\nother 0 a 1\n"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("eval")
    documents = [Document(id=name, title=title, bullets=[text]) for name, (title, text) in PAPERS.items()]
    SearchIndex.build(documents, folder / "index").close()
    lines = "".join(f"{name}\t{text}\n" for name, text in QUERIES.items())
    (folder / "queries.tsv").write_text(lines, encoding="utf-8")
    (folder / "qrels.txt").write_text(QRELS, encoding="utf-8")
    return folder


def test_measures_are_those_of_trec_eval(folder):
    with SearchIndex.open(folder / "index") as index:
        found, run = evaluate(
            index, read_queries(folder / "queries.tsv"), read_judgements(folder / "qrels.txt")
        )
        expected = [hit.id for hit in index.search("확산 모델", limit=100)]
    assert [name for name, _ in run["q1"]] == expected == ["a", "b"]
    assert (found.queries, found.judged, found.without_hits) == (4, 3, ("q3",))
    ideal = 2 + 1 / math.log2(3)
    assert [name for name, _ in run["q2"]] == ["c", "a"]
    assert found.by_query["q2"]["nDCG@10"] == pytest.approx((2 + 1 / math.log2(3)) / ideal)
    assert found.by_query["q1"] == pytest.approx(
        {"nDCG@10": 1 / math.log2(3), "hit@1": 0.0, "recall@100": 1.0, "MRR@10": 0.5}
    )
    assert found.measures["MRR@10"] == pytest.approx((0.5 + 1 + 0) / 3)
    assert 0 < found.percentile(50) <= found.percentile(99)


def test_the_command_writes_a_run_with_strictly_falling_scores(folder, capsys):
    run_file = folder / "run.trec"
    code = app.main(
        [
            *("eval", "--queries", str(folder / "queries.tsv"), "--qrels", str(folder / "qrels.txt")),
            *("--run", str(run_file), "--index", str(folder / "index"), "--format", "json"),
        ],
        standalone_mode=False,
        obj=Console(),
    )
    out, err = capsys.readouterr()
    values = json.loads(out)
    assert code == 0
    assert set(values["measures"]) == {"nDCG@10", "MRR@10", "hit@1", "recall@100"}
    assert values["without_hits"] == ["q3"]
    assert "1 query has no judgement" in err
    rows = [line.split(" ") for line in run_file.read_text(encoding="utf-8").splitlines()]
    assert all(len(row) == 6 and row[1] == "Q0" for row in rows)
    for query in QUERIES:
        scores = [float(row[4]) for row in rows if row[0] == query]
        assert scores == sorted(set(scores), reverse=True)


def test_equal_scores_are_told_apart_in_single_precision():
    hits = [("a", 2.0), ("b", 2.0), ("c", 2.0 - 1e-12), ("d", 0.0), ("e", 0.0), ("f", 0.0)]
    made = [score for _, score in falling(hits)]
    assert all(one > other for one, other in pairwise(made))
    assert all(struct.unpack("<f", struct.pack("<f", float(f"{score:.9g}")))[0] == score for score in made)
    assert made == pytest.approx([score for _, score in hits], abs=1e-6)


@pytest.mark.parametrize("line", ["no tab", "\ttext", "two words\ttext", "q1\tagain"])
def test_bad_queries_are_named_by_line(tmp_path, line):
    path = tmp_path / "queries.tsv"
    path.write_text(f"q1\tx\n{line}\n", encoding="utf-8")
    with pytest.raises(SourceError, match=r"queries\.tsv:2: "):
        read_queries(path)


@pytest.mark.parametrize("line", ["q 0 d", "q 0 d x", "q 0 d 1 1"])
def test_bad_judgements_are_named_by_line(tmp_path, line):
    path = tmp_path / "qrels.txt"
    path.write_text(f"q 0 d 1\n{line}\n", encoding="utf-8")
    with pytest.raises(SourceError, match=r"qrels\.txt:2: "):
        read_judgements(path)


def test_files_that_cannot_be_read_or_written(tmp_path):
    with pytest.raises(SourceError):
        read_queries(tmp_path / "none.tsv")
    with pytest.raises(Exception, match="can't be written"):
        write_run(tmp_path / "no" / "run.trec", {"q": [("a", 1.0)]})
