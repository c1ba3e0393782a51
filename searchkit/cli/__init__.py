"""The command line: one file per command, each of which parses, calls the library and formats."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import NoReturn

INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run ``searchkit`` with ``arguments`` (those of the process if None) and return its exit code; never raises."""
    try:
        from searchkit.cli.process import run

        return run(arguments)
    except KeyboardInterrupt:
        return INTERRUPTED


def program() -> NoReturn:
    """Run ``searchkit`` as a process of its own and end it, with its exit code, once all is written."""
    code = main()
    for stream in (sys.stdout, sys.stderr):
        try:
            if stream is not None:
                stream.flush()
        except (OSError, ValueError):
            pass  # `main` has said what can be said of it
        except KeyboardInterrupt:
            code = INTERRUPTED
    # Taking the Korean model apart, object by object, would keep people waiting; the system frees it all at once.
    os._exit(code)
