"""How a document is stored: as one record of bytes, the same whatever engine keeps it."""

from __future__ import annotations

import json
from itertools import accumulate, pairwise
from operator import attrgetter

from searchkit.document import FIELD_END, ITEM_BEGIN, NOTHING, Document, content
from searchkit.errors import DocumentError, IndexCorrupt

_FIELDS = (
    "id",
    "title",
    "date",
    "url",
    "arxiv_id",
    "authors",
    "authors_truncated",
    "votes",
    "bullets",
    "labels",
    "bullet_lines",
    "media",
    "source",
    "line",
    "extra",
)
_JSON = b"["
"""What a record begins with that is JSON; no other one does."""
_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))
_values_of = attrgetter(*_FIELDS)


def encode(document: Document) -> bytes:
    """Return the document's content and then its place and ``extra``, in UTF-8; as ASCII JSON where that can't be.

    Lines of bullets are kept as what each is behind the one before, which is mostly 1.

    Raises:
        DocumentError: ``extra`` holds what JSON can't.
    """
    try:
        text = content(document)
        source = document.source
        extra = _ENCODER.encode(dict(document.extra)) if document.extra else ""
        if text is not None and (source is None or not _has_sign(source)):
            line = document.line
            steps = [str(after - before) for before, after in pairwise((line or 0, *document.bullet_lines))]
            lines = ITEM_BEGIN.join(("", *steps))
            known = NOTHING if source is None else source
            place = (text, known, "" if line is None else f"{line:d}", lines, extra)
            try:
                return FIELD_END.join(place).encode()
            except UnicodeEncodeError:
                pass
        values = [*_values_of(document)]
        values[-1] = dict(document.extra)
        return json.dumps(values, separators=(",", ":")).encode()
    except (TypeError, ValueError, RecursionError) as error:
        raise DocumentError(f"{document.id}: extra can't be written as JSON: {error}") from error


def _has_sign(text: str) -> bool:
    return FIELD_END in text or ITEM_BEGIN in text or NOTHING in text


def decode(record: bytes) -> Document:
    """Return the document of a record.

    Raises:
        IndexCorrupt: the record isn't one.
    """
    try:
        if record.startswith(_JSON):
            document = Document(**dict(zip(_FIELDS, json.loads(record), strict=True)))
        else:
            document = _document(*record.decode().split(FIELD_END))
        if not isinstance(document.extra, dict):
            raise ValueError("extra is no object")
        return document
    except (ValueError, TypeError, RecursionError, DocumentError) as error:
        raise IndexCorrupt(f"a stored document can't be read: {error}") from error


def _document(
    truncated: str,
    document_id: str,
    title: str,
    date: str,
    url: str,
    arxiv_id: str,
    votes: str,
    authors: str,
    bullets: str,
    labels: str,
    media: str,
    source: str,
    line: str,
    lines: str,
    extra: str,
) -> Document:
    first = int(line) if line else 0
    return Document(
        id=document_id,
        title=title,
        bullets=_items(bullets),
        labels=tuple([None if label == NOTHING else label for label in _items(labels)]),
        bullet_lines=tuple(accumulate(map(int, _items(lines)), initial=first))[1:],
        date=date or None,
        url=None if url == NOTHING else url,
        arxiv_id=None if arxiv_id == NOTHING else arxiv_id,
        authors=_items(authors),
        authors_truncated=truncated == "+",
        votes=int(votes) if votes else None,
        media=_items(media),
        source=None if source == NOTHING else source,
        line=int(line) if line else None,
        extra=json.loads(extra) if extra else {},
    )


def _items(field: str) -> tuple[str, ...]:
    return tuple(field.split(ITEM_BEGIN)[1:])
