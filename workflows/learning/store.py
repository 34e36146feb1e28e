"""What pages show of learning: a class with its learners, and a learner's home; set-based."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, and_, select

from engine.errors import Missing
from scorm import store as runtime
from workflows.competence import store as competence_store
from workflows.competence.store import ProfileLine
from workflows.learning import catalogue
from workflows.learning.records import Class, Delivery, EnrolmentState, PerformanceState
from workflows.learning.tables import enrolments, performances
from workflows.people.tables import persons

_ORDER = {state: rank for rank, state in enumerate(EnrolmentState)}


@dataclass(frozen=True, slots=True, kw_only=True)
class EnrolmentLine:
    """One learner of a class; `email` is where letters go, `position` the place on the waitlist."""

    id: str
    person: str
    name: str
    email: str
    state: EnrolmentState
    position: int | None
    spell: int
    revision: int
    updated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassView:
    """One class with its learners: confirmed in the order of names, waiting in the order of their positions."""

    course_class: Class
    enrolments: tuple[EnrolmentLine, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MyClass:
    """One enrolment of a learner with its class."""

    enrolment: str
    state: EnrolmentState
    position: int | None
    course_class: Class


@dataclass(frozen=True, slots=True, kw_only=True)
class MyELearning:
    """One e-learning enrolment with the best result; `open_attempt` began and was not finished."""

    enrolment: str
    state: EnrolmentState
    course_class: Class
    performed: PerformanceState
    score: float | None
    updated_at: datetime | None
    open_attempt: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """What a learner sees first."""

    e_learning: tuple[MyELearning, ...]
    classes: tuple[MyClass, ...]
    competences: tuple[ProfileLine, ...]


def class_view(conn: Connection, trust: str, key: str) -> ClassView:
    """Return one class with its learners; raises `Missing`."""
    found = catalogue.classes_by_id(conn, trust, [key])
    if key not in found:
        raise Missing("There is no such class in this trust.", kind="class", id=key)
    query = (
        select(enrolments, persons.c.name, persons.c.email.label("address"))
        .join(persons, and_(persons.c.trust == trust, persons.c.id == enrolments.c.person))
        .where(enrolments.c.trust == trust, enrolments.c.course_class == key)
    )
    lines = [_line(row) for row in conn.execute(query)]
    lines.sort(key=lambda line: (_ORDER[line.state], line.position or 0, line.name, line.id))
    return ClassView(course_class=found[key], enrolments=tuple(lines))


def home(conn: Connection, trust: str, person: str, today: date) -> Home:
    """Return what a learner is to play, to attend and to know; a fixed number of queries."""
    query = select(enrolments).where(enrolments.c.trust == trust, enrolments.c.person == person)
    rows = conn.execute(query.order_by(enrolments.c.id)).all()
    held = catalogue.classes_by_id(conn, trust, {row.course_class for row in rows})
    results = _results(conn, trust, person)
    running = {one.registration: one.id for one in runtime.running_of(conn, trust, person)}
    played, attended = [], []
    for row in rows:
        course_class = held[row.course_class]
        if course_class.offering.delivery is Delivery.E_LEARNING:
            played.append(_played(row, course_class, results.get(course_class.offering.id), running.get(row.id)))
        else:
            attended.append(_attended(row, course_class))
    return Home(
        e_learning=tuple(played),
        classes=tuple(attended),
        competences=competence_store.profiles(conn, trust, [person], today)[person],
    )


def _results(conn: Connection, trust: str, person: str) -> dict[str, Any]:
    query = select(performances).where(performances.c.trust == trust, performances.c.person == person)
    return {row.offering: row for row in conn.execute(query)}


def _line(row: Any) -> EnrolmentLine:
    return EnrolmentLine(
        id=row.id,
        person=row.person,
        name=row.name,
        email=row.email or row.address,
        state=EnrolmentState(row.state),
        position=row.position,
        spell=row.spell,
        revision=row.revision,
        updated_at=row.updated_at,
    )


def _played(row: Any, course_class: Class, result: Any, open_attempt: str | None) -> MyELearning:
    return MyELearning(
        enrolment=row.id,
        state=EnrolmentState(row.state),
        course_class=course_class,
        performed=PerformanceState(result.state) if result else PerformanceState.NOT_ATTEMPTED,
        score=result.score if result else None,
        updated_at=result.updated_at if result else None,
        open_attempt=open_attempt,
    )


def _attended(row: Any, course_class: Class) -> MyClass:
    return MyClass(enrolment=row.id, state=EnrolmentState(row.state), position=row.position, course_class=course_class)
