"""Reads and writes of competences, requirements and awards; all set-based."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any, ClassVar

from sqlalchemy import Connection, Row, Table, delete, insert, select, update

from engine.errors import Missing
from engine.machine import Case, Decision
from engine.roles import directory
from engine.storage.prepared import KEYS, TRUST, Asked
from workflows.competence.compliance import Colour, colour
from workflows.competence.records import Award, AwardState, Competence, Requirement, day
from workflows.competence.tables import awards, competences, requirements
from workflows.people import store as people
from workflows.people.records import AssignmentStatus, Site

_BY_ID = Asked(select(competences).where(competences.c.trust == TRUST, competences.c.id.in_(KEYS)))


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileLine:
    """One competence as a learner sees it; `starts_on` is None where it is not held."""

    competence: Competence
    colour: Colour
    required: bool
    award: str | None
    starts_on: date | None
    ends_on: date | None
    source: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class AwardKeep:
    """Where awards are kept."""

    site: Site
    table: ClassVar[Table] = awards

    def load(self, connection: Connection, trust: str, ids: Sequence[str], now: datetime) -> Mapping[str, Award]:  # noqa: ARG002
        """Return awards by id."""
        query = select(awards).where(awards.c.trust == trust, awards.c.id.in_(ids))
        rows = connection.execute(query).all()
        holders = people.people(connection, trust, {row.person for row in rows})
        names = by_id(connection, trust, {row.competence for row in rows})
        ways = people.ways_up(connection, trust, {row.organisation for row in rows})
        return {
            row.id: Award(
                trust=trust,
                id=row.id,
                state=AwardState(row.state),
                revision=row.revision,
                head=row.head,
                organisation=row.organisation,
                organisations=ways[row.organisation],
                person=row.person,
                holder=holders[row.person].recipient(),
                competence=names[row.competence],
                starts_on=row.starts_on,
                ends_on=row.ends_on,
                source=row.source,
                current=row.state == AwardState.HELD,
                origin=self.site.origin,
            )
            for row in rows
        }

    def draft(self, connection: Connection, trust: str, identifier: str, facts: Mapping[str, Any]) -> Award:
        """Return an award that is not stored yet; facts: person, competence, starts_on, ends_on, source."""
        holder = people.person(connection, trust, facts["person"])
        found = by_id(connection, trust, [facts["competence"]])
        if facts["competence"] not in found:
            raise Missing("There is no such competence in this trust.", kind="competence", id=facts["competence"])
        ends_on = day(facts["ends_on"]) if facts.get("ends_on") else None
        rival = held(connection, trust, facts["competence"], holder.id)
        return Award(
            trust=trust,
            id=identifier,
            state=None,
            revision=0,
            head="",
            organisation=holder.organisation,
            organisations=people.ways_up(connection, trust, [holder.organisation])[holder.organisation],
            person=holder.id,
            holder=holder.recipient(),
            competence=found[facts["competence"]],
            starts_on=day(facts["starts_on"]),
            ends_on=ends_on,
            source=facts["source"],
            current=rival is None or lasts(ends_on) >= lasts(rival.ends_on),
            origin=self.site.origin,
        )

    def row(self, case: Case[Award], decision: Decision) -> Mapping[str, Any]:  # noqa: ARG002
        """Return the columns of a new award."""
        award = case.record
        return {
            "person": award.person,
            "competence": award.competence.id,
            "starts_on": award.starts_on,
            "ends_on": award.ends_on,
            "source": dict(award.source),
        }

    def changes(self, case: Case[Award], decision: Decision) -> Mapping[str, Any]:  # noqa: ARG002
        """Change nothing but the state."""
        return {}


def lasts(ends_on: date | None) -> date:
    """Return the last day of validity as something that compares: for ever is later than any day."""
    return ends_on or date.max


def add_competence(conn: Connection, competence: Competence) -> None:
    """Write a new competence."""
    conn.execute(insert(competences).values(**asdict(competence)))


def add_requirement(conn: Connection, requirement: Requirement) -> None:
    """Require a competence in an organisation and below it."""
    conn.execute(insert(requirements).values(**asdict(requirement)))


def require(conn: Connection, wanted: Requirement) -> None:
    """Require a competence; what is required already stays as it is. Raises `Missing` for another trust's."""
    directory.organisation(conn, wanted.trust, wanted.organisation)
    _known(conn, wanted.trust, wanted.competence)
    if wanted.competence not in required_at(conn, wanted.trust, [wanted.organisation]):
        add_requirement(conn, wanted)


def no_longer_require(conn: Connection, wanted: Requirement) -> None:
    """Take a requirement away; raises `Missing` where there is none."""
    same = [requirements.c[name] == value for name, value in asdict(wanted).items()]
    if conn.execute(delete(requirements).where(*same)).rowcount == 0:
        raise Missing("This competence is not required there.")


