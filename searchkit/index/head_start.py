"""Kiwi's process for an index that is made from nothing: it loads while this one still imports what it needs."""

from __future__ import annotations

import os
import re
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path

from searchkit.analysis.second_process import AnalysisProcess
from searchkit.engines.locate import folder_of
from searchkit.engines.whoosh.layout import CURRENT
from searchkit.sources.root import JSON_LINES, NOTES

PathLike = str | os.PathLike[str]

_ENOUGH_BYTES = 64 << 10
_ENOUGH_HANGUL = 500
_FILES = 256
_SAMPLE = 4096
_HANGUL = re.compile("[가-힣]")

_lock = threading.Lock()
_waiting: AnalysisProcess | None = None


@contextmanager
def head_start(index: PathLike, sources: Sequence[PathLike]) -> Iterator[None]:
    """Start the process if ``index`` isn't there yet and ``sources`` hold much Korean; it waits for `waiting_process`.

    To be entered before numpy is imported. A process that nobody took ends with the context.
    """
    global _waiting  # noqa: PLW0603
    if _pays(index, sources):
        with _lock:
            if _waiting is None:
                _waiting = AnalysisProcess()
    try:
        yield
    finally:
        left = waiting_process()
        if left is not None:
            left.close()


def waiting_process() -> AnalysisProcess | None:
    """Return the process that was started ahead, which is the caller's then; None if there is none any more."""
    global _waiting  # noqa: PLW0603
    with _lock:
        process, _waiting = _waiting, None
        return process


def _pays(index: PathLike, sources: Sequence[PathLike]) -> bool:
    if not AnalysisProcess.possible() or "kiwipiepy" in sys.modules:
        return False
    folder = folder_of(index)
    if folder is None or (folder / CURRENT).exists():
        return False
    size = hangul = 0
    for path in islice(_files(sources), _FILES):
        try:
            size += path.stat().st_size
            if hangul < _ENOUGH_HANGUL:
                with path.open("rb") as file:
                    hangul += len(_HANGUL.findall(file.read(_SAMPLE).decode(errors="ignore")))
        except OSError:
            continue
        if size >= _ENOUGH_BYTES and hangul >= _ENOUGH_HANGUL:
            return True
    return False


def _files(sources: Sequence[PathLike]) -> Iterator[Path]:
    """Yield what may be files of ``sources``, as they come."""
    for source in map(Path, sources):
        if source.is_file():
            yield source
        for folder, _, names in os.walk(source):
            for name in names:
                if os.path.splitext(name)[1].lower() in NOTES | JSON_LINES:  # noqa: PTH122
                    yield Path(folder, name)
