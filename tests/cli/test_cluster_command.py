"""Commands on a cluster that isn't there, isn't right or won't: one clear line, exit code 2, no secrets."""

from __future__ import annotations

import socket
from collections.abc import Callable
from pathlib import Path

import pytest
from certificates import Authority
from command_line import Answer, Shell
from small_server import Answer as Reply
from small_server import small_server
from tls_proxy import tls_proxy

from searchkit.engines.opensearch.address import parse_address
from searchkit.engines.opensearch.connection import Connection

SECRET = "s3cr3t/암호"
COMMANDS = {
    "search": ("search", "확산"),
    "index": ("index", "seeds/2023-12-04.md"),
    "show": ("show", "2023-12-08/2312.04461"),
    "stats": ("stats",),
    "verify": ("verify",),
}


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


@pytest.mark.parametrize("command", COMMANDS)
def test_no_server(shell: Shell, command: str) -> None:
    address = f"opensearch://127.0.0.1:{free_port()}/notes"
    assert (
        "no server answers there (connection refused)" in shell(*COMMANDS[command], "--index", address).error
    )


def test_the_address_may_come_from_the_environment(shell: Shell) -> None:
    answer = shell("search", "확산", SEARCHKIT_INDEX=f"opensearch://127.0.0.1:{free_port()}/notes")
    assert "no server answers there" in answer.error


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("http://localhost:9200/notes", "did you mean opensearch://localhost:9200/notes?"),
        ("opensearch://localhost:9200", "the name of the index is missing"),
        (f"opensearch://me:{SECRET}@localhost/notes", "an address holds no user and no password"),
        (f"https://me:{SECRET}@localhost/notes", "an address holds no user and no password"),
    ],
)
def test_wrong_addresses(quick: Callable[..., Answer], command: str, address: str, said: str) -> None:
    error = quick(*COMMANDS[command], "--index", address).error
    assert said in error
    assert SECRET not in error


@pytest.mark.parametrize("command", ["search", "index"])
def test_a_server_that_is_none(quick: Callable[..., Answer], command: str) -> None:
    with small_server(lambda _: Reply(200, b"<html>hello</html>", "text/html")) as server:
        error = quick(*COMMANDS[command], "--index", f"opensearch://127.0.0.1:{server.port}/notes").error
    assert "what answers there is no OpenSearch server" in error


@pytest.mark.parametrize("command", ["search", "index"])
def test_tls_and_passwords(shell: Shell, command: str, cluster_address: str, tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    address = parse_address(cluster_address)
    host, port = address.hosts[0]
    right = {
        "SEARCHKIT_OPENSEARCH_CA": str(authority.certificate),
        "SEARCHKIT_OPENSEARCH_USER": "me",
        "SEARCHKIT_OPENSEARCH_PASSWORD": SECRET,
    }
    with tls_proxy(f"http://{host}:{port}", authority.server("IP:127.0.0.1"), "me", SECRET) as server:
        secure = f"opensearch+https://127.0.0.1:{server.port}/{address.name}"

        def run(*more: str, **settings: str) -> Answer:
            answer = shell(*COMMANDS[command], "--index", secure, *more, **settings)
            assert SECRET not in answer.out + answer.err
            return answer

        assert "the certificate is not trusted" in run(**{**right, "SEARCHKIT_OPENSEARCH_CA": ""}).error
        wrong = {**right, "SEARCHKIT_OPENSEARCH_PASSWORD": SECRET + "?"}
        assert "are refused" in run(**wrong).error
        assert "Traceback" in run("-v", **wrong).err
        assert (
            "asks for a user and a password" in run(SEARCHKIT_OPENSEARCH_CA=str(authority.certificate)).error
        )
        answer = run(**right)
    if command == "index":
        assert (answer.code, answer.err) == (0, "")
    else:
        assert "no index" in answer.error


@pytest.mark.parametrize(
    ("block", "said"),
    [
        ("index.blocks.write", "is read-only; lift its block"),
        # The server sets this block at the flood-stage watermark.
        ("index.blocks.read_only_allow_delete", "the disks are full (flood-stage watermark)"),
    ],
)
def test_an_index_that_can_not_be_written(shell: Shell, cluster_address: str, block: str, said: str) -> None:
    assert shell("index", "seeds/2023-12-04.md", "--index", cluster_address).code == 0
    address = parse_address(cluster_address)
    with Connection(address) as connection:
        connection.request("PUT", f"/{address.name}*/_settings", {block: True})
    assert said in shell("index", "seeds/2023-12-08.md", "--index", cluster_address).error
    assert shell("search", "확산", "--index", cluster_address).code == 0
