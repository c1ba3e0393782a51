"""The document: what is indexed, searched and shown."""

from __future__ import annotations

import datetime
import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from searchkit.errors import DocumentError

MAX_ID_LENGTH = 512
FIELD_END, ITEM_BEGIN, NOTHING = "\x1e", "\x1f", "\x1d"
"""The signs between the fields of a document's content, before each item of a field, and for None."""

_ID = re.compile(r"[^\s\x00-\x1f\x7f-\x9f\ud800-\udfff]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """One paper, note or record.

    ``id`` holds no white space. ``date`` is ISO (``YYYY-MM-DD``) or None; ``votes`` is None where unknown.
    ``labels`` and ``bullet_lines`` run parallel to ``bullets`` (they may be empty, meaning none); a bullet is
    kept without its sign and its label. ``source`` is the root as typed and the path inside it; ``line`` is
    1-based, None for a document that came from no file. ``extra`` holds the keys of JSON Lines that have no
    meaning here. Strings keep their original normalisation.

    Raises:
        DocumentError: the id, a date, the votes or the type of a value are not of this form.
    """

    id: str
    title: str = ""
    bullets: tuple[str, ...] = ()
    labels: tuple[str | None, ...] = ()
    bullet_lines: tuple[int, ...] = ()
    date: str | None = None
    url: str | None = None
    arxiv_id: str | None = None
    authors: tuple[str, ...] = ()
    authors_truncated: bool = False
    votes: int | None = None
    media: tuple[str, ...] = ()
    source: str | None = None
    line: int | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Coerce sequences to tuples and reject what can't be indexed."""
        for name in ("bullets", "labels", "bullet_lines", "authors", "media"):
            value = getattr(self, name)
            if type(value) is tuple:
                continue
            try:
                object.__setattr__(self, name, (value,) if isinstance(value, str) else tuple(value))
            except TypeError as error:
                raise DocumentError(
                    f"{_shortened(self.id)}: {name} must be several, not one value"
                ) from error
        if not isinstance(self.id, str) or not _ID.fullmatch(self.id) or len(self.id) > MAX_ID_LENGTH:
            raise DocumentError(
                f"{_shortened(self.id)} can't be an id: use 1 to {MAX_ID_LENGTH} characters without white space"
            )
        if not _all_of(str, (self.title, *self.bullets)):
            raise DocumentError(f"{self.id}: the title and the bullets must be strings")
        known = [text for text in (*self.labels, self.url, self.arxiv_id, self.source) if text is not None]
        if not _all_of(str, (*self.authors, *self.media, *known)):
            raise DocumentError(
                f"{self.id}: authors, media, labels, url, arxiv_id and source must be strings"
            )
        if not _all_of(int, self.bullet_lines if self.line is None else (self.line, *self.bullet_lines)):
            raise DocumentError(f"{self.id}: the lines must be whole numbers")
        if self.labels and len(self.labels) != len(self.bullets):
            raise DocumentError(f"{self.id}: {len(self.labels)} labels for {len(self.bullets)} bullets")
        if self.date is not None and not (isinstance(self.date, str) and _is_date(self.date)):
            raise DocumentError(f"{self.id}: {_shortened(self.date)} is not a date of the form YYYY-MM-DD")
        if self.votes is not None and (
            not isinstance(self.votes, int) or isinstance(self.votes, bool) or abs(self.votes) >= 2**31
        ):
            raise DocumentError(f"{self.id}: {_shortened(self.votes)} is not a number of votes")

    def as_dict(self) -> dict[str, Any]:
        """Return the document as JSON shows it, every key present, tuples as lists."""
        return {
            "id": self.id,
            "title": self.title,
            "date": self.date,
            "url": self.url,
            "arxiv_id": self.arxiv_id,
            "authors": list(self.authors),
            "authors_truncated": self.authors_truncated,
            "votes": self.votes,
            "bullets": list(self.bullets),
            "labels": list(self.labels) or [None] * len(self.bullets),
            "bullet_lines": list(self.bullet_lines),
            "media": list(self.media),
            "source": self.source,
            "line": self.line,
            "extra": dict(self.extra),
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Document:
        """Make the document that `as_dict` described.

        Raises:
            DocumentError: the values are not a document's.
        """
        try:
            return cls(**values)
        except TypeError as error:
            raise DocumentError(f"these keys are not a document's: {error}") from error

    def content_hash(self) -> str:
        """Return 16 hexadecimal digits that differ when anything but the place of the document differs."""
        text = content(self)
        if text is None:
            text = repr((self.id, self.title, self.date, self.url, self.arxiv_id, self.votes))
            text += repr((self.authors, self.authors_truncated, self.bullets, self.labels, self.media))
        if self.extra:
            text += FIELD_END + json.dumps(dict(self.extra), sort_keys=True, default=str)
        return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()


def content(document: Document) -> str | None:
    """Return what a document says, all but its place and ``extra``, as one text; None if it holds the signs itself.

    The fields end with `FIELD_END` but for the last, items begin with `ITEM_BEGIN`, and `NOTHING` stands for None.
    """
    labels = [NOTHING if label is None else label for label in document.labels]
    url, arxiv_id = document.url, document.arxiv_id
    text = FIELD_END.join(
        (
            "+" if document.authors_truncated else "-",
            document.id,
            document.title,
            document.date or "",
            NOTHING if url is None else url,
            NOTHING if arxiv_id is None else arxiv_id,
            "" if document.votes is None else f"{document.votes:d}",
            ITEM_BEGIN.join(("", *document.authors)),
            ITEM_BEGIN.join(("", *document.bullets)),
            ITEM_BEGIN.join(("", *labels)),
            ITEM_BEGIN.join(("", *document.media)),
        )
    )
    items = len(document.authors) + len(document.bullets) + len(labels) + len(document.media)
    nothings = document.labels.count(None) + (url is None) + (arxiv_id is None)
    whole = (
        text.count(FIELD_END) == 10 and text.count(ITEM_BEGIN) == items and text.count(NOTHING) == nothings
    )
    return text if whole else None


def _all_of(kind: type, values: tuple[object, ...]) -> bool:
    # A look at the distinct types is enough nearly always, and much quicker.
    return {*map(type, values)} <= {kind} or all(isinstance(value, kind) for value in values)


@lru_cache(maxsize=1024)
def _is_date(text: str) -> bool:
    try:
        return datetime.date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _shortened(value: object) -> str:
    try:
        shown = repr(value)
    except ValueError:  # Python writes no integer of more than 4,300 digits
        return "a number that long"
    return shown if len(shown) <= 80 else f"{shown[:79]}…"
