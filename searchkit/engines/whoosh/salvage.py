"""What can still be learnt from a folder none of whose generations is sound."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from searchkit.engines.whoosh.blockfile import BlockFile
from searchkit.engines.whoosh.layout import manifest_number, read_manifest
from searchkit.errors import IndexCorrupt, IndexMissing


def salvaged_sources(folder: Path) -> Iterator[bytes]:
    """Yield the states of the sources whose files are still whole, the newest first."""
    numbers = (manifest_number(path.name) for path in folder.iterdir())
    for number in sorted((number for number in numbers if number is not None), reverse=True):
        try:
            manifest, _ = read_manifest(folder, number)
            if manifest.sources is not None:
                yield BlockFile.open(folder, manifest.sources).column("state").all().tobytes()
        except (IndexCorrupt, IndexMissing):
            continue
