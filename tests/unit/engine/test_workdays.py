"""Working days and local times, as tables: three divisions, substitutes, month ends, leap days, both clock changes."""

from datetime import UTC, date, datetime, time

import pytest

from engine.errors import Invalid
from engine.timing.workdays import Calendar, Division, add_working_days, at_local, due, later, national

ENGLAND, SCOTLAND, NORTHERN_IRELAND = Division.ENGLAND_AND_WALES, Division.SCOTLAND, Division.NORTHERN_IRELAND


@pytest.mark.parametrize(
    ("division", "day", "days", "found"),
    [
        (ENGLAND, "2026-11-20", 1, "2026-11-23"),  # Friday to Monday
        (ENGLAND, "2026-11-21", 1, "2026-11-23"),  # from a Saturday
        (ENGLAND, "2026-11-21", 0, "2026-11-23"),  # no days: the next that is worked
        (ENGLAND, "2026-11-23", 0, "2026-11-23"),
        (ENGLAND, "2026-11-23", -1, "2026-11-20"),
        (ENGLAND, "2026-11-23", 10, "2026-12-07"),
        (ENGLAND, "2026-12-24", 1, "2026-12-29"),  # Christmas on a Friday, Boxing Day's substitute on Monday
        (ENGLAND, "2027-12-24", 1, "2027-12-29"),  # both on a weekend, both substituted
        (ENGLAND, "2027-12-31", 1, "2028-01-04"),  # New Year on a Saturday
        (ENGLAND, "2028-02-28", 1, "2028-02-29"),  # a leap day
        (ENGLAND, "2028-02-29", 1, "2028-03-01"),
        (ENGLAND, "2027-01-29", 1, "2027-02-01"),  # the end of a month on a Friday
        (SCOTLAND, "2026-01-01", 1, "2026-01-05"),  # the second of January too
        (SCOTLAND, "2027-12-31", 1, "2028-01-05"),  # two substitutes in a row
        (SCOTLAND, "2027-03-26", 1, "2027-03-29"),  # Easter Monday is worked
        (ENGLAND, "2027-03-25", 1, "2027-03-30"),  # Good Friday and Easter Monday are not
        (SCOTLAND, "2026-11-27", 1, "2026-12-01"),  # Saint Andrew
        (NORTHERN_IRELAND, "2026-03-16", 1, "2026-03-18"),  # Saint Patrick
        (NORTHERN_IRELAND, "2026-07-10", 1, "2026-07-14"),  # the Boyne, its substitute
        (ENGLAND, "2026-07-10", 1, "2026-07-13"),
    ],
)
def test_working_days_are_counted(division, day, days, found):
    assert add_working_days(national(division), date.fromisoformat(day), days) == date.fromisoformat(found)


def test_own_days_go_before_the_divisions():
    calendar = national(SCOTLAND).changed({date(2026, 6, 15): "World Cup"}, [date(2026, 11, 30), date(2026, 12, 5)])

    assert not calendar.works(date(2026, 6, 15))
    assert calendar.works(date(2026, 11, 30))
    assert calendar.works(date(2026, 12, 5))
    assert calendar.changed({date(2026, 12, 5): "Closed after all"}, []).works(date(2026, 12, 5)) is False
    assert national(SCOTLAND).works(date(2026, 6, 15))


def test_more_days_than_anybody_counts_are_refused():
    never = Calendar(holidays={}).changed({}, [])

    assert never.known_until is None
    with pytest.raises(Invalid):
        add_working_days(never, date(2026, 1, 1), 1001)


def test_a_calendar_without_working_days_is_refused():
    closed = Calendar(holidays={date.fromordinal(number): "Closed" for number in range(739_000, 745_000)})

    with pytest.raises(Invalid):
        add_working_days(closed, date.fromordinal(739_001), 1)


@pytest.mark.parametrize(
    ("now", "days", "found"),
    [
        ("2026-03-27T12:00:00Z", 1, "2026-03-30T23:00:00Z"),  # due at the end of Monday, in summer time
        ("2026-03-26T12:00:00Z", 1, "2026-03-28T00:00:00Z"),  # the end of Friday, still in winter time
        ("2026-10-23T12:00:00Z", 1, "2026-10-27T00:00:00Z"),  # the end of Monday, in winter time again
        ("2026-06-30T23:30:00Z", 1, "2026-07-02T23:00:00Z"),  # there it is the first of July already
    ],
)
def test_what_is_due_is_due_at_a_local_midnight(now, days, found):
    assert due(national(ENGLAND), datetime.fromisoformat(now), days) == datetime.fromisoformat(found)


@pytest.mark.parametrize(
    ("day", "at", "found"),
    [
        ("2026-03-28", "01:30", "2026-03-28T01:30:00Z"),
        ("2026-03-29", "01:30", "2026-03-29T01:30:00Z"),  # skipped by the clocks: an hour later, 02:30 there
        ("2026-03-30", "01:30", "2026-03-30T00:30:00Z"),
        ("2026-10-25", "01:30", "2026-10-25T00:30:00Z"),  # comes twice: the first
        ("2026-10-26", "01:30", "2026-10-26T01:30:00Z"),
        ("2028-02-29", "09:00", "2028-02-29T09:00:00Z"),
    ],
)
def test_local_time_is_kept(day, at, found):
    moment = at_local(date.fromisoformat(day), time.fromisoformat(at))

    assert moment == datetime.fromisoformat(found)
    assert moment.tzinfo is UTC


@pytest.mark.parametrize(
    ("now", "days", "found"),
    [
        ("2026-03-28T09:00:00Z", 1, "2026-03-29T08:00:00Z"),
        ("2026-10-24T08:00:00Z", 1, "2026-10-25T09:00:00Z"),
        ("2026-01-31T09:00:00Z", 28, "2026-02-28T09:00:00Z"),
        ("2028-02-28T09:00:00Z", 2, "2028-03-01T09:00:00Z"),
    ],
)
def test_days_later_it_is_the_same_time_there(now, days, found):
    assert later(datetime.fromisoformat(now), days) == datetime.fromisoformat(found)
