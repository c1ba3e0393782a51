"""Options are errors when wrong, and say which form they have."""

from __future__ import annotations

import datetime

import pytest

from searchkit.errors import OptionError, SearchkitError
from searchkit.query.options import check_page, filters
from searchkit.query.plan import Author, DateRange, MinVotes, name_words


def test_filters_are_inclusive_and_take_years_months_and_days():
    assert filters() == ()
    assert filters(since="2023-12", until="2024-02") == (DateRange("2023-12-01", "2024-02-29"),)
    assert filters(since=datetime.date(2023, 12, 8)) == (DateRange("2023-12-08", None),)
    assert filters(min_votes=0, author="Kim  Jean-Luc") == (MinVotes(0), Author(("kim", "jean", "luc")))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"since": "x"}, "since 'x' is not a date: use YYYY, YYYY-MM or YYYY-MM-DD"),
        ({"until": "2023-02-30"}, "until '2023-02-30' is not a date"),
        ({"since": ""}, "since '' is not a date"),
        ({"since": "2024", "until": "2023"}, "since 2024-01-01 is after until 2023-12-31: swap them"),
        ({"min_votes": "many"}, "min_votes 'many' is not a whole number"),
        ({"min_votes": True}, "min_votes True is not a whole number"),
        ({"author": " ,"}, "author ' ,' holds no word"),
    ],
)
def test_wrong_filters_are_errors(options, message):
    with pytest.raises(OptionError, match=message) as caught:
        filters(**options)
    assert caught.value.option in options
    assert isinstance(caught.value, SearchkitError)
    assert isinstance(caught.value, ValueError)


def test_pages():
    check_page(10, 9990, "votes")
    for arguments in (
        (-1, 0, "date"),
        (10, -1, "date"),
        (10, 9991, "date"),
        (1.5, 0, "date"),
        (10, 0, "foo"),
    ):
        with pytest.raises(OptionError):
            check_page(*arguments)


def test_words_of_names_meet_whatever_their_form():
    assert name_words("Yingyan, Lin") == ("yingyan", "lin")
    assert name_words("JOSE\u0301 O'Brien") == ("josé", "o", "brien")
