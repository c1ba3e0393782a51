"""The options of a search that are no query text: filters, pages and the order."""

from __future__ import annotations

import datetime

from searchkit.errors import OptionError
from searchkit.query.dates import date_span
from searchkit.query.plan import Author, DateRange, MinVotes, Node, name_words

SORTS = ("relevance", "date", "votes")
MAX_WINDOW = 10_000
"""``offset`` + ``limit`` at most."""


def filters(
    *,
    since: str | datetime.date | None = None,
    until: str | datetime.date | None = None,
    min_votes: int | None = None,
    author: str | None = None,
) -> tuple[Node, ...]:
    """Return the filters that the options of a search ask for; None asks for none.

    Raises:
        OptionError: an option is not of its form, or ``since`` is after ``until``.
    """
    nodes: list[Node] = []
    first = None if since is None else _day("since", since)[0]
    last = None if until is None else _day("until", until)[1]
    if first is not None and last is not None and first > last:
        raise OptionError(f"since {first} is after until {last}: swap them", option="since")
    if first is not None or last is not None:
        nodes.append(DateRange(first, last))
    if min_votes is not None:
        if not isinstance(min_votes, int) or isinstance(min_votes, bool) or abs(min_votes) >= 2**31:
            raise OptionError(
                f"min_votes {min_votes!r} is not a whole number: use 10, say", option="min_votes"
            )
        nodes.append(MinVotes(min_votes))
    if author is not None:
        words = name_words(author) if isinstance(author, str) else ()
        if not words:
            raise OptionError(
                f"author {author!r} holds no word: use a name or a part of one", option="author"
            )
        nodes.append(Author(words))
    return tuple(nodes)


def check_page(limit: int, offset: int, sort: str) -> None:
    """Check which hits are asked for, and in which order.

    Raises:
        OptionError: one of them is not of its form.
    """
    for name, value in (("limit", limit), ("offset", offset)):
        if not isinstance(value, int) or isinstance(value, bool) or value < 0:
            raise OptionError(
                f"{name} {value!r} is not a count: use 0 or a positive whole number", option=name
            )
    if limit + offset > MAX_WINDOW:
        raise OptionError(
            f"offset {offset} + limit {limit} is more than {MAX_WINDOW:,}: narrow the query, or filter by date",
            option="limit",
        )
    if sort not in SORTS:
        raise OptionError(f"sort {sort!r} is unknown: use one of {', '.join(SORTS)}", option="sort")


def _day(option: str, value: str | datetime.date) -> tuple[str, str]:
    if isinstance(value, datetime.datetime):
        value = value.date()
    span = date_span(value.isoformat() if isinstance(value, datetime.date) else str(value).strip())
    if span is None:
        raise OptionError(f"{option} {value!r} is not a date: use YYYY, YYYY-MM or YYYY-MM-DD", option=option)
    return span
