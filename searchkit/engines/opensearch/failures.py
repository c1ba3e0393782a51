"""What the driver and the server say goes wrong, as this package's errors: the only place that knows theirs."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from searchkit.engines.opensearch import driver
from searchkit.errors import EngineUnavailable

NOT_FOUND = 404
CONFLICT = 409
TOO_LARGE = 413
NO_SPACE = "No space left on device"
BUSY = frozenset((429, 502, 503, 504))
CREDENTIALS = (
    "SEARCHKIT_OPENSEARCH_USER and SEARCHKIT_OPENSEARCH_PASSWORD (or SEARCHKIT_OPENSEARCH_PASSWORD_FILE)"
)
_LONGEST_REASON = 300


class Busy(EngineUnavailable):
    """The cluster can't do it now; the same request may pass in a moment."""


class NoAnswer(Busy):
    """No node could be reached; another may."""


class Dropped(NoAnswer):
    """The connection ended before there was an answer; what was asked for may have been done."""


class Refused(EngineUnavailable):
    """The server understood the request and refuses it; ``kind`` is its own word for why."""

    def __init__(self, message: str, *, kind: str = "") -> None:
        super().__init__(message)
        self.kind = kind


class NothingThere(Refused):
    """There is no such index or document."""


class Conflict(Refused):
    """Somebody else was first: the document has changed, or the index exists."""


class TooLarge(Refused):
    """The server takes no request of that size."""


@dataclass(frozen=True)
class Where:
    """Who was asked: the address of the cluster, whether a user was named, and how long it had, in seconds."""

    server: str
    secure: bool = False
    with_user: bool = False
    seconds: float = 0.0


def translate(error: Exception, where: Where) -> EngineUnavailable:
    """Return the error of this package that stands for one of the driver's; the message holds no secret."""
    if isinstance(error, driver.SSLError):
        return EngineUnavailable(f"{where.server}: {_tls(str(error.info))}")
    if isinstance(error, driver.ConnectionTimeout):
        return NoAnswer(
            f"{where.server}: no answer within {where.seconds:g} seconds; a node may hang or be overloaded: "
            "look at the cluster and try again"
        )
    if isinstance(error, driver.NoConnection):
        return _connection(str(error.info), where)
    if isinstance(error, driver.TransportError) and isinstance(error.status_code, int):
        kind, reason = said_by(error.info)
        return answered(error.status_code, kind, reason, where)
    if isinstance(error, driver.SerializationError):
        return _stranger(where)
    return EngineUnavailable(
        f"{where.server}: the OpenSearch client failed ({type(error).__name__}); "
        "run it again with -v for the traceback"
    )


def answered(status: int, kind: str, reason: str, where: Where) -> EngineUnavailable:
    """Return the error for a request, or one item of a bulk request, that the server answered with ``status``."""
    server = where.server
    blocked = _block(reason) if kind == "cluster_block_exception" else ""
    if blocked:
        return (
            Busy(f"{server}: {blocked}")
            if "not ready" in blocked
            else Refused(f"{server}: {blocked}", kind=kind)
        )
    if NO_SPACE in reason:
        return Refused(f"{server}: the disk of a node is full; make room there and run it again", kind=kind)
    if status == 401:
        told = f"the user and password in {CREDENTIALS} are refused"
        asked = f"the server asks for a user and a password; set {CREDENTIALS}"
        return Refused(f"{server}: {told if where.with_user else asked}", kind=kind)
    if status == 403:
        who = "the user in SEARCHKIT_OPENSEARCH_USER" if where.with_user else "a request without a user"
        return Refused(
            f"{server}: {who} may not do that{_because(kind, reason)}; ask for the right", kind=kind
        )
    if status == 429:
        return Busy(f"{server}: too many requests; the cluster is overloaded: try again later")
    if status in BUSY:
        return Busy(
            f"{server}: the cluster can't answer now{_because(kind, reason) or f' ({status})'}; try again later"
        )
    if status == TOO_LARGE:
        return TooLarge(
            f"{server}: takes no request of that size; raise http.max_content_length there", kind=kind
        )
    if not kind:
        return _stranger(where)
    if status == NOT_FOUND:
        return NothingThere(f"{server}: nothing there{_because(kind, reason)}", kind=kind)
    if status == CONFLICT or kind == "resource_already_exists_exception":
        return Conflict(f"{server}: somebody else was first{_because(kind, reason)}", kind=kind)
    return Refused(f"{server}: the server answered {status}{_because(kind, reason)}", kind=kind)