def change_competence(conn: Connection, trust: str, id: str, changes: Mapping[str, Any]) -> Competence:  # noqa: A002
    """Change how long a competence is valid from now on, or whether it is national; raises `Missing`."""
    if changes:
        here = (competences.c.trust == trust, competences.c.id == id)
        conn.execute(update(competences).where(*here).values(**changes))
    return _known(conn, trust, id)


def by_id(conn: Connection, trust: str, keys: Iterable[str]) -> Mapping[str, Competence]:
    """Return those of the competences that exist, by id."""
    wanted = tuple(set(keys))
    return {row.id: _competence(row) for row in _BY_ID.rows(conn, trust=trust, keys=wanted)} if wanted else {}


def catalogue(conn: Connection, trust: str) -> tuple[Competence, ...]:
    """Return every competence of a trust, by name."""
    query = select(competences).where(competences.c.trust == trust).order_by(competences.c.name)
    return tuple(_competence(row) for row in conn.execute(query))


def required_at(conn: Connection, trust: str, organisations: Iterable[str]) -> frozenset[str]:
    """Return the competences that any of these organisations requires."""
    query = select(requirements.c.competence).where(
        requirements.c.trust == trust, requirements.c.organisation.in_(set(organisations))
    )
    return frozenset(conn.scalars(query))


def held(conn: Connection, trust: str, competence: str, person: str) -> Any:
    """Return a row with the id and the last day of what a person holds of a competence now, or None."""
    return conn.execute(
        select(awards.c.id, awards.c.ends_on).where(
            awards.c.trust == trust,
            awards.c.competence == competence,
            awards.c.person == person,
            awards.c.state == AwardState.HELD,
        )
    ).one_or_none()


def awarded_by(conn: Connection, trust: str, person: str, enrolment: str) -> tuple[str, ...]:
    """Return the held awards that one enrolment made."""
    query = select(awards.c.id, awards.c.source).where(
        awards.c.trust == trust, awards.c.person == person, awards.c.state == AwardState.HELD
    )
    return tuple(row.id for row in conn.execute(query) if row.source.get("enrolment") == enrolment)


def profiles(
    conn: Connection, trust: str, persons: Iterable[str], today: date
) -> Mapping[str, tuple[ProfileLine, ...]]:
    """Return what each person must hold and does hold, by person, with its colour today; three queries for all."""
    keys = set(persons)
    wanted = needs(conn, trust, keys)
    has: dict[str, dict[str, Row[Any]]] = {key: {} for key in keys}
    query = select(awards).where(awards.c.trust == trust, awards.c.person.in_(keys), awards.c.state == AwardState.HELD)
    for row in conn.execute(query):
        has[row.person][row.competence] = row
    named = by_id(conn, trust, {one for each in (*wanted.values(), *has.values()) for one in each})
    return {
        key: tuple(
            _line(named[one], wanted[key], has[key].get(one), today)
            for one in sorted({*wanted[key], *has[key]}, key=lambda one: named[one].name)
        )
        for key in keys
    }


def needs(conn: Connection, trust: str, persons: Iterable[str]) -> Mapping[str, frozenset[str]]:
    """Return what the active assignments of each person require, by person; three queries for all."""
    posts = {
        person: {post.organisation for post in found if post.status is AssignmentStatus.ACTIVE}
        for person, found in people.assignments_of(conn, trust, persons).items()
    }
    ways = directory.paths(conn, trust)
    query = select(requirements).where(
        requirements.c.trust == trust,
        requirements.c.organisation.in_({one for each in posts.values() for post in each for one in ways[post]}),
    )
    asked: dict[str, set[str]] = {}
    for row in conn.execute(query):
        asked.setdefault(row.organisation, set()).add(row.competence)
    return {
        person: frozenset(one for post in posts.get(person, ()) for above in ways[post] for one in asked.get(above, ()))
        for person in persons
    }


def _known(conn: Connection, trust: str, key: str) -> Competence:
    found = by_id(conn, trust, [key])
    if key not in found:
        raise Missing("There is no such competence in this trust.")
    return found[key]


def _line(competence: Competence, required_ones: frozenset[str], row: Row[Any] | None, today: date) -> ProfileLine:
    required = competence.id in required_ones
    ends_on = row.ends_on if row else None
    shown = colour(required=required, held=row is not None, ends_on=ends_on, today=today)
    return ProfileLine(
        competence=competence,
        colour=shown or Colour.BLUE,
        required=required,
        award=row.id if row else None,
        starts_on=row.starts_on if row else None,
        ends_on=ends_on,
        source=row.source if row else {},
    )


def _competence(row: Any) -> Competence:
    return Competence(
        trust=row.trust,
        id=row.id,
        name=row.name,
        framework=row.framework,
        validity_months=row.validity_months,
        national=row.national,
    )
