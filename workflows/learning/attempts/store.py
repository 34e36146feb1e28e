"""Where the rules of attempts are kept, and the attempts of enrolments with what is allowed now; all set-based."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import Connection, and_, bindparam, delete, insert, or_, select, tuple_, update

from engine.machine import Actor
from engine.roles import amendments
from engine.roles.amendments import Amended
from engine.storage.prepared import TRUST, Asked
from scorm import store as runtime
from scorm import tables as runtime_tables
from workflows.competence.records import AwardState
from workflows.competence.tables import awards
from workflows.learning.attempts.grading import NOTHING, Played
from workflows.learning.attempts.rules import Change, Resolved, Rules, Said, Scope, effective, resolved
from workflows.learning.attempts.standing import Standing, stand
from workflows.learning.records import AttemptState, Offering
from workflows.learning.tables import attempt_rules, classes, enrolments, launches, offerings

EVERYWHERE: Final = ""
"""The key of what is set for the whole trust."""

_UNREADABLE: Final = "AICC"
_PERIOD: Final = Asked(
    select(launches.c.period).where(launches.c.trust == TRUST, launches.c.id == bindparam("attempt"))
)
_SCOPE, _KEY = attempt_rules.c.scope, attempt_rules.c.key
_RULES: Final = Asked(
    select(attempt_rules).where(
        attempt_rules.c.trust == TRUST,
        or_(
            _SCOPE == Scope.SYSTEM,
            and_(_SCOPE == Scope.PACKAGE, _KEY.in_(bindparam("packages", expanding=True))),
            and_(_SCOPE == Scope.OFFERING, _KEY.in_(bindparam("offerings", expanding=True))),
        ),
    )
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Offered:
    """An offering as far as rules of attempts go; `most` is its own limit, which has a column of its own."""

    id: str
    package: str | None
    most: int | None
    competence: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Who plays what under an enrolment."""

    enrolment: str
    person: str
    offered: Offered


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """The course of an enrolment: the rules that hold, the attempts, and the last day of what the learner holds."""

    found: tuple[Resolved, ...]
    played: tuple[Played, ...]
    ends_on: date | None

    @property
    def rules(self) -> Rules:
        """Return the rules that hold."""
        return effective(self.found)

    def standing(self, now: datetime) -> Standing:
        """Say what is possible now."""
        return stand(self.played, self.rules, self.ends_on, now)


def offered(offering: Offering) -> Offered:
    """Return an offering as far as rules of attempts go."""
    competence = offering.competence.id if offering.competence else None
    return Offered(id=offering.id, package=offering.package, most=offering.max_attempts, competence=competence)


def said(conn: Connection, trust: str, scope: Scope, key: str) -> Said:
    """Return what is set for one thing itself; of an offering its own limit too."""
    table = attempt_rules
    mine = (table.c.trust == trust, table.c.scope == scope, table.c.key == key)
    found = {row.name: row.value for row in conn.execute(select(table.c.name, table.c.value).where(*mine))}
    if scope is Scope.OFFERING:
        query = select(offerings.c.max_attempts).where(offerings.c.trust == trust, offerings.c.id == key)
        found |= _limit(conn.scalar(query))
    return found


def rules_for(conn: Connection, trust: str, offered: Iterable[Offered]) -> Mapping[str, tuple[Resolved, ...]]:
    """Return by offering every rule with where it comes from: one statement for all."""
    wanted = tuple(offered)
    packages = {one.package for one in wanted if one.package}
    found: dict[tuple[str, str], dict[str, str]] = {}
    said = {"packages": tuple(packages), "offerings": tuple({one.id for one in wanted})}
    for row in _RULES.rows(conn, trust=trust, **said):
        found.setdefault((row.scope, row.key), {})[row.name] = row.value
    return {one.id: _resolved(found, one) for one in wanted}


def rules_at(conn: Connection, trust: str, scope: Scope, key: str) -> tuple[Resolved, ...]:
    """Return every rule as it holds for the system or for a package."""
    widest = (Scope.SYSTEM, said(conn, trust, Scope.SYSTEM, EVERYWHERE))
    return resolved(widest) if scope is Scope.SYSTEM else resolved(widest, (scope, said(conn, trust, scope, key)))


def change(  # noqa: PLR0913 - who changes what, where and when
    conn: Connection, trust: str, scope: Scope, key: str, changes: Sequence[Change], *, by: Actor, now: datetime
) -> None:
    """Write what is set from now on, and who set it; None takes a value back."""
    table = attempt_rules
    for one in changes:
        mine = (table.c.trust == trust, table.c.scope == scope, table.c.key == key, table.c.name == one.name)
        conn.execute(delete(table).where(*mine))
        kept_apart = scope is Scope.OFFERING and one.name == "most"
        if kept_apart:
            # 0 cannot stand in the column: for who reads it without these rules it would be no attempt at all.
            own = {"max_attempts": int(one.value or 0) or None}
            conn.execute(update(offerings).where(offerings.c.trust == trust, offerings.c.id == key).values(own))
        if one.value is not None and not (kept_apart and one.value != "0"):
            row = {"trust": trust, "scope": str(scope), "key": key, "name": one.name, "value": one.value}
            conn.execute(insert(table), row)
        at = amended_as(scope, key)
        amendments.note(conn, trust, Amended.ATTEMPTS, at, one.words, {one.name: one.value}, by, now)


