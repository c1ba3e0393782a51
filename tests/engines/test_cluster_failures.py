"""What servers and the driver say goes wrong becomes one clear line, from one place, without secrets."""

from __future__ import annotations

import base64
import itertools
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import opensearchpy.exceptions
import pytest
from small_server import Answer, Asked, small_server

from searchkit.engines.opensearch import driver
from searchkit.engines.opensearch.address import Address, parse_address
from searchkit.engines.opensearch.backoff import Backoff
from searchkit.engines.opensearch.connection import Connection
from searchkit.engines.opensearch.failures import (
    Busy,
    Conflict,
    NoAnswer,
    NothingThere,
    Refused,
    TooLarge,
    Where,
    translate,
)
from searchkit.errors import EngineUnavailable, OptionError, SearchkitError

SECRET = "암호:p@ss/word"


@pytest.fixture(autouse=True)
def _no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith("SEARCHKIT_OPENSEARCH_"):
            monkeypatch.delenv(name)


def address(*ports: int) -> Address:
    return parse_address("opensearch://" + ",".join(f"127.0.0.1:{port}" for port in ports) + "/notes")


def error(kind: str, reason: str, status: int) -> Answer:
    return Answer(
        status, {"error": {"root_cause": [{"type": kind, "reason": reason}], "type": kind, "reason": reason}}
    )


def block(text: str) -> str:
    return f"index [notes-000001] blocked by: [{text}];"


FLOOD = (
    "TOO_MANY_REQUESTS/12/disk usage exceeded flood-stage watermark, index has read-only-allow-delete block"
)
CASES: dict[str, tuple[Answer, type[SearchkitError], str]] = {
    "read-only": (
        error("cluster_block_exception", block("FORBIDDEN/5/index read-only (api)"), 403),
        Refused,
        "notes-000001 is read-only",
    ),
    "flood stage": (error("cluster_block_exception", block(FLOOD), 429), Refused, "disks are full"),
    "no new indexes": (
        error(
            "cluster_block_exception", "blocked by: [FORBIDDEN/10/cluster create-index blocked (api)];", 403
        ),
        Refused,
        "takes no new indexes",
    ),
    "no manager": (
        error("cluster_block_exception", "blocked by: [SERVICE_UNAVAILABLE/2/no cluster manager];", 503),
        Busy,
        "not ready",
    ),
    "full disk": (error("i_o_exception", "No space left on device", 500), Refused, "disk of a node is full"),
    "credentials absent": (
        Answer(401, b"Unauthorized", "text/plain"),
        Refused,
        "asks for a user and a password",
    ),
    "not allowed": (
        error("security_exception", "no permissions for [indices:data/read]", 403),
        Refused,
        "may not",
    ),
    "too many": (error("circuit_breaking_exception", "Data too large", 429), Busy, "too many requests"),
    "unavailable": (
        error("search_phase_execution_exception", "all shards failed", 503),
        Busy,
        "all shards failed",
    ),
    "bad gateway": (Answer(502, b"<html>502</html>", "text/html"), Busy, "can't answer now (502)"),
    "missing index": (
        error("index_not_found_exception", "no such index [notes]", 404),
        NothingThere,
        "no such index",
    ),
    "missing document": (Answer(404, {"_id": "1", "found": False}), NothingThere, "nothing there"),
    "conflict": (error("version_conflict_engine_exception", "[1]: conflict", 409), Conflict, "somebody else"),
    "exists": (
        error("resource_already_exists_exception", "index [n] exists", 400),
        Conflict,
        "somebody else",
    ),
    "too large": (Answer(413, b"", "text/plain"), TooLarge, "no request of that size"),
    "bad request": (error("parsing_exception", "unknown query [x]", 400), Refused, "unknown query [x]"),
    "a web page": (
        Answer(404, b"<html>hello</html>", "text/html"),
        EngineUnavailable,
        "no OpenSearch server",
    ),
    "a page that is found": (
        Answer(200, b"<html>hello</html>", "text/html"),
        EngineUnavailable,
        "no OpenSearch",
    ),
    "broken JSON": (Answer(200, b'{"a":'), EngineUnavailable, "no OpenSearch server"),
    "elsewhere": (Answer(301, b"", "text/plain"), EngineUnavailable, "no OpenSearch server"),
    "somebody's JSON": (Answer(404, {"detail": "Not Found"}), EngineUnavailable, "no OpenSearch server"),
    "hangs up": (Answer(None), NoAnswer, "closed the connection"),
}


