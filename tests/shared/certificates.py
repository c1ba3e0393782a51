"""Certificates made on the spot: an authority, and what it vouches for."""

from __future__ import annotations

import shutil
import ssl
import subprocess
from pathlib import Path

import pytest

_AUTHORITY = (
    "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\nsubjectKeyIdentifier=hash\n"
)
_SERVER = (
    "basicConstraints=CA:FALSE\nkeyUsage=critical,digitalSignature\nextendedKeyUsage=serverAuth\n"
    "subjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\nsubjectAltName={names}\n"
)


class Authority:
    """One of our own; ``certificate`` is the file to be trusted."""

    def __init__(self, folder: Path) -> None:
        if shutil.which("openssl") is None:
            pytest.skip("no openssl to make certificates with")
        self._folder = folder
        self.certificate = folder / "authority.pem"
        self._request("authority")
        self._sign("authority", _AUTHORITY, "-signkey", "authority.key")

    def server(self, names: str) -> ssl.SSLContext:
        """Return what a server needs that is called ``names``, like ``IP:127.0.0.1,DNS:localhost``."""
        self._request("server")
        self._sign("server", _SERVER.format(names=names), "-CA", "authority.pem", "-CAkey", "authority.key")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self._folder / "server.pem", self._folder / "server.key")
        return context

    def _request(self, name: str) -> None:
        key = (
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:prime256v1",
            "-nodes",
            "-keyout",
            f"{name}.key",
        )
        self._openssl("req", "-new", *key, "-subj", f"/CN=searchkit test {name}", "-out", f"{name}.csr")

    def _sign(self, name: str, extensions: str, *by: str) -> None:
        (self._folder / f"{name}.ext").write_text(extensions)
        serial = () if "-signkey" in by else ("-CAcreateserial",)
        files = ("-in", f"{name}.csr", "-extfile", f"{name}.ext", "-out", f"{name}.pem")
        self._openssl("x509", "-req", "-days", "2", *files, *by, *serial)

    def _openssl(self, *arguments: str) -> None:
        done = subprocess.run(
            ["openssl", *arguments], cwd=self._folder, capture_output=True, encoding="utf-8"
        )
        assert done.returncode == 0, done.stderr
