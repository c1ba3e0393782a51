"""Dates as people write them."""

from __future__ import annotations

import datetime
import re
from functools import lru_cache

_DATE = re.compile(r"([0-9]{4})([-./])([0-9]{1,2})\2([0-9]{1,2})\.?(?:[T ][0-9]{2}:?[0-9]{2}\S*)?")


@lru_cache(maxsize=1024)
def as_date(text: str) -> str | None:
    """Return the day of ``2024-04-02``, ``2024.4.2`` or ``2024-04-02T10:00:00Z`` as YYYY-MM-DD, None for others."""
    match = _DATE.fullmatch(text.strip())
    if match is None:
        return None
    try:
        return datetime.date(int(match[1]), int(match[3]), int(match[4])).isoformat()
    except ValueError:
        return None
