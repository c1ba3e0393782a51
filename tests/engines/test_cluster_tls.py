"""TLS and passwords, through a proxy in front of a real cluster: verified by default, and in no message."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from certificates import Authority
from tls_proxy import tls_proxy

from searchkit.engines.opensearch.address import Address, parse_address
from searchkit.engines.opensearch.bulk import BulkSender
from searchkit.engines.opensearch.connection import Connection
from searchkit.errors import EngineUnavailable

USER = "reader"
PASSWORD = "비밀:s3cr3t/+"


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(autouse=True)
def _settings(authority: Authority, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith("SEARCHKIT_OPENSEARCH_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("SEARCHKIT_OPENSEARCH_CA", str(authority.certificate))
    monkeypatch.setenv("SEARCHKIT_OPENSEARCH_USER", USER)
    monkeypatch.setenv("SEARCHKIT_OPENSEARCH_PASSWORD", PASSWORD)


@contextmanager
def proxy(cluster_address: str, authority: Authority, names: str = "IP:127.0.0.1") -> Iterator[Address]:
    """A proxy in front of the first node; yields the address of the same index through it."""
    address = parse_address(cluster_address)
    host, port = address.hosts[0]
    with tls_proxy(f"http://{host}:{port}", authority.server(names), USER, PASSWORD) as server:
        yield parse_address(f"opensearch+https://127.0.0.1:{server.port}/{address.name}")


def failure(address: Address) -> str:
    with Connection(address) as connection, pytest.raises(EngineUnavailable) as caught:
        connection.check()
    message = str(caught.value)
    assert message.startswith(f"{address.server}: ")
    assert "\n" not in message
    assert "s3cr3t" not in message
    return message


def test_a_trusted_certificate_and_the_right_password_pass(
    cluster_address: str, authority: Authority
) -> None:
    with proxy(cluster_address, authority) as address, Connection(address) as connection:
        connection.check()
        with BulkSender(connection, body_bytes=20_000) as bulk:
            for n in range(500):
                bulk.index(address.name, str(n), {"text": "확산 모델 " * 20})
            assert bulk.finish().stored == 500
        connection.request("POST", f"/{address.name}/_refresh")
        assert connection.request("GET", f"/{address.name}/_count")["count"] == 500
        assert connection.request("HEAD", f"/{address.name}") is True


def test_an_unknown_authority_is_refused_by_default(
    cluster_address: str, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SEARCHKIT_OPENSEARCH_CA")
    with proxy(cluster_address, authority) as address:
        message = failure(address)
    assert "the certificate is not trusted" in message
    assert "SEARCHKIT_OPENSEARCH_CA" in message


def test_a_certificate_for_another_host_is_refused(cluster_address: str, authority: Authority) -> None:
    with proxy(cluster_address, authority, "DNS:elsewhere.example") as address:
        assert "the certificate is for another host" in failure(address)


def test_without_tls_the_scheme_is_suggested(cluster_address: str, authority: Authority) -> None:
    with proxy(cluster_address, authority) as address:
        plain = parse_address(str(address).replace("opensearch+https", "opensearch"))
        assert "use opensearch+https://" in failure(plain)


def test_a_wrong_password_is_refused(
    cluster_address: str, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SEARCHKIT_OPENSEARCH_PASSWORD", "s3cr3t, but another")
    with proxy(cluster_address, authority) as address:
        assert "SEARCHKIT_OPENSEARCH_PASSWORD_FILE) are refused" in failure(address)


def test_an_absent_password_is_asked_for(
    cluster_address: str, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SEARCHKIT_OPENSEARCH_USER")
    monkeypatch.delenv("SEARCHKIT_OPENSEARCH_PASSWORD")
    with proxy(cluster_address, authority) as address:
        assert "asks for a user and a password" in failure(address)


def test_a_password_from_a_file_passes(
    cluster_address: str, authority: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "password").write_text(PASSWORD + "\n", encoding="utf-8")
    monkeypatch.delenv("SEARCHKIT_OPENSEARCH_PASSWORD")
    monkeypatch.setenv("SEARCHKIT_OPENSEARCH_PASSWORD_FILE", str(tmp_path / "password"))
    with proxy(cluster_address, authority) as address, Connection(address) as connection:
        connection.check()


def test_not_even_a_traceback_or_a_log_shows_the_password(
    cluster_address: str, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SEARCHKIT_OPENSEARCH_PASSWORD", "s3cr3t, but another")
    code = """
import logging, sys
logging.basicConfig(level=logging.DEBUG)
from searchkit.engines.opensearch.address import parse_address
from searchkit.engines.opensearch.connection import Connection
Connection(parse_address(sys.argv[1])).check()
"""
    with proxy(cluster_address, authority) as address:
        done = subprocess.run(
            [sys.executable, "-c", code, str(address)], capture_output=True, encoding="utf-8"
        )
    assert done.returncode == 1
    assert "DEBUG:" in done.stderr
    assert "are refused" in done.stderr
    assert "s3cr3t" not in done.stdout + done.stderr
