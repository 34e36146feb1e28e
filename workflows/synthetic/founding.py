"""Writes a synthetic trust, set by set; what a workflow moves has its row in the journal, as if it had walked there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from itertools import islice
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Table, insert, select

from engine import journal
from engine.errors import Invalid
from engine.machine import THE_SYSTEM, Workflow
from engine.roles import directory
from engine.roles.directory_tables import accounts, organisations
from engine.tables import journal as journal_table
from engine.transaction import Engine, Transaction
from workflows.competence import award
from workflows.competence import store as competence_store
from workflows.competence.records import Competence, framework_of
from workflows.competence.tables import awards, requirements
from workflows.learning import catalogue, classes, enrolment
from workflows.learning.keeps import ZONE
from workflows.learning.records import Delivery, Offering
from workflows.learning.tables import classes as classes_table
from workflows.learning.tables import enrolments, sessions
from workflows.onboarding import applicant, transfer
from workflows.people import responsibilities as held
from workflows.people.tables import assignments, persons
from workflows.synthetic.cohort import COMPETENCES, PEOPLE_A_TRANSFER, PLACES, Cohort, Row

_CHUNK: Final = 2_000
_LONDON: Final = ZoneInfo("Europe/London")
_OFFERED: Final = "resuscitation"
_NATIONAL: Final = len([one for one in COMPETENCES if "CSTF" in one[1]])


def found(engine: Engine, people: int, seed: int) -> Cohort:
    """Write a trust of so many people in one commit, and return what it consists of; raises `Invalid` for a second."""
    today = engine.clock().astimezone(_LONDON).date()
    cohort = Cohort(trust=f"synthetic-{seed}", people=people, seed=seed, today=today)
    with engine.transaction() as tx:
        here = select(organisations.c.id).where(organisations.c.id == cohort.trust)
        if tx.connection.execute(here).first() is not None:
            raise Invalid(f"There is a synthetic trust of seed {seed} already: choose another seed.")
        _frame(tx, cohort)
        _insert(tx.connection, persons, cohort.persons())
        _insert(tx.connection, assignments, cohort.assignments())
        _insert(tx.connection, accounts, map(_account, cohort.persons()))
        _officers(tx, cohort)
        _subjects(tx, award.WORKFLOW, "A8-T05", awards, "HELD", cohort.awards())
        _classes(tx, cohort)
        _transfers(tx, cohort)
    return cohort


def _frame(tx: Transaction, cohort: Cohort) -> None:
    """Write organisations, competences and requirements, and offer the one that is taught in a classroom."""
    _insert(tx.connection, organisations, cohort.organisations())
    for key, name, months, _everywhere in COMPETENCES:
        new = Competence(
            trust=cohort.trust,
            id=key,
            name=name,
            framework=framework_of(name),
            validity_months=months,
            national="CSTF" in name,
        )
        competence_store.add_competence(tx.connection, new)
    _insert(tx.connection, requirements, cohort.requirements())
    title = "Resuscitation Level 2"
    catalogue.add_course(tx.connection, trust=cohort.trust, identifier=_OFFERED, title=title, organisation=cohort.trust)
    offered = Offering(
        trust=cohort.trust,
        id=_OFFERED,
        course=_OFFERED,
        course_title=title,
        title=title,
        delivery=Delivery.CLASSROOM,
        package=None,
        competence=competence_store.by_id(tx.connection, cohort.trust, [_OFFERED])[_OFFERED],
        validity_months=None,
        restrict_days=None,
        max_attempts=None,
        joining_text="",
    )
    catalogue.add_offering(tx.connection, offered)


def _officers(tx: Transaction, cohort: Cohort) -> None:
    """Give the first few accounts what an administrator may, and the role that reviews transfers."""
    for responsibility in held.GRANTED:
        directory.grant(tx.connection, cohort.trust, cohort.person(0), responsibility, cohort.trust)
    role = directory.Role(
        trust=cohort.trust, role=held.STAT_AND_MAND, organisation=cohort.trust, title="Stat & Mand Competencies Ntf"
    )
    directory.put_role(tx.connection, role)
    for number in range(1, min(4, cohort.people)):
        holder = directory.Holder(
            trust=cohort.trust,
            role=held.STAT_AND_MAND,
            organisation=cohort.trust,
            account=cohort.person(number),
        )
        directory.put_holder(tx.connection, holder)


def _account(person: Row) -> Row:
    named = {"trust": person["trust"], "id": person["id"], "username": person["id"], "email": person["email"]}
    return {**named, "name": person["name"], "person": person["id"], "active": True, "session": 0}


def _classes(tx: Transaction, cohort: Cohort) -> None:
    """Write classes with their sessions and those who have a place, every now and then one that is full."""
    meetings = list(cohort.meetings())
    trust = cohort.trust
    rows = [_class(cohort, number) for number in range(len(meetings))]
    _subjects(tx, classes.WORKFLOW, "A2-T02", classes_table, "NORMAL", rows)
    times = [
        {
            "trust": trust,
            "course_class": row["id"],
            "id": "1",
            "starts_at": start,
            "ends_at": end,
            "venue": "Education Centre",
            "revision": 0,
        }
        for row, (start, end) in zip(rows, meetings, strict=True)
    ]
    _insert(tx.connection, sessions, times)
    placed = (_enrolment(row, person, tx.now) for number, row in enumerate(rows) for person in cohort.learners(number))
    _subjects(tx, enrolment.WORKFLOW, "A1-T01", enrolments, "CONFIRMED", placed)


def _class(cohort: Cohort, number: int) -> Row:
    return {
        "trust": cohort.trust,
        "id": f"{cohort.trust}-c{number:05d}",
        "organisation": cohort.trust,
        "offering": _OFFERED,
        "title": f"Resuscitation Level 2, group {number + 1}",
        "minimum": 4,
        "maximum": PLACES,
        "waitlist": True,
        "waitlist_maximum": None,
        "restrict_days": None,
        "withdraw_days": 1,
        "approval": False,
        "venue": "Education Centre",
        "joining_text": "",
        "zone": ZONE,
        "opens_at": None,
        "closes_at": None,
    }


def _enrolment(course_class: Row, person: str, now: datetime) -> Row:
    return {
        "trust": course_class["trust"],
        "id": f"{course_class['id'][-6:]}-{person[-20:]}",
        "organisation": course_class["organisation"],
        "course_class": course_class["id"],
        "person": person,
        "email": None,
        "spell": 1,
        "joined_at": now,
        "position": None,
        "reason": None,
        "made_by": THE_SYSTEM.id,
    }


def _transfers(tx: Transaction, cohort: Cohort) -> None:
    """Prefer some applicants, and let competences arrive for them, so that questions are open."""
    for number in range(max(1, cohort.people // PEOPLE_A_TRANSFER)):
        person = cohort.person(cohort.people - 1 - number)
        hire = cohort.today + timedelta(days=20 + number % 40)
        said = {
            "person": person,
            "organisation": cohort.wards[number % len(cohort.wards)],
            "position": "Registrar",
            "hire_on": hire.isoformat(),
        }
        made = tx.start(applicant.KIND, cohort.trust, applicant.Trigger.PREFER, said).subject
        name = COMPETENCES[number % _NATIONAL][1]
        lines = [
            {
                "name": name,
                "starts_on": str(cohort.today - timedelta(days=100)),
                "ends_on": str(cohort.today + timedelta(days=250)),
            }
        ]
        came = {"applicant": made.id, "source_organisation": "Westerly University Hospitals", "lines": lines}
        tx.start(transfer.KIND, cohort.trust, transfer.Trigger.RECEIVE, came)


def _subjects(  # noqa: PLR0913, PLR0917 - a move has as many parts
    tx: Transaction, workflow: Workflow, step: str, table: Table, state: str, rows: Iterable[Row]
) -> None:
    """Write subjects that stand in a state by one step, and the row of the journal that says so."""
    trigger = next(str(one.trigger) for one in workflow.steps if one.id == step)
    for chunk in _chunks(rows):
        entries = [_entry(workflow, step, trigger, state, row, tx.now) for row in chunk]
        moved = {"state": state, "revision": 1, "definition": workflow.version, "updated_at": tx.now}
        subjects = [{**row, **moved, "head": entry["hash"]} for row, entry in zip(chunk, entries, strict=True)]
        tx.connection.execute(insert(table), subjects)
        tx.connection.execute(insert(journal_table), entries)


def _entry(  # noqa: PLR0913, PLR0917 - as above
    workflow: Workflow, step: str, trigger: str, state: str, row: Row, now: datetime
) -> dict[str, Any]:
    entry = {
        "trust": row["trust"],
        "kind": workflow.kind,
        "subject": row["id"],
        "revision": 1,
        "step": step,
        "trigger": trigger,
        "source": None,
        "target": state,
        "actor": THE_SYSTEM.id,
        "at": now,
        "because": None,
        "definition": workflow.version,
        "previous": journal.GENESIS,
    }
    said: Mapping[str, Any] = {"source": "synthetic"}
    return journal.entry(entry, journal.payload(said, THE_SYSTEM.name))


def _insert(connection: Connection, table: Table, rows: Iterable[Row]) -> None:
    for chunk in _chunks(rows):
        connection.execute(insert(table), chunk)


def _chunks(rows: Iterable[Row]) -> Iterator[list[Row]]:
    left = iter(rows)
    while chunk := list(islice(left, _CHUNK)):
        yield chunk
