"""How many places are needed each month, by what expires, and how many there are on classes."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, and_, func, select

from workflows.competence import store
from workflows.competence.records import AwardState
from workflows.competence.tables import awards
from workflows.learning.records import ClassState, EnrolmentState
from workflows.learning.tables import classes, enrolments, offerings, sessions

_LONDON: Final = ZoneInfo("Europe/London")
_BATCH: Final = 1_000
_TAKEN: Final = (EnrolmentState.CONFIRMED, EnrolmentState.ATTENDED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Seats:
    """One competence in one month (`2027-01`): awards that posts require and that end, and free places on classes."""

    month: str
    competence: str
    name: str
    needed: int
    free: int


def seats(connection: Connection, trust: str, now: datetime, days: int) -> list[Seats]:
    """Return what is needed and what there is, by month and name, for so many days."""
    today = now.astimezone(_LONDON).date()
    needed = _needed(connection, trust, today, today + timedelta(days=days))
    free = _free(connection, trust, now, now + timedelta(days=days))
    names = store.by_id(connection, trust, {competence for _month, competence in needed | free})
    found = [
        Seats(month=month, competence=key, name=names[key].name, needed=needed[month, key], free=free[month, key])
        for month, key in needed | free
    ]
    return sorted(found, key=lambda one: (one.month, one.name))


def _needed(connection: Connection, trust: str, today: date, until: date) -> Counter[tuple[str, str]]:
    held = (awards.c.trust == trust, awards.c.state == AwardState.HELD)
    ending = select(awards.c.person, awards.c.competence, awards.c.ends_on).where(
        *held, awards.c.ends_on >= today, awards.c.ends_on <= until
    )
    rows = connection.execute(ending).all()
    counted: Counter[tuple[str, str]] = Counter()
    for first in range(0, len(rows), _BATCH):
        some = rows[first : first + _BATCH]
        needs = store.needs(connection, trust, {row.person for row in some})
        counted.update((f"{row.ends_on:%Y-%m}", row.competence) for row in some if row.competence in needs[row.person])
    return counted


def _free(connection: Connection, trust: str, now: datetime, until: datetime) -> Counter[tuple[str, str]]:
    on_offering = and_(offerings.c.trust == classes.c.trust, offerings.c.id == classes.c.offering)
    taken = (
        select(func.count())
        .where(enrolments.c.trust == trust, enrolments.c.course_class == classes.c.id, enrolments.c.state.in_(_TAKEN))
        .correlate(classes)
        .scalar_subquery()
    )
    first = (
        select(func.min(sessions.c.starts_at))
        .where(sessions.c.trust == trust, sessions.c.course_class == classes.c.id)
        .correlate(classes)
        .scalar_subquery()
    )
    rows = connection.execute(
        select(offerings.c.competence, (classes.c.maximum - taken).label("free"), first.label("starts_at"))
        .join(offerings, on_offering)
        .where(classes.c.trust == trust, classes.c.state.in_((ClassState.NORMAL, ClassState.FULL)))
        .where(offerings.c.competence.is_not(None), classes.c.maximum.is_not(None), first > now, first <= until)
    )
    free: Counter[tuple[str, str]] = Counter()
    for row in rows:
        free[f"{row.starts_at.astimezone(_LONDON):%Y-%m}", row.competence] += row.free
    return free
