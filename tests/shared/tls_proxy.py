"""A proxy that speaks TLS and wants a password, in front of a server that knows neither."""

from __future__ import annotations

import base64
import ssl
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager

from small_server import Answer, Asked, SmallServer, small_server

_open = urllib.request.build_opener(urllib.request.ProxyHandler({})).open


@contextmanager
def tls_proxy(backend: str, tls: ssl.SSLContext, user: str, password: str) -> Iterator[SmallServer]:
    """Pass requests on to ``backend``, a URL without a path, if they come with this user and password."""
    wanted = "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()

    def pass_on(asked: Asked) -> Answer:
        if asked.headers.get("authorization") != wanted:
            return Answer(401, b"Unauthorized", "text/plain")
        request = urllib.request.Request(backend + asked.path, asked.body or None, method=asked.method)
        request.add_header("content-type", asked.headers.get("content-type", "application/json"))
        try:
            with _open(request, timeout=60) as answer:
                return Answer(answer.status, answer.read(), answer.headers["content-type"])
        except urllib.error.HTTPError as error:
            with error:
                return Answer(error.code, error.read(), error.headers["content-type"])

    with small_server(pass_on, tls=tls) as server:
        yield server
