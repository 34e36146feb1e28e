"""A moment comes back from either database as it was, and a naive one never gets in."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import DateTime
from sqlalchemy.dialects import sqlite

from engine import moments

LONDON = ZoneInfo("Europe/London")


@pytest.mark.parametrize(
    "moment",
    [datetime(2026, 11, 22, 9, 0, tzinfo=UTC), datetime(2026, 7, 1, 9, 0, 0, 5, tzinfo=LONDON)],
    ids=["whole", "with a fraction, in summer"],
)
def test_a_moment_is_read_as_it_was_written_and_kept_as_sqlalchemy_keeps_it(moment):
    its_own = DateTime().dialect_impl(sqlite.dialect()).bind_processor(sqlite.dialect())

    text = moments.written(moment)

    assert moments.read(text) == moment
    assert text == its_own(moment.astimezone(UTC).replace(tzinfo=None))


def test_the_hour_that_comes_twice_is_two_hours():
    first = datetime(2026, 10, 25, 1, 30, tzinfo=LONDON)

    said = moments.written(first), moments.written(first.replace(fold=1))

    assert said == ("2026-10-25 00:30:00.000000", "2026-10-25 01:30:00.000000")


def test_a_moment_without_a_zone_is_refused():
    with pytest.raises(ValueError, match="without a zone"):
        moments.written(datetime(2026, 11, 22, 9, 0))  # noqa: DTZ001 - it is what is refused
