"""Run a program, and say how long it took and how much memory it held at most."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]

ONE_THREAD = dict.fromkeys(
    ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"), "1"
)


class ProgramFailedError(Exception):
    """A program ended with an error; the message is the last line that it wrote to stderr."""


@dataclass(frozen=True)
class Ran:
    """One finished program: wall-clock seconds, peak resident set in MiB (also of its children), stdout."""

    seconds: float
    peak_mib: float
    output: str


def run(
    command: Sequence[str | Path], *, env: Mapping[str, str] | None = None, ok: tuple[int, ...] = (0,)
) -> Ran:
    """Run ``command`` in the project's folder and wait for it.

    The caller must be a small process: Linux counts the memory of the process that starts a program as that
    program's own until it has replaced itself.

    Raises:
        ProgramFailedError: its exit code is not among ``ok``, or it can't be started.
    """
    # Programs start from compiled modules, as they do once installed.
    inherited = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("SEARCHKIT_") and name != "PYTHONDONTWRITEBYTECODE"
    }
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        started = time.perf_counter()
        try:
            child = subprocess.Popen(
                [str(part) for part in command],
                cwd=ROOT,
                env={**inherited, "PYTHONWARNINGS": "ignore", **(env or {})},
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
            )
        except OSError as error:
            raise ProgramFailedError(f"{command[0]}: {error.strerror}") from error
        try:
            _, status, usage = os.wait4(child.pid, 0)
        except BaseException:
            child.kill()
            child.wait()
            raise
        seconds = time.perf_counter() - started
        child.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        err.seek(0)
        output, complaint = out.read().decode(errors="replace"), err.read().decode(errors="replace")
    if child.returncode not in ok:
        lines = [line for line in (complaint + output).splitlines() if line.strip()]
        last = lines[-1].strip() if lines else "no message"
        raise ProgramFailedError(f"exit code {child.returncode}: {last}")
    # Linux gives KiB, macOS bytes.
    unit = 1 if sys.platform == "darwin" else 1024
    return Ran(seconds, usage.ru_maxrss * unit / 2**20, output)


def folder_mib(folder: Path) -> float:
    """Return the size of all files below ``folder`` in MiB."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 2**20
