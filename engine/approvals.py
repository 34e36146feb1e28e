"""The life of an approval: a question to a role, opened by a state and closed when the state is left (A16). Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from engine.effects import Effect, Fire, Schedule, Unschedule
from engine.letters import Subject
from engine.machine import EVERYONE, Case, Step, Workflow, guard

KIND = "approval"


class Status(StrEnum):
    """How an approval stands; stored in `approvals.state`."""

    OPEN = "OPEN"
    CLOSED = "CLOSED"
    CANCELED = "CANCELED"
    TIMED_OUT = "TIMED_OUT"
    ERROR = "ERROR"


class Trigger(StrEnum):
    """What happens to an approval."""

    OPEN = "OPEN"
    ANSWER = "ANSWER"
    CANCEL = "CANCEL"
    LAPSE = "LAPSE"


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """A question to a role about a subject: `choices` are triggers of that subject's workflow.

    `organisation` is where the role was found; `lapse` is the trigger that fires if nobody answers by `due_at`.
    """

    trust: str
    id: str
    organisation: str
    subject: Subject
    subject_revision: int
    subject_person: str | None
    title: str
    role: str
    choices: tuple[str, ...]
    opened_at: datetime
    due_at: datetime | None = None
    lapse: str | None = None
    state: Status | None = None
    revision: int = 0
    head: str = ""
    choice: str | None = None
    answered_by_name: str | None = None
    closed_at: datetime | None = None
    comment: str | None = None

    @property
    def person(self) -> str | None:
        """Return nobody: an approval is about a subject, and its person must not answer it."""
        return None

    @property
    def organisations(self) -> tuple[str, ...]:
        """Return where the role was found: nobody above or below it is asked."""
        return (self.organisation,)

    @property
    def timer(self) -> str:
        """Return the key under which the end of this approval is scheduled."""
        return f"{KIND}/{self.id}/lapse"


@guard("This was asked of another role.")
def holds_the_role(case: Case[Approval]) -> bool:
    """Hold where the actor holds the role at the organisation where it was found."""
    return case.actor.may((case.record.role,), case.record.organisations)


@guard("You cannot answer a question about yourself.")
def about_somebody_else(case: Case[Approval]) -> bool:
    """Hold where the subject's own person is somebody else."""
    return case.record.subject_person is None or case.record.subject_person != case.actor.person


@guard("This is not one of the choices.")
def is_a_choice(case: Case[Approval]) -> bool:
    """Hold where the answer is one of those that were asked for."""
    return case.facts.get("choice") in case.record.choices


@guard("Somebody active holds the role.")
def has_a_holder(case: Case[Approval]) -> bool:
    """Hold where the facts name at least one holder."""
    return bool(case.facts.get("holders"))


def _opened(case: Case[Approval]) -> Iterator[Effect]:
    approval = case.record
    if approval.due_at is not None and approval.lapse is not None:
        own = Subject(kind=KIND, trust=approval.trust, id=approval.id)
        yield Schedule(key=approval.timer, subject=own, trigger=Trigger.LAPSE, at=approval.due_at)


def _answered(case: Case[Approval]) -> Iterator[Effect]:
    approval = case.record
    said: Mapping[str, Any] = case.facts.get("facts") or {}
    comment = case.facts.get("comment") or ""
    yield Unschedule(trust=approval.trust, key=approval.timer)
    facts = {"reason": comment, **said, "approval": approval.id}
    yield Fire(subject=approval.subject, trigger=case.facts["choice"], facts=facts, as_actor=True)


def _canceled(case: Case[Approval]) -> Iterator[Effect]:
    yield Unschedule(trust=case.record.trust, key=case.record.timer)


def _lapsed(case: Case[Approval]) -> Iterator[Effect]:
    if case.record.lapse is not None:
        yield Fire(
            subject=case.record.subject, trigger=case.record.lapse, facts={"reason": "Nobody answered by the due date."}
        )


WORKFLOW = Workflow(
    kind=KIND,
    title="Approval",
    states=Status,
    triggers=Trigger,
    finals=(Status.CLOSED, Status.CANCELED, Status.TIMED_OUT),
    steps=(
        Step(
            id="A16-T01",
            trigger=Trigger.OPEN,
            sources=(),
            target=Status.OPEN,
            when=(has_a_holder,),
            effects=_opened,
        ),
        Step(id="A16-T02", trigger=Trigger.OPEN, sources=(), target=Status.ERROR, effects=_opened),
        Step(
            id="A16-T07",
            trigger=Trigger.ANSWER,
            sources=(Status.OPEN, Status.ERROR),
            target=Status.CLOSED,
            by=(EVERYONE,),
            when=(holds_the_role, about_somebody_else, is_a_choice),
            effects=_answered,
        ),
        Step(
            id="A16-T08",
            trigger=Trigger.CANCEL,
            sources=(Status.OPEN, Status.ERROR),
            target=Status.CANCELED,
            effects=_canceled,
        ),
        Step(
            id="A16-T10",
            trigger=Trigger.LAPSE,
            sources=(Status.OPEN, Status.ERROR),
            target=Status.TIMED_OUT,
            effects=_lapsed,
        ),
    ),
)
