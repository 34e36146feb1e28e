"""What else somebody has at the times of a class: another class, or an absence of theirs; told before they enrol.

A place elsewhere bars them (facts 1.1); a waitlist, a request or an absence is only said.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import Connection, and_, select

from engine import calendar
from engine.roles import absences
from engine.roles.absence import Absence, span
from workflows.learning.records import PLACED, Class, EnrolmentState, Session
from workflows.learning.tables import classes, enrolments, sessions

Key = tuple[str, str]
"""A class and a person."""


class Kind(StrEnum):
    """What is in the way; stored nowhere."""

    PLACE = "a place"
    WAITING = "waiting"
    AWAY = "away"


@dataclass(frozen=True, slots=True, kw_only=True)
class Clash:
    """One thing that somebody has at the time of a class, in words."""

    kind: Kind
    text: str

    @property
    def bars(self) -> bool:
        """Say whether it forbids a place on the class."""
        return self.kind is Kind.PLACE


@dataclass(frozen=True, slots=True, kw_only=True)
class _Taken:
    """A span of somebody's time, and what they have then; `course_class` is None for an absence."""

    starts_at: datetime
    ends_at: datetime
    course_class: str | None
    clash: Clash


_KINDS: Final = {
    **dict.fromkeys(PLACED, (Kind.PLACE, "a place")),
    EnrolmentState.WAITLISTED: (Kind.WAITING, "a place on the waitlist"),
    EnrolmentState.REQUESTED: (Kind.WAITING, "a request for a place"),
}


def clashes(
    conn: Connection, trust: str, wanted: Iterable[Class], persons: Iterable[str]
) -> Mapping[Key, tuple[Clash, ...]]:
    """Return by (class, person) what is in the way of the sessions of classes, in two statements for all."""
    asked = [(one.id, session) for one in wanted for session in one.sessions]
    if not asked:
        return {}
    begins, ends = min(s.starts_at for _, s in asked), max(s.ends_at for _, s in asked)
    people = set(persons)
    found: dict[Key, tuple[Clash, ...]] = {}
    for person, taken in (*_booked(conn, trust, people, begins, ends), *_away(conn, trust, people, begins, ends)):
        for identifier in dict.fromkeys(key for key, session in asked if _meets(key, session, taken)):
            key = identifier, person
            found[key] = tuple(dict.fromkeys((*found.get(key, ()), taken.clash)))
    return found


def beside(one: Any, found: Sequence[Clash]) -> str:
    """Name somebody, with what they have at the same time."""
    has = "; ".join(clash.text for clash in found)
    return f"{one.name} ({one.email})" + (f". At the same time: {has}" if has else "")


def _meets(course_class: str, session: Session, taken: _Taken) -> bool:
    apart = session.ends_at <= taken.starts_at or taken.ends_at <= session.starts_at
    return not apart and taken.course_class != course_class


def _booked(
    conn: Connection, trust: str, persons: set[str], begins: datetime, ends: datetime
) -> Sequence[tuple[str, _Taken]]:
    of_class = and_(classes.c.trust == sessions.c.trust, classes.c.id == sessions.c.course_class)
    on_class = and_(enrolments.c.trust == sessions.c.trust, enrolments.c.course_class == sessions.c.course_class)
    query = (
        select(enrolments.c.person, enrolments.c.state, classes.c.id, classes.c.title, classes.c.zone)
        .add_columns(sessions.c.starts_at, sessions.c.ends_at)
        .select_from(enrolments)
        .join(sessions, on_class)
        .join(classes, of_class)
        .where(
            enrolments.c.trust == trust,
            enrolments.c.person.in_(persons),
            enrolments.c.state.in_(tuple(_KINDS)),
            sessions.c.starts_at < ends,
            sessions.c.ends_at > begins,
        )
        .order_by(sessions.c.starts_at, classes.c.id)
    )
    return [(row.person, _class(row)) for row in conn.execute(query)]


def _class(row: Any) -> _Taken:
    kind, has = _KINDS[EnrolmentState(row.state)]
    when = calendar.when(row.starts_at, row.ends_at, row.zone)
    clash = Clash(kind=kind, text=f"{has} on {row.title}, {when}")
    return _Taken(starts_at=row.starts_at, ends_at=row.ends_at, course_class=row.id, clash=clash)


def _away(
    conn: Connection, trust: str, persons: set[str], begins: datetime, ends: datetime
) -> Sequence[tuple[str, _Taken]]:
    return [(person, _absence(one, ends)) for person, one in absences.away(conn, trust, persons, begins, ends)]


def _absence(one: Absence, ends: datetime) -> _Taken:
    clash = Clash(kind=Kind.AWAY, text=f"an absence {span(one)}")
    return _Taken(starts_at=one.starts_at, ends_at=one.ends_at or ends, course_class=None, clash=clash)
