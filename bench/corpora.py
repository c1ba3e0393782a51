"""The corpora that are measured, and the files made from them."""

from __future__ import annotations

import hashlib
import json
import shutil
from dataclasses import dataclass
from pathlib import Path

from bench.environment import BENCH, PYTHON
from bench.generator import default_base
from bench.process import ROOT, folder_mib, run

WORK = BENCH / "work"
MILLION = 1_000_000


@dataclass(frozen=True)
class Corpus:
    """A folder of digests and the folder of what is made from it."""

    key: str
    title: str
    digests: Path
    folder: Path
    documents: int
    text_bytes: int
    words: int
    made: bool
    """Whether the generator made it; then its files may be changed."""

    @property
    def text_mib(self) -> float:
        """The size of the text that is indexed, as UTF-8."""
        return self.text_bytes / 2**20

    def path(self, name: str) -> Path:
        """Return where a file made from the corpus stands."""
        return self.folder / name


def real(folder: Path | None = None) -> Corpus:
    """Return the papers as they are: of ``folder``, else those that the generator starts from."""
    digests = folder or default_base()
    key = "folder" if folder else "real"
    return _prepared(
        key, "real papers" if folder is None else "papers of the folder given", digests, made=False
    )


def generated(documents: int) -> Corpus:
    """Return so many made papers, making them unless they are there."""
    folder = WORK / str(documents)
    digests = folder / "digests"
    stamp = folder / "digests.stamp"
    wanted = _hash(BENCH / "generator.py") + str(default_base())
    if not stamp.is_file() or stamp.read_text() != wanted:
        shutil.rmtree(folder, ignore_errors=True)
        run([PYTHON, "-m", "bench.generator", "--docs", str(documents), "--out", digests])
        stamp.write_text(wanted)
    return _prepared(str(documents), "made papers", digests, made=True)


def _prepared(key: str, title: str, digests: Path, *, made: bool) -> Corpus:
    folder = WORK / key
    folder.mkdir(parents=True, exist_ok=True)
    stamp = folder / "prepared.stamp"
    package = ROOT / "searchkit"
    code = [BENCH / "prepare.py", *(package / "analysis").rglob("*.*"), *(package / "sources").rglob("*.py")]
    wanted = _hash(*(path for path in code if path.suffix != ".pyc")) + f"{folder_mib(digests)} {digests}"
    if not stamp.is_file() or stamp.read_text() != wanted:
        run([PYTHON, "-m", "bench.prepare", digests, folder])
        stamp.write_text(wanted)
    facts = json.loads((folder / "facts.json").read_text())
    documents = facts["documents"]
    return Corpus(
        key, f"{documents:,} {title}", digests, folder, documents, facts["text_bytes"], facts["words"], made
    )


def _hash(*paths: Path) -> str:
    digest = hashlib.sha256()
    for path in sorted(paths):
        digest.update(path.read_bytes())
    return digest.hexdigest()
