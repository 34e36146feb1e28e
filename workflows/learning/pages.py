"""What the pages and the API of learning show, each in a few statements, and nothing is locked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Select, and_, exists, func, literal, or_, select

from engine.errors import Missing
from engine.tables import Instant
from engine.web import paging
from engine.web.paging import Page
from scorm import tables as runtime_tables
from workflows.learning import catalogue, keeps
from workflows.learning.records import (
    Class,
    ClassState,
    Delivery,
    Enrolment,
    EnrolmentState,
    PerformanceState,
)
from workflows.learning.tables import classes, courses, enrolments, offerings, performances, sessions
from workflows.people import store as people
from workflows.people.records import Site

_NEVER: Final = datetime(9999, 1, 1, tzinfo=UTC)
_OPEN: Final = (ClassState.NORMAL, ClassState.FULL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Learning:
    """One e-learning of a learner: the best result, when it was last saved, and the attempt that still runs."""

    enrolment: Enrolment
    result: PerformanceState
    score: float | None
    performance: str | None
    attempt: str | None
    saved_at: datetime | None
    running: bool


def enrolments_of(conn: Connection, trust: str, person: str, site: Site) -> tuple[Enrolment, ...]:
    """Return all enrolments of a person, those of the latest class first."""
    found = _enrolments(conn, trust, enrolments.c.person == person, site)
    return tuple(sorted(found, key=lambda one: (one.course_class.starts_at or _NEVER, one.id), reverse=True))


def enrolments_on(conn: Connection, trust: str, course_class: str, site: Site) -> tuple[Enrolment, ...]:
    """Return the enrolments on a class by state; the waitlist in its order, all others by name."""
    order = {state: at for at, state in enumerate(EnrolmentState)}
    found = _enrolments(conn, trust, enrolments.c.course_class == course_class, site)
    keyed = ((order[one.state or EnrolmentState.REQUESTED], one.position or 0, one.learner.name, one) for one in found)
    return tuple(one for *_key, one in sorted(keyed, key=lambda key: key[:3]))


def enrolment(conn: Connection, trust: str, identifier: str, site: Site) -> Enrolment:
    """Return one enrolment; raises `Missing`."""
    found = _enrolments(conn, trust, enrolments.c.id == identifier, site)
    if not found:
        raise Missing("There is no such enrolment in this trust.", kind="enrolment", id=identifier)
    return found[0]


def course_class(conn: Connection, trust: str, identifier: str, *, lock: bool = False) -> Class:
    """Return one class; raises `Missing`."""
    found = catalogue.classes_by_id(conn, trust, [identifier], lock=lock).get(identifier)
    if found is None:
        raise Missing("There is no such class in this trust.", kind="class", id=identifier)
    return found


def learning_of(conn: Connection, trust: str, mine: Iterable[Enrolment]) -> tuple[Learning, ...]:
    """Return the e-learning among enrolments, with results and the latest attempt of each: two statements for all."""
    chosen = [one for one in mine if one.course_class.offering.delivery is Delivery.E_LEARNING]
    results = _performances(conn, trust, {one.person for one in chosen})
    attempts = _attempts(conn, trust, {one.id for one in chosen})
    return tuple(
        _learning(
            one, results.get((one.course_class.offering.id, one.person)), attempts.get(one.id)
        )
        for one in chosen
    )


def open_classes(
    conn: Connection, trust: str, person: str, now: datetime, words: str, cursor: str | None
) -> tuple[tuple[Class, ...], str | None]:
    """Return a page of the classes that take enrolments, have not begun, and that the person is not on."""
    mine = exists().where(
        enrolments.c.trust == trust,
        enrolments.c.course_class == classes.c.id,
        enrolments.c.person == person,
        enrolments.c.state != EnrolmentState.WITHDRAWN,
    )
    window = and_(
        or_(classes.c.opens_at.is_(None), classes.c.opens_at <= now),
        or_(classes.c.closes_at.is_(None), classes.c.closes_at > now),
    )
    listed = _classes(trust).where(classes.c.state.in_(_OPEN), ~mine, window, *_about(words)).subquery()
    page = _page(conn, select(listed).where(listed.c.starts_at > now), listed, cursor)
    return _in_order(conn, trust, page), page.next


def run_classes(
    conn: Connection, trust: str, places: Iterable[str], words: str, state: str | None, cursor: str | None
) -> tuple[tuple[Class, ...], str | None]:
    """Return a page of the classes in these organisations, by their first day; those without one come last."""
    chosen = _classes(trust).where(classes.c.organisation.in_(set(places)), *_about(words))
    if state:
        chosen = chosen.where(classes.c.state == state)
    listed = chosen.subquery()
    page = _page(conn, select(listed), listed, cursor)
    return _in_order(conn, trust, page), page.next


def candidates(conn: Connection, trust: str, course_class: str, words: str) -> Sequence[Any]:
    """Return id, name and address of up to 20 people who match the words and are not on the class yet."""
    from workflows.people.tables import persons  # noqa: PLC0415

    on_it = exists().where(
        enrolments.c.trust == trust,
        enrolments.c.course_class == course_class,
        enrolments.c.person == persons.c.id,
        enrolments.c.state != EnrolmentState.WITHDRAWN,
    )
    like = f"%{_escaped(words)}%"
    query = select(persons.c.id, persons.c.name, persons.c.email).where(
        persons.c.trust == trust,
        or_(persons.c.name.ilike(like, escape="\\"), persons.c.email.ilike(like, escape="\\")),
        ~on_it,
    )
    return conn.execute(query.order_by(persons.c.name, persons.c.id).limit(20)).all()


def position_of(conn: Connection, trust: str, identifier: str) -> int | None:
    """Return the place on the waitlist of an enrolment."""
    mine = (enrolments.c.trust == trust, enrolments.c.id == identifier)
    return conn.scalar(select(enrolments.c.position).where(*mine))
