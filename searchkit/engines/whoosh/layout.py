"""What the files of an index folder are called, and what ``CURRENT`` says.

====================  =====================================================================================
``CURRENT``           which generation counts: its number and the CRC-32 of its manifest
``MANIFEST-<N>.json``  what generation N consists of
``MAIN_<id>.*``       immutable files of one or several generations
``_MAIN_<N>.toc``     Whoosh's own table of contents, for foreign Whoosh readers only
``MAIN_WRITELOCK``    a folder, where Whoosh's own writers want to make a lock file: keeps them out
``LOCK``              who is writing; there only meanwhile
``damaged-<time>``    what a repair set aside
====================  =====================================================================================
"""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass
from pathlib import Path

from searchkit.engines.whoosh.files import unavailable
from searchkit.engines.whoosh.manifest import Manifest, valid_name
from searchkit.errors import IndexCorrupt, IndexMissing

CURRENT = "CURRENT"
CURRENT_TEMPORARY = "CURRENT.tmp"
LOCK = "LOCK"
WRITER_GUARD = "MAIN_WRITELOCK"
ASIDE = "damaged-"

_CURRENT = re.compile(rb"searchkit (0|[1-9][0-9]{0,17}) ([0-9a-f]{8})\n")
_NUMBERED = re.compile(r"(?:MANIFEST-([0-9]{1,18})\.json|_MAIN_([0-9]{1,18})\.toc)", re.ASCII)
_MANIFEST = re.compile(r"MANIFEST-([0-9]{1,18})\.json", re.ASCII)


@dataclass(frozen=True, slots=True)
class Current:
    """The content of ``CURRENT``: a generation and the CRC-32 of its manifest's file."""

    generation: int
    checksum: int

    def to_bytes(self) -> bytes:
        """Return the content of the file."""
        return b"searchkit %d %08x\n" % (self.generation, self.checksum)


def manifest_name(generation: int) -> str:
    """Return the name of a generation's manifest."""
    return f"MANIFEST-{generation}.json"


def toc_name(generation: int) -> str:
    """Return the name of a generation's table of contents for foreign readers."""
    return f"_MAIN_{generation}.toc"


def manifest_number(name: str) -> int | None:
    """Return the generation of a manifest by the name of its file; None if it is another file."""
    found = _MANIFEST.fullmatch(name)
    return None if found is None else int(found[1])


def highest_number(names: list[str]) -> int:
    """Return the highest generation that occurs in names of files, 0 if none does."""
    found = [_NUMBERED.fullmatch(name) for name in names]
    return max((int(match[1] or match[2]) for match in found if match is not None), default=0)


def is_written(name: str) -> bool:
    """Return whether commits write files of this name: those that no generation needs may be removed."""
    return valid_name(name) or name == CURRENT_TEMPORARY or _MANIFEST.fullmatch(name) is not None


def is_ours(name: str) -> bool:
    """Return whether this program makes files or folders of this name."""
    return is_written(name) or name in (CURRENT, LOCK, WRITER_GUARD) or name.startswith(ASIDE)


def read_current(folder: Path) -> Current | None:
    """Return what ``CURRENT`` says, None if it is missing.

    Raises:
        IndexCorrupt: it is damaged.
        EngineUnavailable: it can't be read.
    """
    path = folder / CURRENT
    try:
        with path.open("rb") as file:
            data = file.read(100)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise unavailable(error, path) from error
    found = _CURRENT.fullmatch(data)
    if found is None:
        raise IndexCorrupt("the file is damaged; run `searchkit repair`", path=path)
    return Current(int(found[1]), int(found[2], 16))


def read_manifest(folder: Path, generation: int) -> tuple[Manifest, Current]:
    """Return a generation's manifest, and what ``CURRENT`` says when it counts.

    Raises:
        IndexMissing: there is no such file.
        IndexCorrupt: it is damaged.
        IndexIncompatible: another format.
        EngineUnavailable: it can't be read.
    """
    path = folder / manifest_name(generation)
    try:
        data = path.read_bytes()
    except FileNotFoundError as error:
        raise IndexMissing(f"{path}: the manifest is missing; run `searchkit repair`") from error
    except OSError as error:
        raise unavailable(error, path) from error
    return parse_manifest(data, path, generation), Current(generation, zlib.crc32(data))


def parse_manifest(data: bytes, path: Path, generation: int) -> Manifest:
    """Return the manifest in ``data``, which must be that of ``generation``.

    Raises:
        IndexCorrupt: it is damaged or another generation's.
        IndexIncompatible: another format.
    """
    manifest = Manifest.from_json(data, path=path)
    if manifest.generation != generation:
        raise IndexCorrupt(
            f"the manifest is that of generation {manifest.generation}; run `searchkit repair`", path=path
        )
    return manifest