@pytest.mark.parametrize("case", CASES)
def test_answers_become_errors(case: str) -> None:
    answer, kind, said = CASES[case]
    with small_server(lambda _: answer) as server, Connection(address(server.port)) as connection:
        with pytest.raises(kind) as caught:
            connection.attempt("GET", "/notes/_search")
        assert type(caught.value) is kind or kind is NoAnswer
        assert said in str(caught.value)
        assert str(caught.value).startswith(f"opensearch://127.0.0.1:{server.port}: ")
        assert "\n" not in str(caught.value)


def drivers_errors() -> list[Exception]:
    """Return one of each exception class that the driver has; its query builder is not used."""
    made: list[Exception] = []
    for name in opensearchpy.exceptions.__all__:
        kind: Any = getattr(opensearchpy.exceptions, name)
        if not issubclass(kind, (Warning, opensearchpy.exceptions.OpenSearchDslException)):
            made.append(kind("N/A", "secret text", ValueError("secret cause")))
    return made


@pytest.mark.parametrize("failure", drivers_errors(), ids=lambda failure: type(failure).__name__)
def test_every_error_of_the_driver_is_translated(failure: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise failure

    monkeypatch.setattr(driver.Transport, "perform_request", fail)
    with Connection(address(1)) as connection, pytest.raises(EngineUnavailable) as caught:
        connection.attempt("GET", "/")
    assert caught.value.__cause__ is failure
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("status", range(300, 600))
def test_every_status_is_translated(status: int) -> None:
    for info in (None, {}, {"error": "text"}, {"error": {"type": "t", "reason": "r"}}, [], {"error": None}):
        failure = driver.TransportError(status, "text", info)
        message = str(translate(failure, Where("opensearch://h:1")))
        assert message.startswith("opensearch://h:1: ")
        assert len(message) > 30


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


@contextmanager
def silent_server() -> Iterator[int]:
    """A server that takes connections and never answers."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        yield listening.getsockname()[1]


def test_no_server_is_said_at_once() -> None:
    began = time.monotonic()
    with Connection(address(free_port())) as connection, pytest.raises(NoAnswer, match="connection refused"):
        connection.check()
    assert time.monotonic() - began < 5


def test_an_unknown_host_is_said() -> None:
    with (
        Connection(parse_address("opensearch://nowhere.invalid/n")) as connection,
        pytest.raises(NoAnswer, match="no host of that name"),
    ):
        connection.check()


def test_a_server_that_hangs_does_not_hang_the_client() -> None:
    with silent_server() as port, Connection(address(port)) as connection:
        began = time.monotonic()
        with pytest.raises(NoAnswer, match=r"no answer within 0\.3 seconds"):
            connection.request("GET", "/", timeout=0.3)
        assert time.monotonic() - began < 5


def test_another_node_answers_for_one_that_is_absent_or_hangs() -> None:
    with (
        silent_server() as hung,
        small_server(lambda _: Answer(body={"took": 1})) as server,
        Connection(address(free_port(), hung, server.port)) as connection,
    ):
        for _ in range(6):
            assert connection.request("GET", "/", timeout=0.3) == {"took": 1}


def test_a_busy_cluster_is_asked_again() -> None:
    answers = itertools.chain(
        [Answer(429), Answer(503), Answer(502, b"", "text/html")], itertools.repeat(Answer(200))
    )
    with small_server(lambda _: next(answers)) as server, Connection(address(server.port)) as connection:
        assert connection.request("GET", "/") == {}
        assert len(server.asked) == 4


def test_patience_ends() -> None:
    with small_server(lambda _: Answer(503)) as server, Connection(address(server.port)) as connection:
        began = time.monotonic()
        with pytest.raises(Busy):
            connection.request("GET", "/", patience=0.5)
        assert time.monotonic() - began < 5
        assert len(server.asked) > 1


def test_what_is_refused_is_asked_once() -> None:
    with (
        small_server(lambda _: CASES["flood stage"][0]) as server,
        Connection(address(server.port)) as connection,
    ):
        with pytest.raises(Refused):
            connection.request("PUT", "/notes/_doc/1", {})
        assert len(server.asked) == 1


def test_a_connection_closed_meanwhile_is_opened_again() -> None:
    answers = itertools.chain([Answer(200), Answer(None)], itertools.repeat(Answer(200)))
    with small_server(lambda _: next(answers)) as server, Connection(address(server.port)) as connection:
        assert connection.request("GET", "/") == {}
        assert connection.request("GET", "/") == {}


@pytest.mark.parametrize(
    ("version", "said"),
    [
        ({"number": "8.1.0", "build_flavor": "default"}, "no OpenSearch server"),
        ({"distribution": "opensearch", "number": "1.3.0"}, "1.3.0 is too old"),
        ({"distribution": "opensearch", "number": "?"}, "too old"),
        (None, "no OpenSearch server"),
    ],
)
def test_the_server_must_be_opensearch(version: object, said: str) -> None:
    with (
        small_server(lambda _: Answer(body={"version": version})) as server,
        Connection(address(server.port)) as connection,
        pytest.raises(EngineUnavailable, match=said),
    ):
        connection.check()


def test_a_server_that_speaks_no_tls_is_said() -> None:
    with small_server(lambda _: Answer()) as server:
        secure = parse_address(f"opensearch+https://127.0.0.1:{server.port}/n")
        with Connection(secure) as connection, pytest.raises(EngineUnavailable, match="speaks no TLS"):
            connection.check()


def authorized(asked: Asked) -> Answer:
    return Answer() if "authorization" in asked.headers else Answer(401)


@pytest.mark.parametrize("where", ["variable", "file"])
def test_credentials_come_from_the_environment_or_a_file(
    where: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SEARCHKIT_OPENSEARCH_USER", "사용자")
    if where == "variable":
        monkeypatch.setenv("SEARCHKIT_OPENSEARCH_PASSWORD", SECRET)
    else:
        (tmp_path / "password").write_text(SECRET + "\n", encoding="utf-8")
        monkeypatch.setenv("SEARCHKIT_OPENSEARCH_PASSWORD_FILE", str(tmp_path / "password"))
    with small_server(authorized) as server, Connection(address(server.port)) as connection:
        assert connection.request("GET", "/") == {}
        kind, _, code = server.asked[0].headers["authorization"].partition(" ")
    assert kind == "Basic"
    assert base64.b64decode(code).decode() == f"사용자:{SECRET}"


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"USER": "me"}, "set both"),
        ({"PASSWORD": SECRET}, "set both"),
        ({"USER": "me", "PASSWORD_FILE": "nowhere"}, "nowhere, which can't be read"),
        ({"USER": "a:b", "PASSWORD": SECRET}, "a colon"),
    ],
)
def test_half_credentials_are_an_error(
    settings: dict[str, str], said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in settings.items():
        monkeypatch.setenv(f"SEARCHKIT_OPENSEARCH_{name}", value)
    with pytest.raises(OptionError, match=said) as caught:
        Connection(address(1))
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize("content", [None, "no certificate"])
def test_a_wrong_file_of_authorities_is_named(
    content: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if content is not None:
        (tmp_path / "ca.pem").write_text(content)
    monkeypatch.setenv("SEARCHKIT_OPENSEARCH_CA", str(tmp_path / "ca.pem"))
    with pytest.raises(OptionError, match=r"ca\.pem, which holds no certificates"):
        Connection(parse_address("opensearch+https://h/n"))


def test_nothing_is_logged_to_stderr() -> None:
    code = """
from searchkit.engines.opensearch.address import parse_address
from searchkit.engines.opensearch.connection import Connection
from searchkit.errors import EngineUnavailable
try:
    Connection(parse_address("opensearch://127.0.0.1:1/n")).check()
except EngineUnavailable:
    print("refused")
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, encoding="utf-8")
    assert (done.stdout, done.stderr) == ("refused\n", "")


def test_a_missing_client_library_is_said_with_the_command_that_installs_it() -> None:
    code = """
import sys
sys.modules["opensearchpy"] = None
from searchkit.errors import EngineUnavailable
try:
    import searchkit.engines.opensearch.connection
except EngineUnavailable as error:
    print(error)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, encoding="utf-8")
    assert "pip install 'searchkit[opensearch]'" in done.stdout, done.stderr


def test_pauses_grow_and_end() -> None:
    pauses: list[float] = []
    backoff = Backoff(3600, pauses.append)
    assert all(backoff.again() for _ in range(12))
    assert all(0.05 * 2**n <= pause <= 0.1 * 2**n for n, pause in enumerate(pauses[:6]))
    assert all(5 <= pause <= 10 for pause in pauses[8:])
    assert not Backoff(0.01).again()


def test_threads_share_a_connection() -> None:
    with (
        small_server(lambda asked: Answer(body={"path": asked.path})) as server,
        Connection(address(server.port)) as connection,
        ThreadPoolExecutor(8) as threads,
    ):
        paths = [f"/{n}" for n in range(160)]
        answers = threads.map(lambda path: connection.request("GET", path), paths)
        assert list(answers) == [{"path": path} for path in paths]
