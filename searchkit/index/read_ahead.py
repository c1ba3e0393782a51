"""Have the system fetch files from the disk before they are read, so that nobody waits for it."""

from __future__ import annotations

import os
from collections.abc import Iterable
from contextlib import suppress

_FILES_AHEAD = 32


class ReadAhead:
    """Announces files to the system; those at ``paths`` are read in this order."""

    def __init__(self, paths: Iterable[str]) -> None:
        self._paths = iter(paths)
        for _ in range(_FILES_AHEAD):
            self.advance()

    def advance(self) -> None:
        """Announce one file more, as the next one is about to be read."""
        path = next(self._paths, None)
        if path is None or not hasattr(os, "posix_fadvise"):
            return
        with suppress(OSError):  # whoever reads the file sees what is wrong with it
            # A pipe that came in its place would wait for a writer.
            file = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
            try:
                os.posix_fadvise(file, 0, 0, os.POSIX_FADV_WILLNEED)
            finally:
                os.close(file)
