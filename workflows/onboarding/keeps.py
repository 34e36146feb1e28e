"""Where applicants and transfers are kept."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import Connection, Row, Table, and_, select

from engine.errors import Missing
from engine.machine import Case, Decision
from workflows.competence import store as competence_store
from workflows.competence.records import Competence, day
from workflows.onboarding.records import (
    EMPLOYEE,
    REVIEW_DAYS,
    Applicant,
    ApplicantState,
    Line,
    Transfer,
    TransferState,
)
from workflows.onboarding.tables import applicants, transfer_lines, transfers
from workflows.people import store as people
from workflows.people.records import Person, Site


@dataclass(frozen=True, slots=True)
class ApplicantKeep:
    """Where applicants are kept."""

    table: ClassVar[Table] = applicants

    def load(self, connection: Connection, trust: str, ids: Sequence[str], now: datetime) -> Mapping[str, Applicant]:  # noqa: ARG002
        """Return applicants by id, each with the transfers that nobody has answered."""
        rows = connection.execute(select(applicants).where(applicants.c.trust == trust, applicants.c.id.in_(ids))).all()
        persons = people.people(connection, trust, {row.person for row in rows})
        ways = people.ways_up(connection, trust, {row.organisation for row in rows})
        pending = _pending(connection, trust, ids)
        return {
            row.id: Applicant(
                trust=trust,
                id=row.id,
                state=ApplicantState(row.state),
                revision=row.revision,
                head=row.head,
                organisation=row.organisation,
                organisations=ways[row.organisation],
                person=row.person,
                applicant=persons[row.person],
                position=row.position,
                hire_on=row.hire_on,
                person_type=row.person_type,
                checks_complete=row.checks_complete,
                reason=row.reason,
                open_transfers=pending.get(row.id, ()),
            )
            for row in rows
        }

    def draft(self, connection: Connection, trust: str, identifier: str, facts: Mapping[str, Any]) -> Applicant:
        """Return an applicant that is not stored yet; facts: person, organisation, position, hire_on."""
        person = people.person(connection, trust, facts["person"])
        organisation = facts.get("organisation") or person.organisation
        return Applicant(
            trust=trust,
            id=identifier,
            state=None,
            revision=0,
            head="",
            organisation=organisation,
            organisations=people.ways_up(connection, trust, [organisation])[organisation],
            person=person.id,
            applicant=person,
            position=facts["position"],
            hire_on=day(facts["hire_on"]) if facts.get("hire_on") else None,
            person_type=None,
            checks_complete=False,
            reason=None,
            open_transfers=(),
        )

    def row(self, case: Case[Applicant], decision: Decision) -> Mapping[str, Any]:
        """Return the columns of a new applicant."""
        record = case.record
        ties = {"person": record.person, "position": record.position}
        return {**ties, "hire_on": record.hire_on, "person_type": None, "reason": None, **self.changes(case, decision)}

    def changes(self, case: Case[Applicant], decision: Decision) -> Mapping[str, Any]:
        """Return what the facts say of hire date, checks, person type and reason."""
        facts, hired = case.facts, decision.step.target is ApplicantState.HIRED
        return {
            "hire_on": day(facts["hire_on"]) if facts.get("hire_on") else case.record.hire_on,
            "checks_complete": case.record.checks_complete or bool(facts.get("checks_complete")),
            "person_type": (facts.get("person_type") or EMPLOYEE) if hired else case.record.person_type,
            "reason": facts.get("reason") or case.record.reason,
        }


@dataclass(frozen=True, slots=True)
class TransferKeep:
    """Where transfers are kept."""

    site: Site
    table: ClassVar[Table] = transfers

    def load(self, connection: Connection, trust: str, ids: Sequence[str], now: datetime) -> Mapping[str, Transfer]:  # noqa: ARG002
        """Return transfers by id, each with its lines beside what the target has and requires."""
        query = _with_applicant().where(transfers.c.trust == trust, transfers.c.id.in_(ids))
        rows = connection.execute(query).all()
        ways = people.ways_up(connection, trust, {row.organisation for row in rows})
        known = {one.id: one for one in competence_store.catalogue(connection, trust)}
        lines = _lines(connection, trust, ids)
        persons = people.people(connection, trust, {row.person for row in rows})
        required = {way: competence_store.required_at(connection, trust, way) for way in set(ways.values())}
        return {
            row.id: Transfer(
                trust=trust,
                id=row.id,
                state=TransferState(row.state),
                revision=row.revision,
                head=row.head,
                source_organisation=row.source_organisation,
                review_days=row.review_days,
                reason=row.reason,
                lines=tuple(_line(line, known, required[ways[row.organisation]]) for line in lines.get(row.id, ())),
                competences=known,
                site=self.site,
                **_of_applicant(row, persons[row.person], ways[row.organisation]),
            )
            for row in rows
        }

    def draft(self, connection: Connection, trust: str, identifier: str, facts: Mapping[str, Any]) -> Transfer:
        """Return a transfer that is not stored yet; facts: applicant, source_organisation, lines, review_days.

        A line is {name, level, starts_on, ends_on}, dates in ISO 8601, an absent end for ever.
        """
        mine = (applicants.c.trust == trust, applicants.c.id == facts["applicant"])
        row = connection.execute(_of_applicants().where(*mine)).one_or_none()
        if row is None:
            raise Missing("There is no such applicant in this trust.", kind="applicant", id=facts["applicant"])
        way = people.ways_up(connection, trust, [row.organisation])[row.organisation]
        known = {one.id: one for one in competence_store.catalogue(connection, trust)}
        required = competence_store.required_at(connection, trust, way)
        return Transfer(
            trust=trust,
            id=identifier,
            state=None,
            revision=0,
            head="",
            source_organisation=facts["source_organisation"],
            review_days=facts.get("review_days") or REVIEW_DAYS,
            reason=None,
            lines=tuple(
                _said(str(number), said, known, required) for number, said in enumerate(facts.get("lines") or (), 1)
            ),
            competences=known,
            site=self.site,
            **_of_applicant(row, people.person(connection, trust, row.person), way),
        )

    def row(self, case: Case[Transfer], decision: Decision) -> Mapping[str, Any]:  # noqa: ARG002
        """Return the columns of a new transfer."""
        record = case.record
        return {
            "applicant": record.applicant,
            "source_organisation": record.source_organisation,
            "review_days": record.review_days,
            "reason": None,
        }

    def changes(self, case: Case[Transfer], decision: Decision) -> Mapping[str, Any]:  # noqa: ARG002
        """Return the reason of the move, if one is given."""
        return {"reason": case.facts.get("reason")}


def _pending(conn: Connection, trust: str, keys: Iterable[str]) -> Mapping[str, tuple[str, ...]]:
    query = select(transfers.c.applicant, transfers.c.id).where(
        transfers.c.trust == trust,
        transfers.c.applicant.in_(set(keys)),
        transfers.c.state == TransferState.PENDING,
    )
    found: dict[str, list[str]] = {}
    for row in conn.execute(query.order_by(transfers.c.id)):
        found.setdefault(row.applicant, []).append(row.id)
    return {key: tuple(rows) for key, rows in found.items()}


def _of_applicants() -> Any:
    """Select what a transfer knows of its applicant."""
    return select(
        applicants.c.id.label("applicant"),
        applicants.c.organisation,
        applicants.c.person,
        applicants.c.state.label("applicant_state"),
        applicants.c.position,
        applicants.c.hire_on,
    )


def _with_applicant() -> Any:
    own = (transfers.c.id, transfers.c.state, transfers.c.revision, transfers.c.head)
    said = (transfers.c.source_organisation, transfers.c.review_days, transfers.c.reason)
    same = and_(applicants.c.trust == transfers.c.trust, applicants.c.id == transfers.c.applicant)
    return _of_applicants().add_columns(*own, *said).join(transfers, same)


def _of_applicant(row: Row[Any], person: Person, way: tuple[str, ...]) -> dict[str, Any]:
    return {
        "organisation": row.organisation,
        "organisations": way,
        "person": row.person,
        "applicant": row.applicant,
        "applicant_name": person.name,
        "applicant_state": ApplicantState(row.applicant_state),
        "position": row.position,
        "hire_on": row.hire_on,
    }


def _lines(conn: Connection, trust: str, keys: Iterable[str]) -> Mapping[str, list[Row[Any]]]:
    query = select(transfer_lines).where(transfer_lines.c.trust == trust, transfer_lines.c.transfer.in_(set(keys)))
    found: dict[str, list[Any]] = {}
    for row in conn.execute(query):
        found.setdefault(row.transfer, []).append(row)
    return {key: sorted(rows, key=lambda row: int(row.number)) for key, rows in found.items()}


def _line(row: Row[Any], known: Mapping[str, Competence], required: frozenset[str]) -> Line:
    match = _match(row.name, known)
    return Line(
        number=row.number,
        name=row.name,
        level=row.level,
        starts_on=row.starts_on,
        ends_on=row.ends_on,
        competence=match,
        required=match is not None and match.id in required,
        decided=row.decided,
    )


def _said(number: str, said: Mapping[str, Any], known: Mapping[str, Competence], required: frozenset[str]) -> Line:
    match = _match(said["name"], known)
    return Line(
        number=number,
        name=said["name"],
        level=said.get("level"),
        starts_on=day(said["starts_on"]),
        ends_on=day(said["ends_on"]) if said.get("ends_on") else None,
        competence=match,
        required=match is not None and match.id in required,
    )


def _match(name: str, known: Mapping[str, Competence]) -> Competence | None:
    """Return the target's competence of the same name; the last bar may be missing (facts 5)."""
    bare = name.rstrip("|")
    return next((one for one in known.values() if one.name.rstrip("|") == bare), None)
