"""Values of any common type as JSON, so that stored fields need no pickle.

What JSON lacks is an object with the one key ``$``: ``{"$": ["tuple", [1, 2]]}``.
"""

from __future__ import annotations

import base64
import datetime
import json
from decimal import Decimal
from typing import Any

from searchkit.errors import DocumentError, IndexCorrupt

_TAG = "$"
_AS_TEXT: dict[type, tuple[str, Any]] = {
    Decimal: ("decimal", Decimal),
    datetime.datetime: ("datetime", datetime.datetime.fromisoformat),
    datetime.date: ("date", datetime.date.fromisoformat),
    datetime.time: ("time", datetime.time.fromisoformat),
}
_FROM_TEXT = dict(_AS_TEXT.values())


def to_json(value: Any, name: str) -> str:
    """Return ``value`` as one line of ASCII JSON; ``name`` says in an error what it belongs to.

    Raises:
        DocumentError: a part of it is of a type that can't be kept.
    """
    try:
        return json.dumps(_pack(value, name), separators=(",", ":"))
    except RecursionError as error:
        raise DocumentError(f"{name}: the value is nested too deeply to be stored") from error


def from_json(data: bytes) -> Any:
    """Return the value that `to_json` wrote.

    Raises:
        IndexCorrupt: it is not such a value.
    """
    try:
        return json.loads(data, object_hook=_unpack)
    except (ValueError, TypeError, KeyError, ArithmeticError, RecursionError) as error:
        raise IndexCorrupt(f"a stored value can't be read ({error}); build the index anew") from error


def _pack(value: Any, name: str) -> Any:
    kind = type(value)
    if value is None or kind in (bool, int, float, str):
        return value
    if kind is list:
        return [_pack(item, name) for item in value]
    if kind is dict:
        if all(type(key) is str for key in value) and _TAG not in value:
            return {key: _pack(item, name) for key, item in value.items()}
        return {_TAG: ["dict", [[_pack(key, name), _pack(item, name)] for key, item in value.items()]]}
    if kind in (tuple, set, frozenset):
        return {_TAG: [kind.__name__, [_pack(item, name) for item in value]]}
    if kind is bytes:
        return {_TAG: ["bytes", base64.b64encode(value).decode()]}
    if kind is datetime.timedelta:
        return {_TAG: ["timedelta", [value.days, value.seconds, value.microseconds]]}
    if kind in _AS_TEXT:
        text = str(value) if kind is Decimal else value.isoformat()
        return {_TAG: [_AS_TEXT[kind][0], text]}
    raise DocumentError(
        f"{name}: a value of type {kind.__module__}.{kind.__qualname__} can't be stored; "
        "use text, numbers, bytes, dates, or lists, tuples, sets and dictionaries of them"
    )


def _unpack(found: dict[str, Any]) -> Any:
    if len(found) != 1 or _TAG not in found:
        return found
    kind, content = found[_TAG]
    if kind in _FROM_TEXT:
        return _FROM_TEXT[kind](content)
    if kind == "dict":
        return dict(content)
    if kind == "bytes":
        return base64.b64decode(content, validate=True)
    if kind == "timedelta":
        return datetime.timedelta(*content)
    return {"tuple": tuple, "set": set, "frozenset": frozenset}[kind](content)
