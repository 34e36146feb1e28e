"""Where performances and launches are kept."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import Connection, Table, and_, bindparam, select

from engine.errors import Missing
from engine.machine import Case, Decision
from engine.storage.prepared import KEYS, TRUST, Asked
from workflows.learning import catalogue
from workflows.learning.attempts import store as attempt_store
from workflows.learning.records import (
    FINAL,
    PLACED,
    Attempt,
    AttemptState,
    EnrolmentState,
    Performance,
    PerformanceState,
)
from workflows.learning.tables import classes, enrolments, launches, offerings, performances
from workflows.people import store as people
from workflows.people.records import Site

_PERFORMANCES = Asked(select(performances).where(performances.c.trust == TRUST, performances.c.id.in_(KEYS)))
_LAUNCHES = Asked(select(launches).where(launches.c.trust == TRUST, launches.c.id.in_(KEYS)))
_PERFORMANCE = Asked(
    select(performances.c.id).where(
        performances.c.trust == TRUST,
        performances.c.offering == bindparam("offering"),
        performances.c.person == bindparam("person"),
    )
)
_WAITING = Asked(
    select(performances.c.id, enrolments.c.id.label("enrolment"))
    .join(classes, and_(classes.c.trust == TRUST, classes.c.offering == performances.c.offering))
    .join(
        enrolments,
        and_(
            enrolments.c.trust == TRUST,
            enrolments.c.course_class == classes.c.id,
            enrolments.c.person == performances.c.person,
        ),
    )
    .where(performances.c.trust == TRUST, performances.c.id.in_(KEYS))
    .where(enrolments.c.state == EnrolmentState.CONFIRMED)
    .order_by(enrolments.c.id)
)
_OWNERS = Asked(
    select(
        enrolments.c.id,
        enrolments.c.trust,
        enrolments.c.person,
        enrolments.c.organisation,
        enrolments.c.state,
        offerings.c.package,
        performances.c.state.label("best"),
    )
    .join(classes, and_(classes.c.trust == TRUST, classes.c.id == enrolments.c.course_class))
    .join(offerings, and_(offerings.c.trust == TRUST, offerings.c.id == classes.c.offering))
    .outerjoin(
        performances,
        and_(
            performances.c.trust == TRUST,
            performances.c.offering == offerings.c.id,
            performances.c.person == enrolments.c.person,
        ),
    )
    .where(enrolments.c.trust == TRUST, enrolments.c.id.in_(KEYS))
)


@dataclass(frozen=True, slots=True)
class PerformanceKeep:
    """Where performances are kept."""

    site: Site
    table: ClassVar[Table] = performances

    def load(self, connection: Connection, trust: str, ids: Sequence[str], now: datetime) -> Mapping[str, Performance]:  # noqa: ARG002
        """Return performances by id, each with the Confirmed enrolments that wait on its result."""
        rows = _PERFORMANCES.rows(connection, trust=trust, keys=tuple(ids))
        offered = catalogue.offerings_by_id(connection, trust, {row.offering for row in rows})
        ways = people.ways_up(connection, trust, {row.organisation for row in rows})
        waiting = _waiting(connection, trust, ids)
        learners = people.people(connection, trust, {row.person for row in rows})
        return {
            row.id: Performance(
                trust=trust,
                id=row.id,
                state=PerformanceState(row.state),
                revision=row.revision,
                head=row.head,
                organisation=row.organisation,
                organisations=ways[row.organisation],
                person=row.person,
                learner=learners[row.person],
                offering=offered[row.offering],
                score=row.score,
                attempt=row.attempt,
                attempts=row.attempts,
                waiting_on_it=waiting.get(row.id, ()),
                site=self.site,
            )
            for row in rows
        }

    def draft(self, connection: Connection, trust: str, identifier: str, facts: Mapping[str, Any]) -> Performance:
        """Return a performance that is not stored yet; facts: person, offering."""
        learner = people.person(connection, trust, facts["person"])
        return Performance(
            trust=trust,
            id=identifier,
            state=None,
            revision=0,
            head="",
            organisation=learner.organisation,
            organisations=people.ways_up(connection, trust, [learner.organisation])[learner.organisation],
            person=learner.id,
            learner=learner,
            offering=catalogue.offering(connection, trust, facts["offering"]),
            score=None,
            attempt=None,
            attempts=0,
            waiting_on_it=(),
            site=self.site,
        )

    def row(self, case: Case[Performance], decision: Decision) -> Mapping[str, Any]:  # noqa: ARG002
        """Return the columns of a new performance."""
        record = case.record
        return {"person": record.person, "offering": record.offering.id, "score": None, "attempt": None, "attempts": 0}

    def changes(self, case: Case[Performance], decision: Decision) -> Mapping[str, Any]:  # noqa: ARG002
        """Return the score, the last attempt, and how many there were: the best, unless the facts are `graded`."""
        record, attempt = case.record, case.facts.get("attempt")
        score = case.facts.get("score")
        scores = [score for score in (record.score, score) if score is not None]
        new = attempt is not None and attempt != record.attempt
        return {
            "score": score if case.facts.get("graded") else max(scores, default=None),
            "attempt": attempt or record.attempt,
            "attempts": record.attempts + new,
        }


@dataclass(frozen=True, slots=True)
class AttemptKeep:
    """Where launches are kept."""

    table: ClassVar[Table] = launches

    def load(self, connection: Connection, trust: str, ids: Sequence[str], now: datetime) -> Mapping[str, Attempt]:  # noqa: ARG002
        """Return launches by id."""
        rows = _LAUNCHES.rows(connection, trust=trust, keys=tuple(ids))
        owners = _owners(connection, trust, {row.enrolment for row in rows})
        ways = people.ways_up(connection, trust, {row.organisation for row in rows})
        return {
            row.id: _attempt(
                owners[row.enrolment],
                ways[row.organisation],
                row.id,
                state=AttemptState(row.state),
                revision=row.revision,
                head=row.head,
            )
            for row in rows
        }

    def draft(self, connection: Connection, trust: str, identifier: str, facts: Mapping[str, Any]) -> Attempt:
        """Return a launch that is not stored yet, with those before it; facts: enrolment."""
        owner = _owners(connection, trust, [facts["enrolment"]]).get(facts["enrolment"])
        if owner is None:
            raise Missing("There is no such enrolment in this trust.", kind="enrolment", id=facts["enrolment"])
        way = people.ways_up(connection, trust, [owner.organisation])[owner.organisation]
        course = attempt_store.courses(connection, trust, [owner.id])[owner.id]
        new = _attempt(owner, way, identifier)
        return replace(new, rules=course.rules, before=course.played, ends_on=course.ends_on)

    def row(self, case: Case[Attempt], decision: Decision) -> Mapping[str, Any]:  # noqa: ARG002
        """Return the columns of a new launch."""
        record = case.record
        return {
            "enrolment": record.enrolment,
            "person": record.person,
            "period": record.standing(case.now).period,
        }

    def changes(self, case: Case[Attempt], decision: Decision) -> Mapping[str, Any]:  # noqa: ARG002
        """Change nothing but the state."""
        return {}


def performance_of(conn: Connection, trust: str, offering: str, person: str) -> str | None:
    """Return the id of what a person came to with an offering."""
    found = _PERFORMANCE.one(conn, trust=trust, offering=offering, person=person)
    return found.id if found else None


def _waiting(conn: Connection, trust: str, ids: Sequence[str]) -> Mapping[str, tuple[str, ...]]:
    """Return by performance the Confirmed enrolments of its learner on classes of its offering."""
    found: dict[str, list[str]] = {}
    for row in _WAITING.rows(conn, trust=trust, keys=tuple(ids)):
        found.setdefault(row.id, []).append(row.enrolment)
    return {key: tuple(waiting) for key, waiting in found.items()}


def _owners(conn: Connection, trust: str, keys: Iterable[str]) -> Mapping[str, Any]:
    """Return enrolments with what they may play and what came of it, by id."""
    return {row.id: row for row in _OWNERS.rows(conn, trust=trust, keys=tuple(set(keys)))}


def _attempt(  # noqa: PLR0913 - a stored launch, or one that is not stored yet
    owner: Any,
    way: tuple[str, ...],
    identifier: str,
    *,
    state: AttemptState | None = None,
    revision: int = 0,
    head: str = "",
) -> Attempt:
    return Attempt(
        trust=owner.trust,
        id=identifier,
        state=state,
        revision=revision,
        head=head,
        organisation=owner.organisation,
        organisations=way,
        person=owner.person,
        enrolment=owner.id,
        playable=owner.package is not None and owner.state in PLACED,
        final=owner.best in FINAL,
    )
