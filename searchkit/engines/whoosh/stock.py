"""Whoosh itself, imported quietly and checked: the one place from which the codec takes its classes.

Only what makes or serves Whoosh's interfaces imports this; searching with searchkit does not.
"""

from __future__ import annotations

import warnings

from searchkit.errors import EngineUnavailable

with warnings.catch_warnings():
    # Invalid escapes in its docstrings: a warning when Python compiles it, an error under -W error.
    warnings.simplefilter("ignore", SyntaxWarning)
    warnings.simplefilter("ignore", DeprecationWarning)
    try:
        import whoosh
        from whoosh import analysis, columns, fields, formats, index, reading
        from whoosh.codec import base
        from whoosh.filedb import filestore
        from whoosh.matching import mcore
        from whoosh.query import spans
    except ImportError as error:
        raise EngineUnavailable(
            f"Whoosh can't be imported ({error}); install it with `pip install Whoosh==2.7.4`"
        ) from error

VERSION = (2, 7, 4)

if tuple(whoosh.__version__) != VERSION:
    raise EngineUnavailable(
        f"the installed package `whoosh` is version {'.'.join(map(str, whoosh.__version__))}, which is not the "
        "Whoosh 2.7.4 that this program needs (a fork has the same import name); "
        "run `pip uninstall whoosh3 whoosh-reloaded`, then `pip install --force-reinstall Whoosh==2.7.4`"
    )

__all__ = [
    "VERSION",
    "analysis",
    "base",
    "columns",
    "fields",
    "filestore",
    "formats",
    "index",
    "mcore",
    "reading",
    "spans",
]
