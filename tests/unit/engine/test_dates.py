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
    assert dates.iso_day("2027-06-30") == "30 June 2027"
    assert dates.iso_day(None) == ""


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (datetime(2027, 1, 6, 0, 0, tzinfo=UTC), "the end of 5 January 2027"),
        (datetime(2027, 6, 30, 23, 0, tzinfo=UTC), "the end of 30 June 2027"),
        (datetime(2027, 1, 6, 17, 0, tzinfo=UTC), "6 January 2027 at 5pm"),
        (None, ""),
    ],
)
def test_what_is_due_at_midnight_is_due_by_the_end_of_the_day_before(value, said):
    assert dates.due(value) == said
