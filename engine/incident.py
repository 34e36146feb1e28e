"""The life of an incident: something failed, lies parked, and a person has it retried, skipped or resolved. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from engine.effects import Effect
from engine.letters import Letter, Recipient, Relevant, Subject
from engine.machine import Case, Question, Step, Workflow, guard, reason_given

KIND: Final = "incident"
WORKFLOW_ADMINISTRATOR: Final = "workflow-administrator"
"""The role that is asked what to do (catalogue D4); it is allocated to holders."""
MAY_ACT: Final = (WORKFLOW_ADMINISTRATOR, "system-administrator")
NOTICE: Final = "SYS-05-workflow-error"


class Status(StrEnum):
    """How an incident stands; stored in `incidents.state`."""

    OPEN = "OPEN"
    RESOLVED = "RESOLVED"
    SKIPPED = "SKIPPED"


class Trigger(StrEnum):
    """What happens to an incident; the journal keeps it."""

    RAISE = "RAISE"
    RETRY = "RETRY"
    SKIP = "SKIP"
    RESOLVE = "RESOLVE"


class Source(StrEnum):
    """What failed; stored in `incidents.source`."""

    APPROVAL = "APPROVAL"
    TIMER = "TIMER"
    JOB = "JOB"
    MESSAGE = "MESSAGE"
    ADDRESS = "ADDRESS"


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """Something that went wrong, in plain words.

    `cause` is what makes two failures the same one; `message` says what happened, `parked` what lies still until
    somebody answers; `reference` is plain JSON by which its `Park` finds that again.
    """

    trust: str
    organisation: str
    source: Source
    cause: str
    title: str
    message: str
    parked: str
    about: Subject | None = None
    reference: Mapping[str, Any] = field(default_factory=dict)
    count: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """One incident; `origin` is where this installation is reached.

    It is `shared` where what failed serves other trusts too, so that none of them decides for all.
    """

    trust: str
    id: str
    failure: Failure
    organisations: tuple[str, ...]
    origin: str
    shared: bool = False
    raised_at: datetime | None = None
    state: Status | None = None
    revision: int = 0
    head: str = ""

    @property
    def organisation(self) -> str:
        """Return where it happened."""
        return self.failure.organisation

    @property
    def person(self) -> str | None:
        """Return nobody: an incident is about the machinery."""
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Again(Effect):
    """Do again what an incident has parked."""

    incident: Incident


@dataclass(frozen=True, slots=True, kw_only=True)
class LetGo(Effect):
    """Forget what an incident has parked."""

    incident: Incident


@guard("This job serves every trust here: only whoever operates the installation decides (preceptor incidents).")
def decided_here(case: Case[Incident]) -> bool:
    """Hold where the trust's own people may decide, and for the operator; not for an answer by an absence rule."""
    operated = case.actor.system and "approval" not in case.facts
    return operated or not case.record.shared


def _letter(case: Case[Incident], to: Recipient, approval: str) -> Letter:
    incident = case.record
    failure = incident.failure
    return Letter(
        notice=NOTICE,
        to=to,
        subject=Subject(kind=KIND, trust=incident.trust, id=incident.id),
        organisation=incident.organisation,
        reason="You get this message because you hold the role Workflow Administrator for this part of the trust.",
        context={
            "what_failed": failure.title,
            "what_happened": failure.message,
            "what_is_parked": failure.parked,
            "worklist_link": f"{incident.origin}/worklist/{approval}",
        },
        relevant=Relevant(name="still_in", facts={"states": [str(Status.OPEN)]}),
    )


def _again(case: Case[Incident]) -> Iterator[Effect]:
    yield Again(incident=case.record)


def _let_go(case: Case[Incident]) -> Iterator[Effect]:
    yield LetGo(incident=case.record)


_ANSWER: Final[Mapping[str, Any]] = {"sources": (Status.OPEN,), "by": MAY_ACT, "answer": True}

WORKFLOW = Workflow(
    kind=KIND,
    title="Incident",
    states=Status,
    triggers=Trigger,
    finals=(Status.RESOLVED, Status.SKIPPED),
    questions={
        Status.OPEN: Question(role=WORKFLOW_ADMINISTRATOR, title=lambda case: case.record.failure.title, letter=_letter)
    },
    steps=(
        Step(id="INC-T01", trigger=Trigger.RAISE, sources=(), target=Status.OPEN),
        Step(id="INC-T02", trigger=Trigger.RAISE, sources=(Status.OPEN,), target=Status.OPEN),
        Step(
            id="INC-T03",
            trigger=Trigger.RETRY,
            target=Status.RESOLVED,
            when=(decided_here,),
            effects=_again,
            **_ANSWER,
        ),
        Step(
            id="INC-T04",
            trigger=Trigger.SKIP,
            target=Status.SKIPPED,
            when=(decided_here, reason_given),
            effects=_let_go,
            **_ANSWER,
        ),
        Step(
            id="INC-T05",
            trigger=Trigger.RESOLVE,
            target=Status.RESOLVED,
            when=(decided_here,),
            effects=_let_go,
            **_ANSWER,
        ),
    ),
)
