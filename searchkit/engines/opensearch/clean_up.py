"""What a commit leaves behind: blobs, journals and indexes that nobody needs, and an alias that points elsewhere."""

from __future__ import annotations

import re
from urllib.parse import quote

from searchkit.engines.opensearch.head import Head
from searchkit.engines.opensearch.ledger import Ledger
from searchkit.errors import SearchkitError

_TIMEOUT = 60.0


def after_commit(ledger: Ledger, head: Head) -> None:
    """Let the alias point to the documents of ``head``, and remove what no commit names, made or in the making.

    The commit stands whatever happens here; what could not be done is done next time.
    """
    try:
        _point(ledger, head)
        # What a commit in the making has stored and not named yet begins with its name.
        kept = head.blobs()
        unneeded = {
            name: pieces
            for name, pieces in ledger.blob_pieces().items()
            if name not in kept and name.partition(".")[0] not in head.works
        }
        ledger.remove_blobs(unneeded.items())
        ledger.remove([each for each in ledger.notes() if each.split(".")[1] not in head.works])
        for name in indexes(ledger):
            if name not in head.indexes():
                ledger.connection.request("DELETE", "/" + quote(name, safe=""), timeout=_TIMEOUT)
    except SearchkitError:
        return


def indexes(ledger: Ledger) -> list[str]:
    """Return the names of all indexes with documents of builds of this index."""
    name = ledger.connection.address.name
    listed = ledger.connection.request(
        "GET", f"/_cat/indices/{quote(name, safe='')}-*", params={"format": "json", "h": "index"}
    )
    return sorted(
        each["index"] for each in listed if re.fullmatch(re.escape(name) + r"-\d{6,}", each["index"])
    )


def _point(ledger: Ledger, head: Head) -> None:
    alias = ledger.connection.address.name
    actions = [
        {"remove": {"index": f"{alias}-*", "alias": alias, "must_exist": False}},
        {"add": {"index": head.content.documents, "alias": alias}},
    ]
    ledger.connection.request("POST", "/_aliases", {"actions": actions}, timeout=_TIMEOUT)
