"""The digests in seeds/ and, where it is there, a corpus of 116 more."""

from collections import Counter
from pathlib import Path

from timing import cpu_seconds

from searchkit.sources.reader import read_file
from searchkit.sources.root import discover

SEEDS = Path(__file__).parents[2] / "seeds"


def read_all(folder):
    listing = discover(folder)
    return {file.inside: read_file(file, file.path.read_bytes()) for file in listing.files}


def test_the_seeds():
    parsed = read_all(SEEDS)
    counts = {
        name: (len(file.documents), sum(len(document.bullets) for document in file.documents))
        for name, file in parsed.items()
    }
    assert counts == {
        "2023-12-04.md": (18, 123),
        "2023-12-08.md": (19, 123),
        "2023-12-12.md": (13, 75),
        "2023-12-20.md": (15, 96),
        "2024-04-02.md": (12, 79),
    }
    documents = [document for file in parsed.values() for document in file.documents]
    assert [problem for file in parsed.values() for problem in file.problems] == []
    assert all(document.date == Path(document.source).stem for document in documents)
    assert all(document.id == f"{document.date}/{document.arxiv_id}" for document in documents)
    assert all(document.media and document.authors and document.url for document in documents)
    assert sum(document.votes is None for document in documents) == 22
    assert any("Yingyan Lin" in document.authors for document in documents)


def test_the_corpus(corpus):
    parsed = read_all(corpus)
    documents = [document for file in parsed.values() for document in file.documents]
    assert len(parsed) == 116
    assert len(documents) == 1330
    assert sum(len(document.bullets) for document in documents) == 7768
    assert [problem for file in parsed.values() for problem in file.problems] == []
    labels = Counter(label for document in documents for label in document.labels if label)
    assert labels.most_common(3) == [
        ("What's New", 251),
        ("Technical Details", 251),
        ("Performance Highlights", 251),
    ]
    assert sum(document.votes is None for document in documents) == 5
    assert sum(document.authors_truncated for document in documents) == 72


def test_every_line_of_a_bullet_stands_in_its_file(corpus):
    for name, file in read_all(corpus).items():
        lines = (corpus / name).read_text(encoding="utf-8").split("\n")
        for document in file.documents:
            assert document.title in lines[document.line - 1]
            for line, bullet in zip(document.bullet_lines, document.bullets, strict=True):
                assert lines[line - 1].startswith("- ")
                assert lines[line - 1].rstrip().endswith(bullet)


def test_a_thousand_papers_are_read_in_a_moment(corpus):
    files = [(file, file.path.read_bytes()) for file in discover(corpus).files]
    assert cpu_seconds(lambda: [read_file(file, data) for file, data in files]) < 0.6
