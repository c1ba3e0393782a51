"""The client library of OpenSearch, an optional one: a clear error where it is missing."""

from __future__ import annotations

from searchkit.errors import EngineUnavailable

try:
    from opensearchpy import Connection, Transport
    from opensearchpy.exceptions import (
        ConnectionError as NoConnection,
    )
    from opensearchpy.exceptions import (
        ConnectionTimeout,
        ImproperlyConfigured,
        OpenSearchException,
        SerializationError,
        SSLError,
        TransportError,
    )
except ImportError as error:
    raise EngineUnavailable(
        "an index on a cluster needs the OpenSearch client; install it: pip install 'searchkit[opensearch]'"
    ) from error

__all__ = [
    "Connection",
    "ConnectionTimeout",
    "ImproperlyConfigured",
    "NoConnection",
    "OpenSearchException",
    "SSLError",
    "SerializationError",
    "Transport",
    "TransportError",
]
