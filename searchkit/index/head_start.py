"""Kiwi's process for an index that is made from nothing: it loads while this one still imports what it needs."""

from __future__ import annotations

import os
import re
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from searchkit.analysis.second_process import AnalysisProcess
from searchkit.engines.locate import folder_of
from searchkit.engines.whoosh.layout import CURRENT
from searchkit.sources.root import JSON_LINES, NOTES

PathLike = str | os.PathLike[str]

_ENOUGH_BYTES = 64 << 10
_MANY_BYTES = 16 << 20
_ENOUGH_HANGUL = 500
_FILES = 4096
_SAMPLES = 64
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
    size = _size(index, sources)
    if size >= _ENOUGH_BYTES:
        with _lock:
            if _waiting is None:
                _waiting = AnalysisProcess(large_pages=size >= _MANY_BYTES)
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


def _size(index: PathLike, sources: Sequence[PathLike]) -> int:
    """Return how many bytes ``sources`` have, or that they are many; 0 where nothing is to be gained."""
    if not AnalysisProcess.possible() or "kiwipiepy" in sys.modules:
        return 0
    folder = folder_of(index)
    if folder is None or (folder / CURRENT).exists():
        return 0
    size = hangul = 0
    for number, path in enumerate(_files(sources)):
        try:
            size += os.stat(path).st_size  # noqa: PTH116
            if hangul < _ENOUGH_HANGUL:
                with open(path, "rb") as file:  # noqa: PTH123
                    hangul += len(_HANGUL.findall(file.read(_SAMPLE).decode(errors="ignore")))
        except OSError:
            continue
        if size >= _MANY_BYTES or number >= _FILES or (number >= _SAMPLES and hangul < _ENOUGH_HANGUL):
            break
    return size if hangul >= _ENOUGH_HANGUL else 0


def _files(sources: Sequence[PathLike]) -> Iterator[str]:
    """Yield what may be files of ``sources``, as they come: as text, there may be thousands."""
    endings = (*NOTES, *JSON_LINES)
    for source in sources:
        if Path(source).is_file():
            yield os.fspath(source)
        for folder, _, names in os.walk(source):
            for name in names:
                if name.lower().endswith(endings):
                    yield f"{folder}/{name}"
