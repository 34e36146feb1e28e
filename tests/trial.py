"""A small workflow for tests of the engine: a leave request that a role approves, in a trust with one ward."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import Column, Connection, MetaData, String, Table, insert, select

from engine import failures, incident, incidents
from engine.approvals import approval, questions
from engine.effects import Effect, Fire
from engine.letters import Letter, Recipient, Relevant, Subject
from engine.machine import SELF, Actor, Case, Decision, Notice, Question, Step, Workflow, guard
from engine.roles.directory_tables import accounts, holders, organisations, roles
from engine.storage import database
from engine.tables import subject_columns
from engine.template_keep import TemplateVersions
from engine.timing import timers
from engine.transaction import Engine
from engine.wording import template_version
from tests.clock import FrozenClock

TRUST, WARD = "northshire", "ward-7"
ROLE = "leave-approver"
LEARNER = Actor(id="acc-lin", name="Lin Chen", person="lin")
TRUST_HOLDER = Actor(id="acc-tom", name="Tom Reid", person="tom", grants=frozenset({(ROLE, TRUST)}))
WARD_HOLDER = Actor(id="acc-wren", name="Wren Hall", person="wren", grants=frozenset({(ROLE, WARD)}))

leaves = Table("leaves", MetaData(), *subject_columns(), Column("person", String(40)), Column("note", String(80)))


class Leave(StrEnum):
    """Stored in `leaves.state`."""

    ASKED = "ASKED"
    GRANTED = "GRANTED"
    DENIED = "DENIED"
    LAPSED = "LAPSED"


class Turn(StrEnum):
    """What happens to a leave."""

    ASK = "ASK"
    GRANT = "GRANT"
    DENY = "DENY"
    LAPSE = "LAPSE"
    DEFAULT = "DEFAULT"
    RESET = "RESET"
    LOOP = "LOOP"


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One leave."""

    id: str
    person: str | None
    organisation: str = WARD
    trust: str = TRUST
    state: Leave | None = None
    revision: int = 0
    head: str = ""

    @property
    def organisations(self) -> tuple[str, ...]:
        """Return the ward and the trust."""
        return (self.organisation, self.trust) if self.organisation != self.trust else (self.trust,)


@guard("The ward is closed.")
def ward_open(case: Case[Request]) -> bool:
    """Hold unless the facts say that the ward is closed."""
    return not case.facts.get("closed")


def subject_of(record: Request) -> Subject:
    """Return the name of a leave."""
    return Subject(kind="leave", trust=record.trust, id=record.id)


def told(case: Case[Request]) -> Iterator[Letter]:
    """Tell the person."""
    yield Letter(
        notice="T-01-told",
        to=Recipient(name="Lin Chen", email="lin@northshire.example", person="lin"),
        subject=subject_of(case.record),
        organisation=case.record.organisation,
        reason="You asked for leave.",
        context={"learner_name": "Lin Chen"},
        relevant=Relevant(name="still_in", facts={"states": ["GRANTED"]}),
    )


def asked(case: Case[Request], to: Recipient, approval: str) -> Letter:
    """Ask a holder."""
    return Letter(
        notice="T-02-asked",
        to=to,
        subject=subject_of(case.record),
        organisation=case.record.organisation,
        reason="You hold a role.",
        context={"approval": approval},
    )


def looped(case: Case[Request]) -> Iterator[Effect]:
    """Fire the same trigger again, without end."""
    yield Fire(subject=subject_of(case.record), trigger=Turn.LOOP)


