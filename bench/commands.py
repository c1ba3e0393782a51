"""What a person waits for: the search command's start, and indexing again after little or nothing changed."""

from __future__ import annotations

import random
import shutil
import statistics
from pathlib import Path

from bench.corpora import Corpus
from bench.environment import VENV
from bench.process import Ran, run

SEARCHES = 9
RUNS = 3
UNKNOWN_WORDS = "쀍뢟웶모델을"
PROGRAM = VENV / "bin" / "searchkit"


def measure_commands(corpus: Corpus, index: Path) -> dict[str, float]:
    """Return medians by name: ``known_s known_mib unknown_s unknown_mib same_s changed_s new_words_s``.

    The last two only for made digests, one of whose files is changed and restored. The index given is left as
    it was.
    """
    lines = corpus.path("queries.tsv").read_text(encoding="utf-8").splitlines()
    known = [line.split("\t")[0] for line in lines[:SEARCHES]]
    figures: dict[str, float] = {}
    for name, queries in (("known", known), ("unknown", [f"{query} {UNKNOWN_WORDS}" for query in known])):
        ran = [run([PROGRAM, "search", query, "--index", index], ok=(0, 1)) for query in queries]
        figures[f"{name}_s"] = statistics.median(one.seconds for one in ran)
        figures[f"{name}_mib"] = statistics.median(one.peak_mib for one in ran)

    copy = corpus.path("index-again")
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(index, copy)
    _again(copy)
    figures["same_s"] = statistics.median(_again(copy).seconds for _ in range(RUNS))
    if corpus.made:
        files = sorted(corpus.digests.rglob("*.md"))
        changed = files[len(files) // 2]
        before = changed.read_bytes()
        try:
            took = []
            for _ in range(RUNS):
                changed.write_text(_reversed(changed.read_text(encoding="utf-8")), encoding="utf-8")
                took.append(_again(copy).seconds)
            figures["changed_s"] = statistics.median(took)
            took = []
            for number in range(RUNS):
                changed.write_bytes(before + f"- {_new_words(number)}\n".encode())
                took.append(_again(copy).seconds)
            figures["new_words_s"] = statistics.median(took)
        finally:
            changed.write_bytes(before)
    shutil.rmtree(copy)
    return figures


def _again(index: Path) -> Ran:
    return run([PROGRAM, "index", "--index", index, "-q"])


def _reversed(digest: str) -> str:
    """Turn the order of the bullets of each paper round: other content, no new word."""
    out: list[str] = []
    bullets: list[str] = []
    for line in [*digest.splitlines(), ""]:
        if line.startswith("- "):
            bullets.append(line)
        else:
            out += reversed(bullets)
            bullets.clear()
            out.append(line)
    return "\n".join(out)


def _new_words(seed: int) -> str:
    """Return twenty words that no index holds."""
    syllables = random.Random(seed)
    return " ".join("".join(chr(syllables.randrange(0xAC00, 0xD7A4)) for _ in range(4)) for _ in range(20))
