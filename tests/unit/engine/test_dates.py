"""Dates and times as pages write them."""

from datetime import UTC, date, datetime

import pytest

from engine.web import dates


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (datetime(2027, 1, 4, 9, 30, tzinfo=UTC), "4 January 2027 at 9:30am"),
        (datetime(2027, 6, 30, 23, 0, tzinfo=UTC), "1 July 2027 at 12am"),
        (datetime(2027, 6, 30, 11, 5, tzinfo=UTC), "30 June 2027 at 12:05pm"),
        (None, ""),
    ],
)
def test_a_moment_is_written_in_the_clock_of_the_wall(value, said):
    assert dates.moment(value) == said


def test_a_day_is_the_one_that_the_moment_falls_on_there():
    assert dates.day(datetime(2027, 6, 30, 23, 0, tzinfo=UTC)) == "1 July 2027"
    assert dates.day(date(2027, 6, 30)) == "30 June 2027"
    assert dates.day(None) == ""