def amended_as(scope: Scope, key: str) -> str:
    """Return under which key the changes of something are noted."""
    return f"{scope}/{key}"


def places(conn: Connection, trust: str, keys: Iterable[str]) -> tuple[Place, ...]:
    """Return those of the enrolments that exist, each with what it plays."""
    query = (
        select(
            enrolments.c.id,
            enrolments.c.person,
            offerings.c.id.label("offering"),
            offerings.c.package,
            offerings.c.competence,
            offerings.c.max_attempts,
        )
        .join(classes, and_(classes.c.trust == trust, classes.c.id == enrolments.c.course_class))
        .join(offerings, and_(offerings.c.trust == trust, offerings.c.id == classes.c.offering))
        .where(enrolments.c.trust == trust, enrolments.c.id.in_(set(keys)))
    )
    return tuple(_place(row) for row in conn.execute(query))


def courses(conn: Connection, trust: str, keys: Iterable[str]) -> Mapping[str, Course]:
    """Return the courses of enrolments, by enrolment: four statements for all."""
    found = places(conn, trust, keys)
    rules = rules_for(conn, trust, [one.offered for one in found])
    played = played_under(conn, trust, [one.enrolment for one in found])
    ends = ends_of(conn, trust, found)
    return {
        one.enrolment: Course(
            found=rules[one.offered.id], played=played.get(one.enrolment, ()), ends_on=ends.get(one.enrolment)
        )
        for one in found
    }


def played_under(conn: Connection, trust: str, keys: Iterable[str]) -> Mapping[str, tuple[Played, ...]]:
    """Return the attempts of enrolments, the oldest first."""
    table, packages = runtime_tables.attempts, runtime_tables.packages
    query = (
        select(
            table.c.id,
            table.c.registration,
            table.c.package,
            table.c.opened_at,
            table.c.outcome,
            table.c.highest,
            table.c.last,
            launches.c.state,
            launches.c.period,
            packages.c.edition,
        )
        .join(packages, and_(packages.c.trust == table.c.trust, packages.c.hash == table.c.package), isouter=True)
        .join(launches, and_(launches.c.trust == table.c.trust, launches.c.id == table.c.id))
        .where(table.c.trust == trust, table.c.registration.in_(set(keys)))
        .order_by(table.c.opened_at, table.c.id)
    )
    found: dict[str, list[Played]] = {}
    for row in conn.execute(query):
        found.setdefault(row.registration, []).append(_played(row))
    return {key: tuple(made) for key, made in found.items()}


def period_of(conn: Connection, trust: str, attempt: str) -> int:
    """Return for which period of validity an attempt is made, counted under its enrolment."""
    found = _PERIOD.one(conn, trust=trust, attempt=attempt)
    return (found and found.period) or 1


def carry(conn: Connection, trust: str, attempt: str, period: int) -> None:
    """Let an attempt that was begun in an earlier period go on in this one."""
    mine = (launches.c.trust == trust, launches.c.id == attempt)
    conn.execute(update(launches).where(*mine).values(period=period))


def ends_of(conn: Connection, trust: str, found: Iterable[Place]) -> Mapping[str, date]:
    """Return by enrolment the last day of what its learner holds of its competence; none where it never ends."""
    wanted = {one.enrolment: (one.person, one.offered.competence) for one in found if one.offered.competence}
    query = select(awards.c.person, awards.c.competence, awards.c.ends_on).where(
        awards.c.trust == trust,
        awards.c.state == AwardState.HELD,
        awards.c.ends_on.is_not(None),
        tuple_(awards.c.person, awards.c.competence).in_(set(wanted.values())),
    )
    ends = {(row.person, row.competence): row.ends_on for row in conn.execute(query)} if wanted else {}
    return {key: ends[held] for key, held in wanted.items() if held in ends}


def _resolved(found: Mapping[tuple[str, str], Said], one: Offered) -> tuple[Resolved, ...]:
    own = {**found.get((Scope.OFFERING, one.id), {}), **_limit(one.most)}
    return resolved(
        (Scope.SYSTEM, found.get((Scope.SYSTEM, EVERYWHERE), {})),
        (Scope.PACKAGE, found.get((Scope.PACKAGE, one.package or ""), {})),
        (Scope.OFFERING, own),
    )


def _limit(most: int | None) -> dict[str, str]:
    return {"most": str(most)} if most else {}


def _place(row: Any) -> Place:
    offered = Offered(id=row.offering, package=row.package, most=row.max_attempts, competence=row.competence)
    return Place(enrolment=row.id, person=row.person, offered=offered)


def _played(row: Any) -> Played:
    outcome = runtime.outcome_of(row.outcome)
    reported = outcome.score if outcome else None
    return Played(
        id=row.id,
        opened_at=row.opened_at,
        status=outcome.lesson_status if outcome else NOTHING,
        finished=bool(outcome and outcome.finished),
        highest=reported if row.highest is None else row.highest,
        last=reported if row.last is None else row.last,
        reset=row.state == AttemptState.RESET,
        period=row.period or 1,
        readable=not (row.edition or "").startswith(_UNREADABLE),
        package=row.package,
    )
