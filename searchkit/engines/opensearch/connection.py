"""The one door to the cluster: every request has a time-out and every failure is an error of this package."""

from __future__ import annotations

import base64
import logging
import os
import socket
import ssl
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

from searchkit.engines.opensearch import driver
from searchkit.engines.opensearch.address import Address
from searchkit.engines.opensearch.backoff import Backoff
from searchkit.engines.opensearch.failures import Busy, Dropped, NoAnswer, Where, translate
from searchkit.engines.opensearch.meanwhile import work_until
from searchkit.errors import EngineUnavailable, OptionError

# Seconds for an answer, for a connection, and for trying again while the cluster is busy or a node is lost.
ANSWER = 10.0
CONNECT = 5.0
PATIENCE = 10.0
# A node that failed is asked again after so many seconds.
_DEAD = 5.0
_OLDEST_SERVER = 2
USER = "SEARCHKIT_OPENSEARCH_USER"
PASSWORD = "SEARCHKIT_OPENSEARCH_PASSWORD"
PASSWORD_FILE = "SEARCHKIT_OPENSEARCH_PASSWORD_FILE"
AUTHORITY = "SEARCHKIT_OPENSEARCH_CA"

# The driver logs each failure, and Python prints such logs where nobody listens; ours are the errors raised.
logging.getLogger("opensearch").addHandler(logging.NullHandler())


class _Waiting:
    """What lets the thread that waits for an answer do something else until it comes."""

    sock: socket.socket

    def getresponse(self) -> Any:
        """Return the answer to what has been sent."""
        work_until(lambda: driver.wait_for_read(self.sock, timeout=0))
        return super().getresponse()  # type: ignore[misc]


class _PlainConnection(_Waiting, driver.HTTPConnection):
    pass


class _SecureConnection(_Waiting, driver.HTTPSConnection):
    pass


class _Node(driver.Urllib3HttpConnection):
    """Connections to a node. They keep the server's advice about coming versions to themselves."""

    def _create_urllib3_pool(self) -> None:
        super()._create_urllib3_pool()
        self.pool.ConnectionCls = _SecureConnection if self.use_ssl else _PlainConnection

    def _raise_warnings(self, warning_headers: Any) -> None:
        pass


class Connection:
    """A client of the cluster at ``address``; safe for threads.

    User and password come from SEARCHKIT_OPENSEARCH_USER and _PASSWORD (or _PASSWORD_FILE), the file of trusted
    authorities from SEARCHKIT_OPENSEARCH_CA (else the system's); certificates are always verified.

    Raises:
        OptionError: One of these variables is wrong.
    """

    def __init__(self, address: Address, *, connections: int = 16) -> None:
        self.address = address
        authorization = _authorization()
        self._with_user = bool(authorization)
        tls: dict[str, Any] = {"ssl_context": _trust()} if address.secure else {}
        self._transport = driver.Transport(
            [{"host": host, "port": port} for host, port in address.hosts],
            connection_class=_Node,
            use_ssl=address.secure,
            headers=authorization,
            pool_maxsize=connections,
            timeout=ANSWER,
            dead_timeout=_DEAD,
            # Trying again is our own: with pauses, and only where it helps.
            max_retries=0,
            retry_on_timeout=True,
            retry_on_status=(),
            **tls,
        )

    def request(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        params: Mapping[str, Any] | None = None,
        timeout: float = ANSWER,
        patience: float = PATIENCE,
    ) -> Any:
        """Send a request and return the server's answer, decoded.

        ``body`` is JSON, or text or bytes ready to be sent; ``timeout`` is in seconds, for each attempt. A node that is
        lost or late is asked once, then the others; while the cluster is busy it is asked again for up to ``patience``
        seconds. What is asked for must bear being done twice.

        Raises:
            EngineUnavailable: It failed; see the kinds in `searchkit.engines.opensearch.failures`.
        """
        backoff = Backoff(patience)
        late = 0
        while True:
            try:
                return self.attempt(method, path, body, params=params, timeout=timeout)
            except NoAnswer as failure:
                late += 1
                # A connection kept from earlier may have been closed meanwhile, which says nothing about the node.
                if late >= len(self.address.hosts) + isinstance(failure, Dropped):
                    raise
            except Busy:
                if not backoff.again():
                    raise

    def attempt(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        params: Mapping[str, Any] | None = None,
        timeout: float = ANSWER,
    ) -> Any:
        """Send a request to one node, once; else as `request`."""
        limit: Any = driver.Timeout(connect=min(CONNECT, timeout), read=timeout)
        try:
            return self._transport.perform_request(
                method, path, params=dict(params) if params else None, body=body, timeout=limit
            )
        except (driver.OpenSearchException, driver.ImproperlyConfigured) as error:
            raise translate(error, self.where(timeout)) from error

    def where(self, seconds: float = ANSWER) -> Where:
        """Return who is asked, for the message of an error; ``seconds`` is the time there was for an answer."""
        return Where(self.address.server, self.address.secure, self._with_user, seconds)

    def check(self) -> str:
        """Return the version of the server, having made sure that it is an OpenSearch server.

        Raises:
            EngineUnavailable: It is not, or too old.
        """
        answer = self.request("GET", "/")
        version = answer.get("version") if isinstance(answer, dict) else None
        if not isinstance(version, dict) or version.get("distribution") != "opensearch":
            raise EngineUnavailable(
                f"{self.address.server}: what answers there is no OpenSearch server; correct the address"
            )
        number = str(version.get("number"))
        if not number.partition(".")[0].isdecimal() or int(number.partition(".")[0]) < _OLDEST_SERVER:
            raise EngineUnavailable(
                f"{self.address.server}: OpenSearch {number} is too old; {_OLDEST_SERVER}.0 or later is needed"
            )
        return number

    def close(self) -> None:
        """Close all connections."""
        for connection, _ in self._transport.connection_pool.connection_opts:
            connection.close()

    def __enter__(self) -> Connection:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _authorization() -> dict[str, str]:
    """Return the header that says who asks; made here because the driver's can't hold a password in Hangul."""
    user = os.environ.get(USER, "")
    password = os.environ.get(PASSWORD)
    file = os.environ.get(PASSWORD_FILE)
    if password is None and file:
        try:
            password = Path(file).read_text(encoding="utf-8").rstrip("\r\n")
        except (OSError, UnicodeError) as error:
            raise OptionError(f"{PASSWORD_FILE} names {file}, which can't be read; correct it") from error
    if not user and password is None:
        return {}
    if not user or password is None:
        raise OptionError(f"set both {USER} and {PASSWORD} (or {PASSWORD_FILE}), or neither")
    if ":" in user:
        raise OptionError(f"{USER} holds a colon, which no user name can; correct it")
    return {"authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}


def _trust() -> ssl.SSLContext:
    file = os.environ.get(AUTHORITY)
    try:
        return ssl.create_default_context(cafile=file or None)
    except OSError as error:
        raise OptionError(f"{AUTHORITY} names {file}, which holds no certificates; correct it") from error
