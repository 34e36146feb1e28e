"""Where classes and enrolments are kept; both hold the class's row while a place is given or taken."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, ClassVar, Final

from sqlalchemy import ColumnElement, Connection, Select, Table, and_, bindparam, select

from engine.errors import Missing
from engine.machine import Case, Decision
from engine.storage.prepared import KEYS, TRUST, Asked
from workflows.learning import catalogue, classes, conditions, tables
from workflows.learning.records import PLACED, Class, Enrolment, EnrolmentState, PerformanceState
from workflows.learning.tables import enrolments, performances, sessions
from workflows.learning.timetable import session_from
from workflows.people import store as people
from workflows.people.records import Person, Site

ZONE: Final = "Europe/London"
_CHANGEABLE: Final = (
    "title",
    "minimum",
    "maximum",
    "waitlist",
    "waitlist_maximum",
    "restrict_days",
    "withdraw_days",
    "decline_withdraws",
    "approval",
    "venue",
    "joining_text",
    "conference",
    "alarm_minutes",
)
_MOMENTS: Final = ("opens_at", "closes_at")

_MINE = (enrolments.c.trust == TRUST, enrolments.c.id.in_(KEYS))
_TIES = Asked(select(enrolments.c.course_class, enrolments.c.person).where(*_MINE))
_ENROLMENTS = Asked(select(enrolments).where(*_MINE))
_PERFORMED = Asked(
    select(performances.c.offering, performances.c.person, performances.c.state, performances.c.score).where(
        performances.c.trust == TRUST,
        performances.c.offering.in_(bindparam("offerings", expanding=True)),
        performances.c.person.in_(bindparam("persons", expanding=True)),
    )
)


def _overlapping() -> Select[Any]:
    mine, theirs = sessions.alias("mine"), sessions.alias("theirs")
    return (
        select(mine.c.course_class, enrolments.c.person, tables.classes.c.title)
        .join(theirs, and_(theirs.c.trust == TRUST, theirs.c.course_class != mine.c.course_class))
        .join(enrolments, and_(enrolments.c.trust == TRUST, enrolments.c.course_class == theirs.c.course_class))
        .join(tables.classes, and_(tables.classes.c.trust == TRUST, tables.classes.c.id == theirs.c.course_class))
        .where(
            mine.c.trust == TRUST,
            mine.c.course_class.in_(bindparam("classes", expanding=True)),
            theirs.c.starts_at < mine.c.ends_at,
            mine.c.starts_at < theirs.c.ends_at,
            enrolments.c.person.in_(bindparam("persons", expanding=True)),
            enrolments.c.state.in_(PLACED),
        )
    )


_OVERLAPS = Asked(_overlapping())


@dataclass(frozen=True, slots=True)
class ClassKeep:
    """Where classes are kept."""

    table: ClassVar[Table] = tables.classes

    def load(self, connection: Connection, trust: str, ids: Sequence[str], now: datetime) -> Mapping[str, Class]:  # noqa: ARG002
        """Return classes by id, their rows held."""
        return catalogue.classes_by_id(connection, trust, ids, lock=True)

    def draft(self, connection: Connection, trust: str, identifier: str, facts: Mapping[str, Any]) -> Class:
        """Return a class that is not stored yet; facts: offering, organisation, title, sessions and what may change."""
        offering = catalogue.offering(connection, trust, facts["offering"])
        venue = facts.get("venue") or ""
        return Class(
            trust=trust,
            id=identifier,
            state=None,
            revision=0,
            head="",
            organisation=facts["organisation"],
            organisations=people.ways_up(connection, trust, [facts["organisation"]])[facts["organisation"]],
            title=facts.get("title") or offering.course_title,
            offering=offering,
            minimum=facts.get("minimum") or 0,
            maximum=facts.get("maximum"),
            waitlist=facts.get("waitlist", True),
            waitlist_maximum=facts.get("waitlist_maximum"),
            restrict_days=facts.get("restrict_days"),
            withdraw_days=facts.get("withdraw_days") or 0,
            decline_withdraws=bool(facts.get("decline_withdraws")),
            approval=facts.get("approval", False),
            venue=venue,
            joining_text=facts.get("joining_text") or "",
            zone=facts.get("zone") or ZONE,
            opens_at=_moment(facts.get("opens_at")),
            closes_at=_moment(facts.get("closes_at")),
            conference=facts.get("conference") or None,
            alarm_minutes=facts.get("alarm_minutes"),
            sessions=tuple(
                session_from(str(number), said, venue) for number, said in enumerate(facts.get("sessions") or (), 1)
            ),
        )

    def row(self, case: Case[Class], decision: Decision) -> Mapping[str, Any]:  # noqa: ARG002
        """Return the columns of a new class."""
        record = case.record
        fields = {name: getattr(record, name) for name in (*_CHANGEABLE, *_MOMENTS, "zone")}
        return {**fields, "offering": record.offering.id}

    def changes(self, case: Case[Class], decision: Decision) -> Mapping[str, Any]:
        """Return what a change says of the class itself; its sessions are written by `WriteSessions`."""
        if decision.step.trigger is not classes.Trigger.CHANGE:
            return {}
        plain = {name: case.facts[name] for name in _CHANGEABLE if name in case.facts}
        return plain | {name: _moment(case.facts[name]) for name in _MOMENTS if name in case.facts}


@dataclass(frozen=True, slots=True)
class EnrolmentKeep:
    """Where enrolments are kept."""

    site: Site
    table: ClassVar[Table] = enrolments

    def load(self, connection: Connection, trust: str, ids: Sequence[str], now: datetime) -> Mapping[str, Enrolment]:  # noqa: ARG002
        """Return enrolments by id. Their classes are held first, then their learners, and only then are they read."""
        ties = _TIES.rows(connection, trust=trust, keys=tuple(ids))
        held = catalogue.classes_by_id(connection, trust, {tie.course_class for tie in ties}, lock=True)
        people.lock(connection, trust, {tie.person for tie in ties})
        rows = _ENROLMENTS.rows(connection, trust=trust, keys=tuple(ids))
        return {one.id: one for one in self._records(connection, trust, rows, held)}

    def read(self, connection: Connection, trust: str, which: ColumnElement[bool]) -> tuple[Enrolment, ...]:
        """Return enrolments without holding anything."""
        rows = connection.execute(select(enrolments).where(enrolments.c.trust == trust, which)).all()
        found = catalogue.classes_by_id(connection, trust, {row.course_class for row in rows})
        return self._records(connection, trust, rows, found)

    def _records(
        self, connection: Connection, trust: str, rows: Sequence[Any], classes_: Mapping[str, Class]
    ) -> tuple[Enrolment, ...]:
        learners = people.people(connection, trust, {row.person for row in rows})
        clashes = overlaps(connection, trust, classes_, learners)
        results = _results(connection, trust, {one.offering.id for one in classes_.values()}, learners)
        return tuple(
            self._record(
                row,
                classes_[row.course_class],
                learners[row.person],
                overlap=clashes.get((row.course_class, row.person)),
                result=results.get((classes_[row.course_class].offering.id, row.person)),
            )
            for row in rows
        )

    def _record(self, row: Any, course_class: Class, learner: Person, *, overlap: str | None, result: Any) -> Enrolment:
        return Enrolment(
            trust=row.trust,
            id=row.id,
            state=EnrolmentState(row.state),
            revision=row.revision,
            head=row.head,
            organisation=row.organisation,
            organisations=course_class.organisations,
            person=row.person,
            learner=learner,
            email=row.email,
            course_class=course_class,
            spell=row.spell,
            position=row.position,
            overlap=overlap,
            enrolled_already=False,
            performed=PerformanceState(result.state) if result else None,
            score=result.score if result else None,
            site=self.site,
        )

    def draft(self, connection: Connection, trust: str, identifier: str, facts: Mapping[str, Any]) -> Enrolment:
        """Return an enrolment that is not stored yet; facts: class, person and, if another, email."""
        held = catalogue.classes_by_id(connection, trust, [facts["class"]], lock=True)
        if facts["class"] not in held:
            raise Missing("There is no such class in this trust.", kind="class", id=facts["class"])
        course_class = held[facts["class"]]
        learner = people.person(connection, trust, facts["person"])
        people.lock(connection, trust, [learner.id])
        return Enrolment(
            trust=trust,
            id=identifier,
            state=None,
            revision=0,
            head="",
            organisation=course_class.organisation,
            organisations=course_class.organisations,
            person=learner.id,
            learner=learner,
            email=facts.get("email"),
            course_class=course_class,
            spell=0,
            position=None,
            overlap=overlaps(connection, trust, [course_class.id], [learner.id]).get((course_class.id, learner.id)),
            enrolled_already=enrolled(connection, trust, course_class.id, learner.id) is not None,
            performed=None,
            score=None,
            site=self.site,
        )

    def row(self, case: Case[Enrolment], decision: Decision) -> Mapping[str, Any]:
        """Return the columns of a new enrolment."""
        record = case.record
        ties = {"course_class": record.course_class.id, "person": record.person, "made_by": case.actor.id}
        blank = {"email": record.email, "spell": 0, "joined_at": None, "position": None, "reason": None}
        return {**ties, **blank, **self.changes(case, decision)}

    def changes(self, case: Case[Enrolment], decision: Decision) -> Mapping[str, Any]:
        """Return the place on the waitlist, the spell of confirmation, the reason, and where letters go instead.

        Only a step that looks at the address takes it: an answer to a request must not lead its letters elsewhere.
        """
        taken = ("reason", "email") if conditions.own_address in decision.step.when else ("reason",)
        return {**_standing(case, decision), **{name: case.facts[name] for name in taken if case.facts.get(name)}}


def enrolled(conn: Connection, trust: str, course_class: str, person: str) -> Any:
    """Return id and state of the enrolment that a person has on a class, or None."""
    return conn.execute(
        select(enrolments.c.id, enrolments.c.state).where(
            enrolments.c.trust == trust, enrolments.c.course_class == course_class, enrolments.c.person == person
        )
    ).one_or_none()


def overlaps(
    conn: Connection, trust: str, course_classes: Iterable[str], persons: Iterable[str]
) -> Mapping[tuple[str, str], str]:
    """Return by (class, person) the title of another class where the person has a place at the same time."""
    found = _OVERLAPS.rows(conn, trust=trust, classes=tuple(set(course_classes)), persons=tuple(set(persons)))
    return {(row.course_class, row.person): row.title for row in found}


def _standing(case: Case[Enrolment], decision: Decision) -> dict[str, Any]:
    """Return position and spell: who begins to wait goes to the end, who is confirmed anew begins another spell."""
    record, target = case.record, decision.step.target
    if target is record.state:
        return {}
    if target is EnrolmentState.WAITLISTED:
        return {"position": record.course_class.waiting + 1, "joined_at": case.now}
    spell = record.spell + 1 if target is EnrolmentState.CONFIRMED else record.spell
    return {"position": None, "spell": spell}


def _results(
    conn: Connection, trust: str, offerings: Iterable[str], persons: Iterable[str]
) -> Mapping[tuple[str, str], Any]:
    found = _PERFORMED.rows(conn, trust=trust, offerings=tuple(set(offerings)), persons=tuple(set(persons)))
    return {(row.offering, row.person): row for row in found}


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text).astimezone(UTC) if text else None