def said_by(info: Any) -> tuple[str, str]:
    """Return the type and the reason in the body of an error that a server answered; empty if it has none."""
    if not isinstance(info, Mapping):
        return "", ""
    if "error" not in info:
        # What was asked for may be missing without anything being wrong: {"found": false}.
        return ("not_found", "") if "found" in info or "result" in info else ("", "")
    error = info["error"]
    if not isinstance(error, Mapping):
        return "error", str(error)
    reasons = [str(error.get("reason") or "")]
    for cause in (*_list(error.get("root_cause")), error.get("caused_by")):
        if isinstance(cause, Mapping) and cause.get("reason"):
            reasons.append(str(cause["reason"]))
    return str(error.get("type") or ""), "; ".join(dict.fromkeys(filter(None, reasons)))


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _because(kind: str, reason: str) -> str:
    text = " ".join(f"{kind}: {reason}".split()).strip(": ")
    if len(text) > _LONGEST_REASON:
        text = text[:_LONGEST_REASON] + "…"
    return f" ({text})" if text else ""


def _block(reason: str) -> str:
    """Say in plain words what blocks an index; the numbers are the server's ids of its blocks."""
    numbers = set(map(int, re.findall(r"\[[A-Z_]+/(\d+)/", reason)))
    named = re.search(r"index \[([^\]]+)\]", reason)
    index = f"the index {named[1]}" if named else "the cluster"
    if numbers & {12, 13} or "flood-stage" in reason or "disk" in reason:
        return (
            f"the disks are full (flood-stage watermark) and {index} is read-only; make room and run it again"
        )
    if 10 in numbers:
        return "the cluster takes no new indexes, its disks may be full; make room and run it again"
    if numbers & {1, 2, 3}:
        return "the cluster is not ready (no manager node); try again later"
    return f"{index} is read-only; lift its block (index.blocks.*) and run it again"


def _tls(cause: str) -> str:
    if "CERTIFICATE_VERIFY_FAILED" in cause or "certificate" in cause.lower():
        if "ostname" in cause or "IP address mismatch" in cause or "doesn't match" in cause:
            return "the certificate is for another host; use the name that it is made out to"
        found = re.search(r"certificate verify failed: ([^(]+?) ?\(", cause)
        why = f" ({found[1]})" if found else ""
        return f"the certificate is not trusted{why}; name its authority's file in SEARCHKIT_OPENSEARCH_CA"
    if "WRONG_VERSION_NUMBER" in cause or "record layer" in cause.lower() or "HTTP_REQUEST" in cause:
        return "the server speaks no TLS; if that is right, use opensearch:// in the address"
    return "the TLS connection was refused; check the server's TLS settings and SEARCHKIT_OPENSEARCH_CA"


def _connection(cause: str, where: Where) -> EngineUnavailable:
    server = where.server
    mend = "start the cluster or correct the address"
    if any(sign in cause for sign in ("resolve", "not known", "parse")):
        return NoAnswer(f"{server}: no host of that name is known; {mend}")
    if "refused" in cause:
        return NoAnswer(f"{server}: no server answers there (connection refused); {mend}")
    if "unreachable" in cause or "No route" in cause:
        return NoAnswer(f"{server}: no way to that host; {mend}")
    if "timed out" in cause or "timeout" in cause.lower():
        return NoAnswer(f"{server}: no server answers there in time; {mend}")
    if where.secure:
        return Dropped(f"{server}: the server closed the connection; look at the cluster and try again")
    return Dropped(
        f"{server}: the server closed the connection; look at the cluster, "
        "or if it speaks TLS, use opensearch+https:// in the address"
    )


def _stranger(where: Where) -> EngineUnavailable:
    return EngineUnavailable(
        f"{where.server}: what answers there is no OpenSearch server; correct the address"
    )
