"""Small indexes of real documents, what they answer, and a place where their writing can be disturbed."""

from __future__ import annotations

import json
import os
import random
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

from payload import needed

from searchkit import Document, SearchIndex
from searchkit.engines.whoosh import store as store_module
from searchkit.engines.whoosh.files import Files
from searchkit.index.maintenance import verify

SEED = int(os.environ.get("SEARCHKIT_FAULT_SEED", "2024"))

# English, so that the Korean model need not be loaded; a few words are in nearly every document.
WORDS = [
    "diffusion", "model", "sampling", "attention", "transformer", "retrieval", "agent", "benchmark",
    "video", "speech", "planning", "memory", "kernel", "gradient", "token", "prompt", "reward", "policy",
    "graph", "vision", "code", "search", "robot", "audio", "layer", "cache",
]  # fmt: skip
KOREAN = [
    "확산", "모델을", "이미지", "생성에", "학습했다", "추론하는", "강화학습",
]  # fmt: skip
QUERIES: tuple[tuple[str, dict[str, Any]], ...] = (
    ("diffusion model", {"facets": True}),
    ('"model sampling" -robot', {}),
    ("trans* OR author:kim", {}),
    ("", {"sort": "date", "since": "2024-01-03"}),
)


def chance(name: str) -> random.Random:
    """Return a source of chance for a test; all are set by SEARCHKIT_FAULT_SEED."""
    return random.Random(f"{SEED} {name}")


def document(name: str, random_: random.Random, *, words: Sequence[str] = WORDS) -> Document:
    """Return a document with the id ``name`` and a few words."""
    bullets = tuple(" ".join(random_.choices(words, k=random_.randint(2, 6))) for _ in range(2))
    return Document(
        id=name,
        title=" ".join(random_.choices(words, k=3)),
        bullets=bullets,
        date=f"2024-01-{random_.randint(1, 9):02}",
        authors=(random_.choice(("Min Kim", "Ann Lee", "Yuna Park")),),
        votes=random_.randrange(100),
    )


def documents(prefix: str, count: int, random_: random.Random) -> list[Document]:
    return [document(f"{prefix}{number}", random_) for number in range(count)]


def json_lines(file: Path, given: Sequence[Document]) -> None:
    """Write documents as a file that can be indexed."""
    lines = [
        {
            "id": one.id,
            "title": one.title,
            "text": list(one.bullets),
            "date": one.date,
            "authors": list(one.authors),
            "votes": one.votes,
        }
        for one in given
    ]
    file.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines), encoding="utf-8")


Answers = tuple[Any, ...]


def ask(index: SearchIndex) -> Answers:
    """Return all that a user sees of some searches: whatever differs in it is another answer."""
    seen: list[Any] = [len(index)]
    for query, options in QUERIES:
        found = index.search(query, limit=50, **options)
        hits = [(hit.id, round(hit.score, 6), hit.document, hit.snippet, hit.highlights) for hit in found]
        seen.append((found.total, found.facets, hits, [note.code for note in found.notes]))
    return tuple(seen)


def answers(folder: Path) -> Answers:
    """Return what a new reader of an index sees."""
    with SearchIndex.open(folder) as index:
        return ask(index)


def contents(folder: Path) -> dict[str, str]:
    """Return id → title of all documents that a new reader finds."""
    with SearchIndex.open(folder) as index:
        found = index.search("", limit=5000)
        assert found.total == len(found) == len(index)
        return {hit.id: hit.document.title for hit in found}


def expect_whole(folder: Path, *, deep: bool = True) -> None:
    found = verify(folder, deep=deep)
    assert found.sound, found.problems


def expect_tidy(folder: Path) -> None:
    """Nothing is in the folder but what the generation that counts and the one before it need."""
    assert {path.name for path in folder.iterdir() if not path.name.startswith("damaged-")} == needed(folder)


@contextmanager
def writing_through(files: Files) -> Iterator[None]:
    """Let all that is written to the folder of ``files`` meanwhile pass through ``files``."""

    def choose(folder: Path) -> Files:
        return files if Path(folder) == files.folder else Files(folder)

    with mock.patch.object(store_module, "Files", choose):
        yield


def reseal(folder: Path) -> None:
    """Make a changed manifest, and what names it, look committed: whoever crafts an index can do so as well."""
    text = (folder / "CURRENT").read_bytes()
    number = int(text.split()[1])
    path = folder / f"MANIFEST-{number}.json"
    data = bytearray(path.read_bytes())
    data[14:22] = b"00000000"
    data[14:22] = b"%08x" % zlib.crc32(data)
    path.write_bytes(data)
    (folder / "CURRENT").write_bytes(b"searchkit %d %08x\n" % (number, zlib.crc32(data)))
