import re
from pathlib import Path

import pytest

from bench.generator import Base, generate, read_base

SEEDS = Path(__file__).resolve().parents[2] / "seeds"
CORPUS = Path(__file__).resolve().parents[3] / "shared" / "corpus" / "2024"


@pytest.fixture(scope="module")
def seeds() -> Base:
    return read_base(SEEDS)


def read_all(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*.md"))}


def text_of(folder: Path) -> str:
    return b"\n".join(read_all(folder).values()).decode()


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others(seeds: Base, tmp_path: Path) -> None:
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        generate(seeds, tmp_path / name, 60, seed=seed)
    assert read_all(tmp_path / "a") == read_all(tmp_path / "b")
    assert read_all(tmp_path / "a") != read_all(tmp_path / "c")


def test_every_paper_asked_for_is_written_in_the_form_of_a_digest(seeds: Base, tmp_path: Path) -> None:
    made = generate(seeds, tmp_path, 200)
    files = read_all(tmp_path)
    text = text_of(tmp_path)
    urls = re.findall(r"^### \[.+\]\((https://arxiv\.org/abs/\d{4}\.\d{5})\)$", text, re.MULTILINE)
    assert made.papers == len(urls) == len(set(urls)) == 200
    assert made.files == len(files)
    assert made.bullets == len(re.findall(r"^- ", text, re.MULTILINE))
    for name, data in files.items():
        year, month, day = name.removesuffix(".md").split("/")
        assert data.decode().startswith(f"## Daily Papers ({year}-{month}-{day})\n")
    assert text.count("\nVote: ") == text.count("\nAuthors: ") == 200


def test_a_folder_without_digests_is_named(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="no digests here"):
        read_base(tmp_path)


@pytest.mark.skipif(not CORPUS.is_dir(), reason="the corpus of 1,330 papers is not beside the checkout")
def test_the_vocabulary_grows_as_in_real_text(tmp_path: Path) -> None:
    made = generate(read_base(CORPUS), tmp_path, 5488)
    text = text_of(tmp_path)
    bullets = " ".join(re.findall(r"^- (.*)$", text, re.MULTILINE))
    hangul = set(re.findall("[가-힣]+", bullets))
    chunks = set(bullets.split())
    assert 35_000 <= len(hangul) <= 45_000
    assert 80_000 <= len(chunks) <= 100_000
    assert made.hangul_words == pytest.approx(len(hangul), rel=0.02)
    assert made.chunks == pytest.approx(len(chunks), rel=0.02)
