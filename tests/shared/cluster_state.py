"""What tests look at in an index on a cluster: terms and documents as plain values, and writers in other processes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from searchkit.analysis.token import Layer
from searchkit.engines.base import Snapshot

ROOT = Path(__file__).parents[2]

INDEX = """
import os, signal, sys
from pathlib import Path
from searchkit.analysis.analyzer import WordAnalyzer
from searchkit.engines.locate import engine_at
from searchkit.engines.opensearch.writer import ClusterWriter
from searchkit.index import updates

location, source, every, die_after, rebuild = sys.argv[1:6]
ClusterWriter.checkpoint_every, ClusterWriter.checkpoint_seconds = int(every), 0.0
store, left = ClusterWriter.store, [int(die_after)]

def counting(self, document):
    left[0] -= 1
    if left[0] == 0:
        os.kill(os.getpid(), signal.SIGKILL)
    store(self, document)

ClusterWriter.store = counting
report = updates.refresh(
    engine_at(location), WordAnalyzer(), [source], rebuild=rebuild == "rebuild", timeout=60
)
print(report.added, int(die_after) - left[0])
"""


def writer_process(
    location: str, source: Path, *, every: int = 0, die_after: int = 0, rebuild: bool = False
) -> subprocess.Popen[str]:
    """Start a process that indexes ``source``; it dies by a signal before it stores document ``die_after``.

    It keeps a checkpoint after each ``every`` documents, and prints how many it added and how many it stored.
    """
    values = [location, str(source), str(every), str(die_after), "rebuild" if rebuild else ""]
    return subprocess.Popen(
        [sys.executable, "-c", INDEX, *values], stdout=subprocess.PIPE, text=True, cwd=ROOT
    )


def terms_of(snapshot: Snapshot) -> dict[Layer, dict[str, int]]:
    """Return in how many documents each term is, layer by layer."""
    text = snapshot.lexicon.string
    return {
        layer: {text(string): count for string, count in enumerate(found) if count}
        for layer in Layer
        for found in [snapshot.live_frequencies(layer).tolist()]
    }


def content_of(snapshot: Snapshot) -> tuple[object, ...]:
    """Return all that must be the same on both engines: documents, terms, the glossary, the sources' documents."""
    documents = sorted(str(document.as_dict()) for document in snapshot.all_documents())
    names = snapshot.glossary
    pairs = [] if names is None else sorted(map(str, names.pairs()))
    assert snapshot.live_count == len(documents)
    return documents, terms_of(snapshot), pairs, dict(snapshot.gloss_counts())
