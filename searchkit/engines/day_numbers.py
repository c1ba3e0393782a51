"""Dates as engines store and compare them: YYYYMMDD as a number."""

from __future__ import annotations


def day_number(date: str, missing: int = 0) -> int:
    """Return YYYY[-MM[-DD]] as a number, ``missing`` in place of what is not there."""
    year, *rest = (int(part) for part in date.split("-"))
    month, day = [*rest, missing, missing][:2]
    return year * 10_000 + month * 100 + day


def iso_date(number: int) -> str:
    """Return the date, YYYY-MM-DD, that `day_number` made a number of; empty for 0, which is none."""
    return f"{number // 10_000:04}-{number // 100 % 100:02}-{number % 100:02}" if number else ""
