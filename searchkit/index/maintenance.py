"""Looking after an index: verify, repair, back up, restore."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from searchkit.analysis.analyzer import WordAnalyzer
from searchkit.engines.base import Backup, Engine
from searchkit.engines.locate import engine_at
from searchkit.engines.verification import Verification
from searchkit.errors import IndexCorrupt, SearchkitError
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


def verify(location: PathLike, *, deep: bool = False) -> Verification:
    """Check every byte against its checksum, with ``deep`` also whether the parts fit together; write nothing.

    Raises:
        IndexMissing: there is no index.
        IndexIncompatible: it has another format.
        EngineUnavailable: it can't be read.
    """
    with closing(engine_at(location)) as engine:
        return engine.verify(deep=deep)


def repair(
    location: PathLike,
    analyzer: WordAnalyzer,
    sources: Sequence[PathLike] = (),
    *,
    progress: Progress | None = None,
) -> Repaired:
    """Go back to the last sound commit; where there is none, index the sources anew. Damaged files are set aside.

    ``sources`` are needed only where not even the record of the sources can be read.

    Raises:
        SearchkitError: there is nothing to repair from.
        EngineUnavailable: there is no such thing for an index in a cluster.
    """
    with closing(engine_at(location)) as engine:
        return _repair(engine, analyzer, sources, progress)


def _repair(
    engine: Engine, analyzer: WordAnalyzer, sources: Sequence[PathLike], progress: Progress | None
) -> Repaired:
    found = engine.repair(_dictionary)
    problems = tuple(f"{part}: {message}" for part, message in found.problems)
    if found.outcome != "rebuild":
        return Repaired(found.outcome, problems, found.generation, found.aside)
    state = _salvaged_state(engine)
    if state is None and not sources:
        raise SearchkitError(
            f"{engine.location}: no generation is sound and the record of the sources is lost; "
            f"run `searchkit repair SOURCE… --index {engine.location}` with what was indexed"
        )
    report, generation, aside = rebuild_aside(
        engine, analyzer, state or SourcesState(), sources, progress=progress
    )
    lost = 0 if state is None else len(state.library)
    return Repaired("rebuilt", problems, generation, aside, report, lost)


def _dictionary(copies: Mapping[str, bytes]) -> tuple[str, ...]:
    return UserTerms.of(copies).dictionary.lines()


def _salvaged_state(engine: Engine) -> SourcesState | None:
    """Return the newest record of the sources that is still whole."""
    for data in engine.salvaged_sources():
        try:
            return SourcesState.from_bytes(data)
        except IndexCorrupt:
            continue
    return None


def backup(location: PathLike, file: PathLike) -> Backup:
    """Write the last commit to one portable file, whoever writes to the index meanwhile.

    Raises:
        IndexMissing, IndexCorrupt: there is no index, or it is damaged; no file is left then.
        SearchkitError: the file exists or can't be written.
        EngineUnavailable: there is no such thing for an index in a cluster.
    """
    with closing(engine_at(location)) as engine:
        return engine.backup(Path(file))


def restore(file: PathLike, location: PathLike) -> int:
    """Make an index of a backup in an empty or missing folder; return the number of documents.

    Raises:
        SearchkitError: the folder isn't empty, or the file is damaged or no backup; nothing is left then.
        EngineUnavailable: there is no such thing for an index in a cluster.
    """
    with closing(engine_at(location)) as engine:
        return engine.restore(Path(file), _dictionary)
