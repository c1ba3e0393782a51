"""Dates of queries: a year, a month, a day, or a range of them."""

from __future__ import annotations

import calendar
import datetime
import re

_DATE = re.compile(r"([0-9]{4})(?:-([0-9]{2})(?:-([0-9]{2}))?)?")
_RANGE = re.compile(r"\[\s*(\S*?)\s*\bto\b\s*(\S*?)\s*\]", re.IGNORECASE)
_OPEN_ENDS = ("", "*")


def date_span(text: str) -> tuple[str, str] | None:
    """Return the first and the last day, both ISO, of a year, a month or a day; None if ``text`` is none of them."""
    match = _DATE.fullmatch(text)
    if match is None:
        return None
    year, month, day = (int(part) if part else 0 for part in match.groups())
    try:
        first = datetime.date(year, month or 1, day or 1)
    except ValueError:
        return None
    if day:
        return first.isoformat(), first.isoformat()
    last_month = month or 12
    last = first.replace(month=last_month, day=calendar.monthrange(year, last_month)[1])
    return first.isoformat(), last.isoformat()


def date_range(text: str) -> tuple[str | None, str | None] | None:
    """Read a date, or ``[a TO b]`` with one end left open at most; None if it is neither or ends before it begins."""
    match = _RANGE.fullmatch(text)
    if match is None:
        return date_span(text)
    low, high = ("" if end in _OPEN_ENDS else end for end in match.groups())
    first, last = date_span(low), date_span(high)
    if (low and first is None) or (high and last is None) or not (first or last):
        return None
    if first and last and first[0] > last[1]:
        return None
    return first[0] if first else None, last[1] if last else None
