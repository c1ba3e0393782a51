"""Papers that a query names: arXiv ids, URLs of papers, whole ids of documents."""

from __future__ import annotations

import re
import unicodedata

from searchkit.analysis.identifiers import is_url
from searchkit.query.syntax import Words

_ARXIV_ID = re.compile(r"([0-9]{2}(?:0[1-9]|1[0-2])\.[0-9]{4,5})(?:v[0-9]{1,2})?")
_ARXIV_WITHIN = re.compile(rf"(?<![0-9A-Za-z.]){_ARXIV_ID.pattern}(?![0-9A-Za-z])")


def arxiv_ids(text: str) -> list[str]:
    """Return the arXiv ids that a word or a URL is or holds, without their versions."""
    found = _ARXIV_WITHIN.findall(text) if "/" in text else _ARXIV_ID.fullmatch(text)
    if isinstance(found, list):
        return found
    return [found.group(1)] if found else []


def named_papers(chunk: Words) -> list[str]:
    """Return the ids that ``chunk`` may be: its text where that is a path but no URL, then arXiv ids."""
    is_path = "/" in chunk.text and not any(is_url(word.key.form) for word in chunk.words)
    ids = [_storable(chunk.text)] if is_path else []
    for word in chunk.words:
        ids.extend(arxiv_ids(word.key.form))
    return list(dict.fromkeys(ids))


def typed_ids(typed: str) -> list[str]:
    """Return the ids that the value of ``id:`` may be: as typed, in NFC, then the arXiv id of a URL or a version."""
    typed = _storable(typed)
    papers = arxiv_ids(typed) if "/" not in typed or "://" in typed or "arxiv.org/" in typed else []
    return list(dict.fromkeys([typed, unicodedata.normalize("NFC", typed), *papers]))


def _storable(text: str) -> str:
    """Replace what no id can hold and no file can store: half characters."""
    return text.encode("utf-8", "replace").decode()
