"""searchkit: full-text search for Korean notes and paper digests full of English.

The map::

    SearchIndex     build, open, update, add, delete, search, explain, similar questions to one index
    Document        what is indexed and found
    analyze         the terms of a text, without an index
    Results, Hit    what a search returns
    errors          the tree of exceptions is drawn in searchkit/errors.py

    from searchkit import SearchIndex

    index = SearchIndex.build("seeds/", "index/")
    for hit in index.search("확산 모델 이미지 생성", limit=10):
        print(hit.rank, hit.document.title)

Importing this package loads neither the Korean model nor numpy nor Whoosh; they come when first needed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from searchkit._version import __version__
from searchkit.document import Document
from searchkit.errors import (
    DocumentError,
    EngineUnavailable,
    IndexCorrupt,
    IndexIncompatible,
    IndexLocked,
    IndexMissing,
    QuerySyntaxError,
    SearchkitError,
    SourceError,
)

if TYPE_CHECKING:
    from searchkit.results.hit import Hit, Results
    from searchkit.search_index import SearchIndex, analyze

__all__ = [
    "Document",
    "DocumentError",
    "EngineUnavailable",
    "Hit",
    "IndexCorrupt",
    "IndexIncompatible",
    "IndexLocked",
    "IndexMissing",
    "QuerySyntaxError",
    "Results",
    "SearchIndex",
    "SearchkitError",
    "SourceError",
    "__version__",
    "analyze",
]

_LAZY = {
    "Hit": "searchkit.results.hit",
    "Results": "searchkit.results.hit",
    "SearchIndex": "searchkit.search_index",
    "analyze": "searchkit.search_index",
}


def __getattr__(name: str) -> Any:
    """Load what is heavy when it is first asked for."""
    module = _LAZY.get(name)
    if module is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import importlib

    value = getattr(importlib.import_module(module), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """List the public names."""
    return sorted(__all__)
