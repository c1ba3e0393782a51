"""Where the codecs' files are, and how a missing one is told to Whoosh."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from searchkit.engines.whoosh.blockfile import BlockFile
from searchkit.engines.whoosh.manifest import FileRecord
from searchkit.engines.whoosh.stock import filestore
from searchkit.errors import EngineUnavailable, IndexCorrupt


def folder_of(storage: Any) -> Path:
    """Return the folder of a Whoosh storage.

    Raises:
        EngineUnavailable: it is none on disk: arrays are mapped from files.
    """
    while isinstance(storage, filestore.OverlayStorage):
        storage = storage.b
    if not isinstance(storage, filestore.FileStorage):
        raise EngineUnavailable(
            f"this codec keeps an index in a folder, not in {type(storage).__name__}; "
            "use whoosh.index.create_in or open_dir"
        )
    return Path(storage.folder)


def open_file(folder: Path, record: FileRecord) -> BlockFile:
    """Open a block file.

    Raises:
        FileNotFoundError: a commit has removed it since the table of contents was read; Whoosh tries again.
        IndexCorrupt: it is not what the record says.
    """
    try:
        return BlockFile.open(folder, record)
    except IndexCorrupt as error:
        if isinstance(error.__cause__, FileNotFoundError):
            raise error.__cause__ from error
        raise
