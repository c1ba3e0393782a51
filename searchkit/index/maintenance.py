"""Looking after an index: verify, repair, back up, restore."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from searchkit.analysis.analyzer import WordAnalyzer
from searchkit.engines.whoosh import backup as archive
from searchkit.engines.whoosh import repair as repairing
from searchkit.engines.whoosh import verify as verifying
from searchkit.engines.whoosh.blockfile import BlockFile
from searchkit.engines.whoosh.generation import Generation
from searchkit.engines.whoosh.layout import manifest_number, read_manifest
from searchkit.engines.whoosh.manifest import Manifest
from searchkit.engines.whoosh.structure import structure_problems
from searchkit.engines.whoosh.toc import toc_bytes
from searchkit.errors import IndexCorrupt, IndexMissing, SearchkitError
from searchkit.index.report import IndexReport, Progress
from searchkit.index.state import SourcesState
from searchkit.index.terms import UserTerms
from searchkit.index.updates import rebuild_aside

PathLike = str | os.PathLike[str]


@dataclass(frozen=True, slots=True)
class Repaired:
    """What `repair` did: nothing ("sound"), back to an earlier generation ("restored"), or all anew ("rebuilt").

    ``problems`` are what was wrong, ``aside`` is the folder inside the index that holds the damaged files,
    ``report`` what was indexed anew. ``lost`` counts documents that were added through the library and stand
    in no source.
    """

    outcome: str
    problems: tuple[str, ...]
    generation: int
    aside: str | None = None
    report: IndexReport | None = None
    lost: int = 0


def verify(folder: PathLike, *, deep: bool = False) -> verifying.Verification:
    """Check every byte against its checksum, with ``deep`` also whether the arrays fit together; write nothing.

    Raises:
        IndexMissing: there is no index.
        IndexIncompatible: it has another format.
        EngineUnavailable: it can't be read.
    """
    return verifying.verify(Path(folder), deep=structure_problems if deep else None)


def repair(
    folder: PathLike,
    analyzer: WordAnalyzer,
    sources: Sequence[PathLike] = (),
    *,
    progress: Progress | None = None,
) -> Repaired:
    """Go back to the last sound generation; where there is none, index the sources anew. Damaged files are set aside.

    ``sources`` are needed only where not even the record of the sources can be read.

    Raises:
        SearchkitError: there is nothing to repair from.
    """
    path = Path(folder)
    found = repairing.repair(path, toc=_toc(path), check=_opens(path), deep=structure_problems)
    problems = tuple(str(problem) for problem in found.problems)
    if found.outcome != "rebuild":
        return Repaired(found.outcome, problems, found.generation, found.aside)
    state = _salvaged_state(path)
    if state is None and not sources:
        raise SearchkitError(
            f"{path}: no generation is sound and the record of the sources is lost; "
            f"run `searchkit repair SOURCE… --index {path}` with what was indexed"
        )
    report, generation, aside = rebuild_aside(
        path, analyzer, state or SourcesState(), sources, progress=progress
    )
    lost = 0 if state is None else len(state.library)
    return Repaired("rebuilt", problems, generation, aside, report, lost)


def _toc(folder: Path) -> Callable[[Manifest], bytes]:
    def make(manifest: Manifest) -> bytes:
        return toc_bytes(manifest, dictionary=UserTerms.of(folder, manifest).dictionary.lines())

    return make


def _opens(folder: Path) -> Callable[[Manifest], None]:
    def check(manifest: Manifest) -> None:
        Generation(folder, manifest)

    return check


def _salvaged_state(folder: Path) -> SourcesState | None:
    """Return the newest record of the sources that is still whole."""
    numbers = (manifest_number(path.name) for path in folder.iterdir())
    for number in sorted((number for number in numbers if number is not None), reverse=True):
        try:
            manifest, _ = read_manifest(folder, number)
            if manifest.sources is not None:
                column = BlockFile.open(folder, manifest.sources).column("state")
                return SourcesState.from_bytes(column.all().tobytes())
        except (IndexCorrupt, IndexMissing):
            continue
    return None


def backup(folder: PathLike, file: PathLike) -> archive.Backup:
    """Write the last commit to one portable file, whoever writes to the index meanwhile.

    Raises:
        IndexMissing, IndexCorrupt: there is no index, or it is damaged; no file is left then.
        SearchkitError: the file exists or can't be written.
    """
    return archive.backup(Path(folder), Path(file))


def restore(file: PathLike, folder: PathLike) -> int:
    """Make an index of a backup in an empty or missing folder; return the number of documents.

    Raises:
        SearchkitError: the folder isn't empty, or the file is damaged or no backup; nothing is left then.
    """
    path = Path(folder)
    return archive.restore(Path(file), path, toc=_toc(path), check=_opens(path)).documents
