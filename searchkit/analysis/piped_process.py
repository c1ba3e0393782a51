"""A Python process that is asked and answers through pipes: how it starts and ends, and how messages go."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    import subprocess
    from concurrent.futures import ThreadPoolExecutor

_START = "import sys; sys.path[:] = sys.argv[1:]; from {module} import serve; serve()"
_HERE = str(Path(__file__).parents[2])
_LENGTH_BYTES = 4
_TUNABLES = "GLIBC_TUNABLES"
_LARGE_PAGES = "glibc.malloc.hugetlb=1"


class ProcessFailed(Exception):
    """The other process doesn't answer; it never leaves the callers of those that have one."""


def start_process(module: str, *, large_pages: bool = False) -> subprocess.Popen[bytes]:
    """Start a process that calls ``serve`` of ``module``; not to be done by a thread, which waits for imports.

    Raises:
        OSError: there can be none.
    """
    import subprocess

    tunables = [os.environ.get(_TUNABLES, ""), _LARGE_PAGES if large_pages else ""]
    return subprocess.Popen(
        [sys.executable, "-I", "-S", "-c", _START.format(module=module), *sys.path, _HERE],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=os.environ | {_TUNABLES: ":".join(filter(None, tunables))},
    )


def end_process(process: subprocess.Popen[bytes] | None, threads: Iterable[ThreadPoolExecutor]) -> None:
    """End a process, whatever it is doing, and the ``threads`` that talk to it."""
    if process is not None:
        process.kill()
    for thread in threads:
        thread.shutdown(wait=True, cancel_futures=True)
    if process is not None:
        process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                with suppress(OSError):  # what wasn't written yet is of no use to anyone
                    pipe.close()


def write_message(pipe: IO[bytes], message: Sequence[bytes]) -> None:
    """Send the parts of a message."""
    pipe.write(b"".join(len(part).to_bytes(_LENGTH_BYTES, "little") for part in message))
    pipe.write(b"".join(message))
    pipe.flush()


def read_message(pipe: IO[bytes], parts: int) -> list[bytes] | None:
    """Return the parts of the next message, None at the end."""
    head = pipe.read(parts * _LENGTH_BYTES)
    sizes = [
        int.from_bytes(head[at : at + _LENGTH_BYTES], "little") for at in range(0, len(head), _LENGTH_BYTES)
    ]
    message = [pipe.read(size) for size in sizes]
    return message if len(sizes) == parts and [len(part) for part in message] == sizes else None
