"""The address of an index on a cluster: ``opensearch://host:9200/name``, with TLS ``opensearch+https://…``."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import unquote

from searchkit.errors import OptionError

PLAIN = "opensearch"
SECURE = "opensearch+https"
DEFAULT_PORT = 9200
_URL = re.compile(r"^([A-Za-z][A-Za-z0-9+.\-]*)://(.*)$", re.DOTALL)
_HOST = re.compile(
    r"^(?:\[([0-9A-Fa-f:.]+)\]|([A-Za-z0-9](?:[A-Za-z0-9.\-]*[A-Za-z0-9.])?))(?::([0-9]{1,5}))?$"
)
_NOT_IN_NAMES = re.compile(r'[\s\\/*?"<>|,#:\x00-\x1f\x7f]')
# The names of the indexes that belong to one are made from its own by these endings.
_TAKEN = re.compile(r"-(?:ledger|[0-9]{6,})$")
_MOST_BYTES = 200
_EXAMPLE = "like opensearch://host:9200/name"


@dataclass(frozen=True)
class Address:
    """Where an index is: hosts with their ports, whether they speak TLS, and its name there."""

    hosts: tuple[tuple[str, int], ...]
    secure: bool
    name: str

    @property
    def server(self) -> str:
        """The address of the cluster, without the name."""
        places = ",".join(
            f"[{host}]:{port}" if ":" in host else f"{host}:{port}" for host, port in self.hosts
        )
        return f"{SECURE if self.secure else PLAIN}://{places}"

    def __str__(self) -> str:
        return f"{self.server}/{self.name}"


def is_address(text: str) -> bool:
    """Say whether ``text`` is meant as an address, right or wrong, and not as a folder."""
    return _URL.match(text) is not None


def parse_address(text: str) -> Address:
    """Return the address that ``text`` is.

    Raises:
        OptionError: It is none, or it holds a user or a password, which the message doesn't repeat.
    """
    match = _URL.match(text)
    scheme, rest = (match[1].lower(), match[2]) if match else ("", "")
    if "@" in rest or ("@" in text and not match):
        raise _wrong(
            f"an address holds no user and no password; set SEARCHKIT_OPENSEARCH_USER and "
            f"SEARCHKIT_OPENSEARCH_PASSWORD (or SEARCHKIT_OPENSEARCH_PASSWORD_FILE) and give it {_EXAMPLE}"
        )
    if scheme not in (PLAIN, SECURE):
        hint = {"http": PLAIN, "https": SECURE}.get(scheme)
        mend = f"; did you mean {hint}://{rest}?" if hint else f"; an index on a cluster is named {_EXAMPLE}"
        raise _wrong(f"{text}: not an address that searchkit knows{mend}")
    hosts, _, path = rest.partition("/")
    if "?" in rest or "#" in rest:
        raise _wrong(f"{text}: an address ends with the name of the index, {_EXAMPLE}")
    return Address(
        hosts=tuple(_host(host, text) for host in hosts.split(",")),
        secure=scheme == SECURE,
        name=_name(unquote(path[:-1] if path.endswith("/") else path), text),
    )


def _host(text: str, whole: str) -> tuple[str, int]:
    match = _HOST.match(text)
    if match is None:
        raise _wrong(f"{whole}: {text or 'nothing'} is no host and port; give the address {_EXAMPLE}")
    port = int(match[3] or DEFAULT_PORT)
    if not 0 < port < 1 << 16:
        raise _wrong(f"{whole}: there is no port {port}; give the address {_EXAMPLE}")
    return match[1] or match[2], port


def _name(name: str, whole: str) -> str:
    """Return the name of an index, if OpenSearch would take it and the indexes that belong to it."""
    if not name:
        raise _wrong(f"{whole}: the name of the index is missing; give the address {_EXAMPLE}")
    if name != name.lower() or name[0] in "-_+." or _NOT_IN_NAMES.search(name):
        raise _wrong(
            f"{whole}: {name} can't be the name of an index on a cluster; "
            "use lower-case letters, digits, - and _, a letter or digit first"
        )
    taken = _TAKEN.search(name)
    if taken:
        raise _wrong(f"{whole}: names that end in {taken[0]} are searchkit's own; take another")
    if len(name.encode()) > _MOST_BYTES:
        raise _wrong(f"{whole}: the name of the index is longer than {_MOST_BYTES} bytes; take a shorter one")
    return name


def _wrong(message: str) -> OptionError:
    return OptionError(message, option="index")
