"""The working days of an organisation: its division's bank holidays, and the days that it or one above it set."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

from sqlalchemy import ColumnElement, Connection, delete, insert, select

from engine.errors import Missing
from engine.roles import directory
from engine.text import clean
from engine.timing.workday_tables import calendar_days, working_calendars
from engine.timing.workdays import Calendar, Division, national

DEFAULT: Final = Division.ENGLAND_AND_WALES
_TITLE: Final = 80


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnDay:
    """A day that an organisation set itself: worked although a holiday, or closed although none."""

    organisation: str
    day: date
    works: bool
    title: str


def calendar_of(conn: Connection, trust: str, organisation: str) -> Calendar:
    """Return the calendar of an organisation; of what is said of a day the nearest organisation upward decides.

    Raises `Missing` where the trust has no such organisation.
    """
    path = directory.path(conn, trust, organisation)
    calendar = national(_division(conn, trust, path))
    said = own_days(conn, trust, path)
    for above in reversed(path):
        mine = [one for one in said if one.organisation == above]
        closed = {one.day: one.title for one in mine if not one.works}
        calendar = calendar.changed(closed, (one.day for one in mine if one.works))
    return calendar


def division_of(conn: Connection, trust: str, organisation: str) -> Division:
    """Return the division that is set nearest upward, else England and Wales."""
    return _division(conn, trust, directory.path(conn, trust, organisation))


def own_days(conn: Connection, trust: str, organisations: tuple[str, ...]) -> tuple[OwnDay, ...]:
    """Return the days that these organisations set themselves, in order."""
    mine = (calendar_days.c.trust == trust, calendar_days.c.organisation.in_(organisations))
    query = select(calendar_days).where(*mine).order_by(calendar_days.c.day, calendar_days.c.organisation)
    return tuple(
        OwnDay(organisation=row.organisation, day=row.day, works=row.works, title=row.title)
        for row in conn.execute(query)
    )


def set_division(conn: Connection, trust: str, organisation: str, division: Division) -> None:
    """Have an organisation, and what lies below it, keep the holidays of a division; raises `Missing`."""
    directory.path(conn, trust, organisation)
    mine = (working_calendars.c.trust == trust, working_calendars.c.organisation == organisation)
    conn.execute(delete(working_calendars).where(*mine))
    row = {"trust": trust, "organisation": organisation, "division": str(division)}
    conn.execute(insert(working_calendars), row)


def set_day(conn: Connection, trust: str, own: OwnDay) -> None:
    """Set a day, in the place of what was said of it there; raises `Missing`."""
    directory.path(conn, trust, own.organisation)
    conn.execute(delete(calendar_days).where(*_same(trust, own.organisation, own.day)))
    row = {"trust": trust, "organisation": own.organisation, "day": own.day, "works": own.works}
    conn.execute(insert(calendar_days), {**row, "title": clean(own.title, _TITLE)})


def forget_day(conn: Connection, trust: str, organisation: str, day: date) -> None:
    """Take back what an organisation said of a day; raises `Missing` where it said nothing."""
    if conn.execute(delete(calendar_days).where(*_same(trust, organisation, day))).rowcount == 0:
        raise Missing("Nothing is set for this day there.", organisation=organisation, day=day.isoformat())


def _division(conn: Connection, trust: str, path: tuple[str, ...]) -> Division:
    query = select(working_calendars.c.organisation, working_calendars.c.division).where(
        working_calendars.c.trust == trust, working_calendars.c.organisation.in_(path)
    )
    chosen = {row.organisation: row.division for row in conn.execute(query)}
    return next((Division(chosen[place]) for place in path if place in chosen), DEFAULT)


def _same(trust: str, organisation: str, day: date) -> tuple[ColumnElement[bool], ...]:
    return (
        calendar_days.c.trust == trust,
        calendar_days.c.organisation == organisation,
        calendar_days.c.day == day,
    )
