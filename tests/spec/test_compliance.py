"""Colours and validity as tables: what is required, what is held, until when, and what that is today."""

from __future__ import annotations

from datetime import date

import pytest

from workflows.competence.compliance import Colour, colour, expiry
from workflows.competence.records import framework_of

TODAY = date(2026, 11, 30)
RED, AMBER, GREEN, BLUE = Colour.RED, Colour.AMBER, Colour.GREEN, Colour.BLUE


@pytest.mark.parametrize(
    ("required", "held", "ends_on", "expected"),
    [
        # required, held, valid through                  today is 30 November 2026
        (True, False, None, RED),  # never held
        (True, True, None, GREEN),  # for ever
        (True, True, date(2026, 11, 29), RED),  # ended yesterday
        (True, True, date(2026, 11, 30), AMBER),  # its last day still counts
        (True, True, date(2027, 2, 28), AMBER),  # three calendar months: February has no 30th
        (True, True, date(2027, 3, 1), GREEN),
        (False, True, date(2026, 11, 29), BLUE),
        (False, True, date(2027, 3, 1), BLUE),
        (False, True, None, BLUE),
        (False, False, None, None),
    ],
)
def test_a_colour_follows_from_requirement_award_and_day(
    *, required: bool, held: bool, ends_on: date | None, expected: Colour | None
) -> None:
    assert colour(required=required, held=held, ends_on=ends_on, today=TODAY) == expected


@pytest.mark.parametrize(
    ("completed_on", "months", "last_day"),
    [
        (date(2026, 11, 22), 12, date(2027, 11, 22)),
        (date(2026, 1, 31), 1, date(2026, 2, 28)),
        (date(2024, 2, 29), 12, date(2025, 2, 28)),
        (date(2024, 2, 29), 48, date(2028, 2, 29)),
        (date(2026, 8, 31), 3, date(2026, 11, 30)),
        (date(2026, 11, 22), None, None),
    ],
)
def test_an_award_is_valid_for_whole_calendar_months(
    completed_on: date, months: int | None, last_day: date | None
) -> None:
    assert expiry(completed_on, months) == last_day


@pytest.mark.parametrize(
    "name", ["NHS|CSTF|Fire Safety - 1 Year|", "NHS(CSTF)Fire Safety - 1 Year", "NHS CSTF Fire Safety - 1 Year"]
)
def test_a_framework_is_read_from_each_rendering_of_a_name(name: str) -> None:
    assert framework_of(name) == "NHS|CSTF"
