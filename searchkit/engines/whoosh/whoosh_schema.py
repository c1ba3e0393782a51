"""The schema under which programs that use Whoosh itself see an index."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from searchkit.analysis.token import Layer
from searchkit.engines.whoosh.stock import fields
from searchkit.engines.whoosh.whoosh_analyzers import (
    IdentifierAnalyzer,
    KoreanAnalyzer,
    NameAnalyzer,
    PartsAnalyzer,
    StandardAnalyzer,
    SurfaceAnalyzer,
)

LAYER_FIELDS = {layer.name.lower(): layer for layer in Layer}
"""Fields whose terms are those of a layer."""


def schema(dictionary: Iterable[str] = (), fingerprint: str = "") -> Any:
    """Return a Whoosh schema: the layers as text fields, what is known of a document, and what is only stored.

    ``dictionary`` has the lines of the user's dictionary, ``fingerprint`` names the analysis of the index.
    """
    lines = tuple(dictionary)
    return fields.Schema(
        title=fields.TEXT(StandardAnalyzer(lines, fingerprint), phrase=True, stored=True),
        bullets=fields.TEXT(KoreanAnalyzer(lines, fingerprint), phrase=True, stored=True),
        parts=fields.TEXT(PartsAnalyzer(lines, fingerprint), phrase=False),
        surface=fields.TEXT(SurfaceAnalyzer(lines, fingerprint), phrase=False),
        identifiers=fields.TEXT(IdentifierAnalyzer(lines, fingerprint), phrase=False),
        id=fields.ID(stored=True, unique=True, sortable=True),
        arxiv_id=fields.ID(stored=True),
        date=fields.ID(stored=True, sortable=True),
        author=fields.TEXT(NameAnalyzer(), phrase=False),
        # 0 is the lowest value in the column's own order: sorted by votes, highest first, unknown ones come last.
        votes=fields.NUMERIC(int, 32, signed=True, stored=True, sortable=True, default=0),
        authors=fields.STORED(),
        labels=fields.STORED(),
        url=fields.STORED(),
        media=fields.STORED(),
        source=fields.STORED(),
        line=fields.STORED(),
        extra=fields.STORED(),
    )
