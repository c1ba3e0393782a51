"""What the system says of a file, so that one that wasn't written since needn't be read again."""

from __future__ import annotations

import os
import time

from searchkit.index.state import Stamp

_SETTLED_SECONDS = 3.0
"""File systems keep times in steps of up to two seconds: a file written later than this may be written again unseen."""


def read_stamp(path: str) -> Stamp | None:
    """Return the stamp of a file, None if it was written a moment ago; to be asked for before it is read.

    The time of its last change is the system's own: whoever keeps or sets the time of writing changes that one.

    Raises:
        OSError: the system says nothing of it.
    """
    found = os.stat(path)  # noqa: PTH116 (each file of all sources comes here)
    if os.name != "posix" or max(found.st_mtime, found.st_ctime) > time.time() - _SETTLED_SECONDS:
        return None
    return Stamp(found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino)
