"""The command line: one file per command, each of which parses, calls the library and formats."""

from __future__ import annotations

from collections.abc import Sequence

INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run ``searchkit`` with ``arguments`` (those of the process if None) and return its exit code; never raises."""
    try:
        from searchkit.cli.process import run

        return run(arguments)
    except KeyboardInterrupt:
        return INTERRUPTED
