"""The client library of OpenSearch, an optional one: a clear error where it is missing."""

from __future__ import annotations

from searchkit.errors import EngineUnavailable

try:
    from opensearchpy import Transport, Urllib3HttpConnection
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
    from urllib3 import Timeout
    from urllib3.connection import HTTPConnection, HTTPSConnection
    from urllib3.util import wait_for_read
except ImportError as error:
    raise EngineUnavailable(
        "an index on a cluster needs the OpenSearch client; install it: pip install 'searchkit[opensearch]'"
    ) from error

__all__ = [
    "ConnectionTimeout",
    "HTTPConnection",
    "HTTPSConnection",
    "ImproperlyConfigured",
    "NoConnection",
    "OpenSearchException",
    "SSLError",
    "SerializationError",
    "Timeout",
    "Transport",
    "TransportError",
    "Urllib3HttpConnection",
    "wait_for_read",
]