ANSWERS = {"sources": (Leave.ASKED,), "by": (ROLE,), "answer": True}
LEAVE = Workflow(
    kind="leave",
    title="Leave",
    states=Leave,
    triggers=Turn,
    steps=(
        Step(id="L1", trigger=Turn.ASK, sources=(), target=Leave.ASKED, by=(SELF,), when=(ward_open,)),
        Step(id="L2", trigger=Turn.GRANT, target=Leave.GRANTED, notices=(Notice("T-01-told", told),), **ANSWERS),
        Step(id="L3", trigger=Turn.DENY, target=Leave.DENIED, **ANSWERS),
        Step(id="L4", trigger=Turn.LAPSE, sources=(Leave.ASKED,), target=Leave.LAPSED),
        Step(id="L5", trigger=Turn.DEFAULT, sources=(Leave.ASKED,), target=Leave.GRANTED),
        Step(id="L6", trigger=Turn.RESET, sources=(Leave.GRANTED,), target=Leave.ASKED, by=(SELF,)),
        Step(id="L7", trigger=Turn.LOOP, sources=(Leave.ASKED,), target=Leave.ASKED, effects=looped),
    ),
    questions={
        Leave.ASKED: Question(
            role=ROLE,
            title=lambda case: f"Leave for {case.record.person}",
            letter=asked,
            due=lambda case: case.now + timedelta(days=14),
            lapse=Turn.LAPSE,
            fallback=Turn.DEFAULT,
        )
    },
)


class Leaves:
    """Where leaves are kept."""

    table = leaves

    def load(self, connection: Connection, trust: str, ids: Sequence[str], _now: datetime) -> Mapping[str, Request]:
        """Return leaves by id."""
        rows = connection.execute(select(leaves).where(leaves.c.trust == trust, leaves.c.id.in_(ids))).mappings()
        return {row["id"]: _request(row) for row in rows}

    def draft(self, _connection: Connection, trust: str, identifier: str, facts: Mapping[str, Any]) -> Request:
        """Return a new leave."""
        organisation = facts.get("organisation", WARD)
        return Request(id=identifier, trust=trust, person=facts["person"], organisation=organisation)

    def row(self, case: Case[Request], _decision: Decision) -> Mapping[str, Any]:
        """Return whose it is."""
        return {"person": case.record.person}

    def changes(self, case: Case[Request], _decision: Decision) -> Mapping[str, Any]:
        """Return the note, where there is one."""
        return {"note": case.facts["note"]} if "note" in case.facts else {}


def engine_on(url: str, clock: FrozenClock) -> Engine:
    """Build an engine with the leave workflow over a migrated database."""
    opened = database.connect(url)
    leaves.metadata.create_all(opened)
    return Engine(
        database=opened,
        keeps={
            "leave": (LEAVE, Leaves()),
            "approval": (approval.WORKFLOW, questions.Approvals()),
            "incident": (incident.WORKFLOW, incidents.Incidents("https://learn.northshire.example")),
            "template": (template_version.WORKFLOW, TemplateVersions("https://learn.northshire.example")),
        },
        handlers={**questions.HANDLERS, **timers.HANDLERS, **incidents.serving(failures.PARKS)},
        clock=clock,
    )


def allocate(engine: Engine, role_holders: Mapping[str, Sequence[Actor]]) -> None:
    """Allocate the role at each organisation to these holders."""
    with database.writing(engine.database) as connection:
        connection.execute(
            insert(organisations),
            [
                {"trust": TRUST, "id": TRUST, "parent": None, "name": "Northshire"},
                {"trust": TRUST, "id": WARD, "parent": TRUST, "name": "Ward 7"},
            ],
        )
        for organisation, actors in role_holders.items():
            role = {"trust": TRUST, "role": ROLE, "organisation": organisation}
            connection.execute(insert(roles), {**role, "title": "Leave approver", "enabled": True})
            for actor in actors:
                connection.execute(insert(accounts), _account(actor))
                connection.execute(insert(holders), {**role, "account": actor.id, "enabled": True})


def _account(actor: Actor) -> Mapping[str, Any]:
    return {
        "trust": TRUST,
        "id": actor.id,
        "username": actor.id,
        "email": f"{actor.person}@northshire.example",
        "name": actor.name,
        "person": actor.person,
        "active": True,
        "session": 0,
    }


def _request(row: Mapping[Any, Any]) -> Request:
    return Request(
        id=row["id"],
        trust=row["trust"],
        person=row["person"],
        organisation=row["organisation"],
        state=Leave(row["state"]),
        revision=row["revision"],
        head=row["head"],
    )
