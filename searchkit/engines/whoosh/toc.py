"""Whoosh's table of contents of a generation: written for foreign readers, never read by searchkit."""

from __future__ import annotations

from collections.abc import Iterable

from searchkit.engines.whoosh.codec import INDEX_NAME, SearchkitSegment
from searchkit.engines.whoosh.manifest import Manifest
from searchkit.engines.whoosh.stock import filestore, index
from searchkit.engines.whoosh.whoosh_schema import schema


def toc_bytes(manifest: Manifest, *, dictionary: Iterable[str] = ()) -> bytes:
    """Return the content of ``_MAIN_<N>.toc`` for ``manifest``, whose generation is N.

    It is written by Whoosh's own code. ``dictionary`` has the lines of the user's dictionary.
    """
    segments = [SearchkitSegment.describe(manifest, record) for record in manifest.segments]
    made = schema(dictionary, manifest.versions.get("analysis", ""))
    memory = filestore.RamStorage()
    index.TOC(made, segments, manifest.generation).write(memory, INDEX_NAME)
    data: bytes = memory.files[index.TOC._filename(INDEX_NAME, manifest.generation)]
    return data
