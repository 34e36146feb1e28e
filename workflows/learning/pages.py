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
from workflows.people import pages as people_pages
from workflows.people.records import Site
from workflows.people.tables import persons

_NEVER: Final = datetime(9999, 1, 1, tzinfo=UTC)
_OPEN: Final = (ClassState.NORMAL, ClassState.FULL)
PLACES_FIRST: Final = (
    EnrolmentState.CONFIRMED,
    EnrolmentState.ATTENDED,
    EnrolmentState.DID_NOT_ATTEND,
    EnrolmentState.REQUESTED,
    EnrolmentState.WAITLISTED,
    EnrolmentState.WITHDRAWN,
    EnrolmentState.CANCELLED,
)
_COMING: Final = (EnrolmentState.CONFIRMED, EnrolmentState.WAITLISTED, EnrolmentState.REQUESTED)
_SHOWN: Final = 20
_CANDIDATES: Final = 20


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What somebody looks for in a list of classes, and from which cursor on."""

    words: str = ""
    state: str | None = None
    cursor: str | None = None
    limit: int = _SHOWN


@dataclass(frozen=True, slots=True, kw_only=True)
class Classes:
    """A page of classes, and the cursor of the next page; None at the end."""

    found: tuple[Class, ...]
    next: str | None


def enrolments_of(conn: Connection, trust: str, person: str, site: Site) -> tuple[Enrolment, ...]:
    """Return all enrolments of a person, those of the latest class first."""
    found = keeps.EnrolmentKeep(site).read(conn, trust, enrolments.c.person == person)
    return tuple(sorted(found, key=lambda one: (one.course_class.starts_at or _NEVER, one.id), reverse=True))


def enrolments_on(conn: Connection, trust: str, course_class: str, site: Site) -> tuple[Enrolment, ...]:
    """Return the enrolments on a class, places first; the waitlist in its order, all others by name."""
    order = {state: at for at, state in enumerate(PLACES_FIRST)}
    found = keeps.EnrolmentKeep(site).read(conn, trust, enrolments.c.course_class == course_class)
    keyed = ((order[one.state or EnrolmentState.REQUESTED], one.position or 0, one.learner.name, one) for one in found)
    return tuple(one for *_key, one in sorted(keyed, key=lambda key: key[:3]))


def enrolments_among(conn: Connection, trust: str, ids: Iterable[str], site: Site) -> tuple[Enrolment, ...]:
    """Return these enrolments, as they stand."""
    return keeps.EnrolmentKeep(site).read(conn, trust, enrolments.c.id.in_(set(ids)))


def enrolment(conn: Connection, trust: str, identifier: str, site: Site) -> Enrolment:
    """Return one enrolment; raises `Missing`."""
    found = keeps.EnrolmentKeep(site).read(conn, trust, enrolments.c.id == identifier)
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
        _learning(one, results.get((one.course_class.offering.id, one.person)), attempts.get(one.id)) for one in chosen
    )


def open_classes(conn: Connection, trust: str, person: str, now: datetime, wanted: Wanted) -> Classes:
    """Return a page of the classes that take enrolments, have not begun, and that the person is not on."""
    listed = _open_to(trust, person, now, *_about(wanted.words)).subquery()
    return _page(conn, trust, select(listed).where(listed.c.starts_at > now), listed, wanted)


def open_class(conn: Connection, trust: str, person: str, now: datetime, identifier: str) -> Class:
    """Return one of the classes that a person could enrol on; raises `Missing`."""
    if conn.execute(_open_to(trust, person, now, classes.c.id == identifier)).first() is None:
        raise Missing("This class takes no enrolments now, or you are on it already.", kind="class", id=identifier)
    return course_class(conn, trust, identifier)


def _open_to(trust: str, person: str, now: datetime, *which: ColumnElement[bool]) -> Select[Any]:
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
    return _classes(trust).where(classes.c.state.in_(_OPEN), ~mine, window, *which)


def run_classes(conn: Connection, trust: str, places: Iterable[str], wanted: Wanted) -> Classes:
    """Return a page of the classes in these organisations, by their first day; those without one come last."""
    chosen = _classes(trust).where(classes.c.organisation.in_(set(places)), *_about(wanted.words))
    if wanted.state:
        chosen = chosen.where(classes.c.state == wanted.state)
    listed = chosen.subquery()
    return _page(conn, trust, select(listed), listed, wanted)


def coming_classes(conn: Connection, trust: str, now: datetime, wanted: Wanted) -> Classes:
    """Return a page of the classes of a whole trust that are open and still to come, by their first day."""
    listed = _classes(trust).where(classes.c.state.in_(_OPEN), *_about(wanted.words)).subquery()
    ahead = (listed.c.starts_at > now, listed.c.starts_at < _NEVER)
    return _page(conn, trust, select(listed).where(*ahead), listed, wanted)


def candidates(conn: Connection, trust: str, course_class: str, words: str) -> Sequence[Any]:
    """Return id, name and address of up to 20 people who match the words and are not on the class yet."""
    on_it = exists().where(
        enrolments.c.trust == trust,
        enrolments.c.course_class == course_class,
        enrolments.c.person == persons.c.id,
        enrolments.c.state != EnrolmentState.WITHDRAWN,
    )
    like = f"%{people_pages.escaped(words)}%"
    query = select(persons.c.id, persons.c.name, persons.c.email).where(
        persons.c.trust == trust,
        or_(persons.c.name.ilike(like, escape="\\"), persons.c.email.ilike(like, escape="\\")),
        ~on_it,
    )
    return conn.execute(query.order_by(persons.c.name, persons.c.id).limit(_CANDIDATES)).all()


def people_on(conn: Connection, trust: str, course_class: str) -> Mapping[str, str]:
    """Return the names of those who have a place on a class, wait for one or asked for one, by person."""
    here = (enrolments.c.trust == trust, enrolments.c.course_class == course_class, enrolments.c.state.in_(_COMING))
    on_person = and_(persons.c.trust == enrolments.c.trust, persons.c.id == enrolments.c.person)
    query = select(persons.c.id, persons.c.name).select_from(enrolments).join(persons, on_person).where(*here)
    return {row.id: row.name for row in conn.execute(query)}


def position_of(conn: Connection, trust: str, identifier: str) -> int | None:
    """Return the place on the waitlist of an enrolment."""
    mine = (enrolments.c.trust == trust, enrolments.c.id == identifier)
    return conn.scalar(select(enrolments.c.position).where(*mine))


def _performances(conn: Connection, trust: str, persons_: Iterable[str]) -> Mapping[tuple[str, str], Any]:
    query = select(performances).where(performances.c.trust == trust, performances.c.person.in_(set(persons_)))
    return {(row.offering, row.person): row for row in conn.execute(query)}


def _attempts(conn: Connection, trust: str, registrations: Iterable[str]) -> Mapping[str, Any]:
    """Return the latest attempt of each enrolment."""
    table = runtime_tables.attempts
    wanted = (table.c.trust == trust, table.c.registration.in_(set(registrations)))
    query = select(table.c.id, table.c.registration, table.c.epoch, table.c.running, table.c.active_at).where(*wanted)
    return {row.registration: row for row in conn.execute(query.order_by(table.c.opened_at, table.c.id))}


def _learning(enrolled: Enrolment, result: Any, attempt: Any) -> Learning:
    return Learning(
        enrolment=enrolled,
        result=PerformanceState(result.state) if result else PerformanceState.NOT_ATTEMPTED,
        score=result.score if result else None,
        performance=result.id if result else None,
        attempt=attempt.id if attempt else None,
        saved_at=attempt.active_at if attempt and attempt.epoch else None,
        running=bool(attempt and attempt.running),
    )


def _classes(trust: str) -> Select[Any]:
    first = (
        select(func.min(sessions.c.starts_at))
        .where(sessions.c.trust == trust, sessions.c.course_class == classes.c.id)
        .scalar_subquery()
    )
    starts_at = func.coalesce(first, literal(_NEVER, Instant()), type_=Instant()).label("starts_at")
    return (
        select(classes.c.id, starts_at)
        .join(offerings, and_(offerings.c.trust == trust, offerings.c.id == classes.c.offering))
        .join(courses, and_(courses.c.trust == trust, courses.c.id == offerings.c.course))
        .where(classes.c.trust == trust)
    )


def _about(words: str) -> tuple[ColumnElement[bool], ...]:
    if not words:
        return ()
    like = f"%{people_pages.escaped(words)}%"
    named = (classes.c.title, offerings.c.title, courses.c.title, classes.c.venue)
    return (or_(*(column.ilike(like, escape="\\") for column in named)),)


def _page(conn: Connection, trust: str, query: Select[Any], listed: Any, wanted: Wanted) -> Classes:
    keys = [listed.c.starts_at, listed.c.id]
    page = paging.page(conn, query, keys, cursor=wanted.cursor, limit=wanted.limit)
    found = catalogue.classes_by_id(conn, trust, [row["id"] for row in page.rows])
    return Classes(found=tuple(found[row["id"]] for row in page.rows), next=page.next)
