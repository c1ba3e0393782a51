"""Ids of documents: what a URL says of its paper, and names made fit to be ids."""

from __future__ import annotations

import re
from urllib.parse import quote

_ARXIV = re.compile(
    r"(?:arxiv\.org/[a-z]+/|huggingface\.co/papers/|alphaxiv\.org/[a-z]+/)"
    r"([0-9]{4}\.[0-9]{4,5}|[a-z-]+(?:\.[A-Z]{2})?/[0-9]{7})(?:v[0-9]+)?(?:\.pdf)?/?(?:[?#].*)?"
)
_UNFIT = re.compile(r"[\s\x00-\x1f\x7f-\x9f\ud800-\udfff]")


def arxiv_id(url: str) -> str | None:
    """Return the arXiv id, without version, of a URL of arXiv or of a site that uses its ids, None for others."""
    match = _ARXIV.search(url)
    return match[1] if match is not None else None


def last_segment(url: str) -> str:
    """Return what follows the last slash of a URL, its query included; of a bare host the host."""
    path, mark, query = url.partition("?")
    return path.rstrip("/").rpartition("/")[2] + mark + query


def fit(text: str) -> str:
    """Return ``text`` with white space, control characters and broken file name bytes percent-encoded."""
    return _UNFIT.sub(lambda match: quote(match[0].encode("utf-8", "surrogatepass"), safe=""), text)
