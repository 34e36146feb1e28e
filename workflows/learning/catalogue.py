"""Courses and offerings, and the classes made of them, read from the database; all set-based."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, and_, func, insert, select

from engine.errors import Missing
from engine.storage.prepared import KEYS, TRUST, Asked
from workflows.competence import store as competence_store
from workflows.learning.records import (
    PLACED,
    Class,
    ClassState,
    Delivery,
    EnrolmentState,
    Offering,
    Session,
)
from workflows.learning.tables import classes, courses, enrolments, offerings, sessions
from workflows.people import store as people

_WITH_COURSE = (
    select(offerings, courses.c.title.label("course_title"))
    .join(courses, and_(courses.c.trust == offerings.c.trust, courses.c.id == offerings.c.course))
    .where(offerings.c.trust == TRUST)
)
_EVERY_OFFERING = Asked(_WITH_COURSE)
_OFFERINGS = Asked(_WITH_COURSE.where(offerings.c.id.in_(KEYS)))
_BY_ID = select(classes).where(classes.c.trust == TRUST, classes.c.id.in_(KEYS)).order_by(classes.c.id)
_CLASSES, _HELD = Asked(_BY_ID), Asked(_BY_ID.with_for_update(key_share=True))
_SESSIONS = Asked(
    select(sessions)
    .where(sessions.c.trust == TRUST, sessions.c.course_class.in_(KEYS))
    .order_by(sessions.c.course_class, sessions.c.starts_at, sessions.c.id)
)
_COUNTS = Asked(
    select(enrolments.c.course_class, enrolments.c.state, func.count().label("how_many"))
    .where(enrolments.c.trust == TRUST, enrolments.c.course_class.in_(KEYS))
    .group_by(enrolments.c.course_class, enrolments.c.state)
)


def add_course(conn: Connection, *, trust: str, identifier: str, title: str, organisation: str) -> None:
    """Write a new course."""
    conn.execute(insert(courses).values(trust=trust, id=identifier, title=title, organisation=organisation))


def add_offering(conn: Connection, offering: Offering) -> None:
    """Write a new offering of a course; its package, if any, must have been imported."""
    row = {column.name: getattr(offering, column.name) for column in offerings.columns if column.name != "competence"}
    conn.execute(insert(offerings).values(**row, competence=offering.competence.id if offering.competence else None))


def offerings_by_id(conn: Connection, trust: str, keys: Iterable[str]) -> Mapping[str, Offering]:
    """Return those of the offerings that exist, by id, each with its course and its competence."""
    return _offered(conn, trust, _OFFERINGS.rows(conn, trust=trust, keys=tuple(set(keys))))


def offering(conn: Connection, trust: str, key: str) -> Offering:
    """Return one offering; raises `Missing`."""
    found = offerings_by_id(conn, trust, [key])
    if key not in found:
        raise Missing("There is no such offering in this trust.", kind="offering", id=key)
    return found[key]


def all_offerings(conn: Connection, trust: str) -> tuple[Offering, ...]:
    """Return every offering of a trust, by course and title."""
    found = _offered(conn, trust, _EVERY_OFFERING.rows(conn, trust=trust)).values()
    return tuple(sorted(found, key=lambda one: (one.course_title, one.title, one.id)))


def classes_by_id(conn: Connection, trust: str, keys: Iterable[str], *, lock: bool = False) -> Mapping[str, Class]:
    """Return those of the classes that exist, by id, with their sessions and how many places are taken.

    With `lock` their rows are held until the commit, so that nobody else gives or takes a place meanwhile.
    """
    rows = (_HELD if lock else _CLASSES).rows(conn, trust=trust, keys=tuple(set(keys)))
    offered = offerings_by_id(conn, trust, {row.offering for row in rows})
    meetings = _sessions(conn, trust, {row.id for row in rows})
    counts = _counts(conn, trust, {row.id for row in rows})
    ways = people.ways_up(conn, trust, {row.organisation for row in rows})
    return {
        row.id: _class(
            row, offered[row.offering], meetings.get(row.id, ()), counts.get(row.id, {}), ways[row.organisation]
        )
        for row in rows
    }


def _offered(conn: Connection, trust: str, rows: Sequence[Any]) -> Mapping[str, Offering]:
    known = competence_store.by_id(conn, trust, {row.competence for row in rows if row.competence})
    return {
        row.id: Offering(
            trust=row.trust,
            id=row.id,
            course=row.course,
            course_title=row.course_title,
            title=row.title,
            delivery=Delivery(row.delivery),
            package=row.package,
            competence=known.get(row.competence),
            validity_months=row.validity_months,
            restrict_days=row.restrict_days,
            max_attempts=row.max_attempts,
            joining_text=row.joining_text,
            conference=row.conference,
            alarm_minutes=row.alarm_minutes,
        )
        for row in rows
    }


def _sessions(conn: Connection, trust: str, keys: Iterable[str]) -> Mapping[str, tuple[Session, ...]]:
    found: dict[str, list[Session]] = {}
    for row in _SESSIONS.rows(conn, trust=trust, keys=tuple(set(keys))):
        session = Session(
            id=row.id, starts_at=row.starts_at, ends_at=row.ends_at, venue=row.venue, revision=row.revision
        )
        found.setdefault(row.course_class, []).append(session)
    return {key: tuple(rows) for key, rows in found.items()}


def _counts(conn: Connection, trust: str, keys: Iterable[str]) -> Mapping[str, Mapping[str, int]]:
    found: dict[str, dict[str, int]] = {}
    for row in _COUNTS.rows(conn, trust=trust, keys=tuple(set(keys))):
        found.setdefault(row.course_class, {})[row.state] = row.how_many
    return found


def _class(
    row: Any, offered: Offering, meetings: tuple[Session, ...], counts: Mapping[str, int], way: tuple[str, ...]
) -> Class:
    return Class(
        trust=row.trust,
        id=row.id,
        state=ClassState(row.state),
        revision=row.revision,
        head=row.head,
        organisation=row.organisation,
        organisations=way,
        title=row.title,
        offering=offered,
        minimum=row.minimum,
        maximum=row.maximum,
        waitlist=row.waitlist,
        waitlist_maximum=row.waitlist_maximum,
        restrict_days=row.restrict_days,
        withdraw_days=row.withdraw_days,
        decline_withdraws=bool(row.decline_withdraws),
        approval=row.approval,
        venue=row.venue,
        joining_text=row.joining_text,
        zone=row.zone,
        opens_at=row.opens_at,
        closes_at=row.closes_at,
        conference=row.conference,
        alarm_minutes=row.alarm_minutes,
        sessions=meetings,
        taken=sum(counts.get(state, 0) for state in PLACED),
        attended=counts.get(EnrolmentState.ATTENDED, 0),
        waiting=counts.get(EnrolmentState.WAITLISTED, 0),
    )
