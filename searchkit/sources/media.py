"""Lines that show an image or a video."""

from __future__ import annotations

import re

_LONGEST = 4096
_FIRST = frozenset("![<h")
_PIECE = re.compile(
    r"!\[[^\]]{0,500}\]\(\s*<?(?P<image>[^\s)>]{0,2000})[^)]{0,500}\)"
    r"|\[\s*watch\s+video\s*\]\s*\(?\s*(?P<video>https?://[^\s)]+)\)?"
    r"|</?(?:div|video|source|img|iframe|figure|center|p|br)\b(?P<tag>[^>]*)(?:>|$)"
    r"|(?P<bare>https?://\S+\.(?:png|jpe?g|gif|webp|svg|mp4|mov|webm)(?=\s|$))",
    re.IGNORECASE,
)
IMAGE = re.compile(r"!\[\]\(([^\s()<>]{1,2000})\)")
"""An image as nearly all of them stand."""
_SOURCE = re.compile(r"""\bsrc\s*=\s*["']?([^"'\s>]+)""", re.IGNORECASE)


def media_links(line: str) -> list[str] | None:
    """Return the URLs of a line that holds images, videos and their tags only; None for any other line."""
    text = line.strip()
    if not text or text[0] not in _FIRST or len(text) > _LONGEST:
        return None
    if (image := IMAGE.fullmatch(text)) is not None:
        return [image[1]]
    links: list[str] = []

    def take(match: re.Match[str]) -> str:
        tag = match["tag"]
        links.extend(
            _SOURCE.findall(tag) if tag is not None else [match["image"] or match["video"] or match["bare"]]
        )
        return ""

    if _PIECE.sub(take, text).strip():
        return None
    return [link for link in links if link]
