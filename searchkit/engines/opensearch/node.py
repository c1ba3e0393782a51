"""Connections to one node for the driver, on the standard library's HTTP: they cost half of what the driver's own do.

What goes wrong is told by the driver's errors, so that whoever handles these need not know.
"""

from __future__ import annotations

import http.client
import select
import socket
import ssl
import time
import weakref
from collections.abc import Collection, Mapping
from typing import Any
from urllib.parse import urlencode

from searchkit.engines.opensearch import driver

_ENDED = (ssl.SSLEOFError, ssl.SSLZeroReturnError)
CONNECT = 5.0
"""Seconds for a connection, if there is as much for the answer."""


class Node(driver.Connection):
    """One host; connections are kept for the next request, at most ``pool_maxsize``. Safe for threads."""

    def __init__(
        self, *, ssl_context: ssl.SSLContext | None = None, pool_maxsize: int = 16, **options: Any
    ) -> None:
        super().__init__(**options)
        self._context = ssl_context
        self._most = pool_maxsize
        self._kept: list[http.client.HTTPConnection] = []
        # Whoever forgets to close leaves nothing open.
        weakref.finalize(self, _close, self._kept)

    def perform_request(
        self,
        method: str,
        url: str,
        params: Mapping[str, Any] | None = None,
        body: bytes | None = None,
        timeout: float | None = None,
        ignore: Collection[int] = (),
        headers: Mapping[str, str] | None = None,
    ) -> tuple[int, dict[str, str], str]:
        """Send one request; return status, headers and text of the answer. ``timeout`` is in seconds, for each wait.

        Raises:
            driver.OpenSearchException: it failed, or the answer is an error.
        """
        assert timeout is not None, "every request has a time-out"
        path = f"{url}?{urlencode(params)}" if params else url
        began = time.monotonic()
        try:
            answer, data = self._exchange(method, path, body, {**self.headers, **(headers or {})}, timeout)
        except driver.TransportError as error:
            seconds = time.monotonic() - began
            self.log_request_fail(method, self.host + path, path, body, seconds, exception=error)
            raise
        text = data.decode("utf-8", "surrogatepass")
        kind = answer.headers.get("content-type")
        if not 200 <= answer.status < 300 and answer.status not in ignore:
            seconds = time.monotonic() - began
            self.log_request_fail(method, self.host + path, path, body, seconds, answer.status, text)
            self._raise_error(answer.status, text, kind)
        return answer.status, {} if kind is None else {"content-type": kind}, text

    def _exchange(
        self, method: str, path: str, body: bytes | None, headers: dict[str, str], seconds: float
    ) -> tuple[http.client.HTTPResponse, bytes]:
        connection = self._connection(seconds)
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            data = answer.read()
        except TimeoutError as error:
            connection.close()
            raise driver.ConnectionTimeout("TIMEOUT", str(error), error) from error
        except (OSError, http.client.HTTPException) as error:
            connection.close()
            if isinstance(error, ssl.SSLError) and not isinstance(error, _ENDED):
                raise driver.SSLError("N/A", str(error), error) from error
            raise driver.NoConnection("N/A", f"{type(error).__name__}: {error}", error) from error
        except BaseException:
            connection.close()
            raise
        if answer.will_close or len(self._kept) >= self._most:
            connection.close()
        else:
            self._kept.append(connection)
        return answer, data

    def _connection(self, seconds: float) -> http.client.HTTPConnection:
        """Return a connection that waits for answers as long as it may: one that was kept, else a new one."""
        while self._kept:
            try:
                connection = self._kept.pop()
            except IndexError:  # another thread was quicker
                break
            if _quiet(connection):
                connection.sock.settimeout(seconds)
                return connection
            connection.close()
        try:
            connection = self._new(min(CONNECT, seconds))
            connection.connect()
        except ssl.SSLError as error:
            raise driver.SSLError("N/A", str(error), error) from error
        except (socket.gaierror, UnicodeError) as error:
            raise driver.NoConnection("N/A", f"the name can't be resolved: {error}", error) from error
        except (OSError, http.client.HTTPException) as error:
            raise driver.NoConnection("N/A", str(error), error) from error
        connection.sock.settimeout(seconds)
        return connection

    def _new(self, seconds: float) -> http.client.HTTPConnection:
        if self.use_ssl:
            return http.client.HTTPSConnection(
                self.hostname, self.port, timeout=seconds, context=self._context
            )
        return http.client.HTTPConnection(self.hostname, self.port, timeout=seconds)

    def close(self) -> None:
        """Close what was kept."""
        _close(self._kept)


def _close(kept: list[http.client.HTTPConnection]) -> None:
    while kept:
        kept.pop().close()


def _quiet(connection: http.client.HTTPConnection) -> bool:
    """Say whether nothing came on a connection since its last answer; the server closing it would be something."""
    waiting = select.poll()
    waiting.register(connection.sock, select.POLLIN)
    return not waiting.poll(0)
