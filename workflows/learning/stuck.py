"""An e-learning that seems done and does not say so: a person decides what becomes of it. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any, Final

from engine.effects import Effect, Fire
from engine.letters import Letter, Recipient, Relevant, Subject
from engine.machine import Case, Question, Step, Workflow, guard, reason_given
from scorm.runtime.stuck import SENTENCES, Sign
from workflows.learning import attempt, performance
from workflows.people.records import Person, Site
from workflows.people.responsibilities import CLASS_ADMINISTRATOR, RUNS_CLASSES

KIND: Final = "stuck"
NOTICE: Final = "LRN-27-attempt-stuck"


class Status(StrEnum):
    """What became of the question; stored in `stuck_attempts.state`."""

    OPEN = "OPEN"
    RECORDED = "RECORDED"
    LEFT = "LEFT"
    RESET = "RESET"
    SETTLED = "SETTLED"


class Trigger(StrEnum):
    """What happens to the question; the journal keeps it."""

    RAISE = "RAISE"
    RECORD = "RECORD"
    LEAVE = "LEAVE"
    RESET = "RESET"
    SETTLE = "SETTLE"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stuck:
    """An attempt that somebody is asked about, with what shows that it may be stuck."""

    trust: str
    id: str
    state: Status | None
    revision: int
    head: str
    organisation: str
    organisations: tuple[str, ...]
    person: str
    learner: Person
    course: str
    enrolment: str
    attempt: str
    performance: str
    sign: Sign
    site: Site


@guard("Nobody decides about their own learning.")
def not_own(case: Case[Stuck]) -> bool:
    """Hold for everybody but the learner."""
    return case.actor.person is None or case.actor.person != case.record.person


def _record(case: Case[Stuck]) -> Iterator[Effect]:
    """Record the result as a person's; what the package said stays with the attempt."""
    yield _fire(case, performance.KIND, case.record.performance, performance.Trigger.RECORD)


def _reset(case: Case[Stuck]) -> Iterator[Effect]:
    """Put the attempt aside, readable, so that the next launch begins anew."""
    yield _fire(case, attempt.KIND, case.record.attempt, attempt.Trigger.RESET)


def _fire(case: Case[Stuck], kind: str, identifier: str, trigger: StrEnum) -> Fire:
    subject = Subject(kind=kind, trust=case.record.trust, id=identifier)
    return Fire(subject=subject, trigger=trigger, facts={"reason": case.facts.get("reason")})


def _title(case: Case[Stuck]) -> str:
    return f"{case.record.course} of {case.record.learner.name} seems done and does not say so"


def _letter(case: Case[Stuck], to: Recipient, approval: str) -> Letter:
    record = case.record
    return Letter(
        notice=NOTICE,
        to=to,
        subject=Subject(kind=KIND, trust=record.trust, id=record.id),
        organisation=record.organisation,
        reason="You get this message because you hold the role Class Administrator for this class's organisation.",
        context={
            "learner_name": record.learner.name,
            "course": record.course,
            "what_shows_it": SENTENCES[record.sign],
            "worklist_link": f"{record.site.origin}/worklist/{approval}",
        },
        relevant=Relevant(name="still_in", facts={"states": [str(Status.OPEN)]}),
    )


_ANSWER: Final[Mapping[str, Any]] = {"sources": (Status.OPEN,), "by": RUNS_CLASSES, "answer": True}

WORKFLOW = Workflow(
    kind=KIND,
    title="Stuck e-learning",
    states=Status,
    triggers=Trigger,
    finals=(Status.RECORDED, Status.LEFT, Status.RESET, Status.SETTLED),
    questions={
        Status.OPEN: Question(
            role=CLASS_ADMINISTRATOR,
            title=_title,
            letter=_letter,
            reminders=2,
            remind_every=timedelta(days=3),
            escalate_after=timedelta(days=7),
        )
    },
    steps=(
        Step(id="STK-T01", trigger=Trigger.RAISE, sources=(), target=Status.OPEN),
        Step(
            id="STK-T02",
            trigger=Trigger.RECORD,
            target=Status.RECORDED,
            when=(not_own, reason_given),
            effects=_record,
            **_ANSWER,
        ),
        Step(id="STK-T03", trigger=Trigger.LEAVE, target=Status.LEFT, when=(not_own,), **_ANSWER),
        Step(
            id="STK-T04",
            trigger=Trigger.RESET,
            target=Status.RESET,
            when=(not_own, reason_given),
            effects=_reset,
            **_ANSWER,
        ),
        # Whoever runs classes may decide without being asked.
        Step(
            id="STK-T06",
            trigger=Trigger.RECORD,
            sources=(),
            target=Status.RECORDED,
            by=RUNS_CLASSES,
            when=(not_own, reason_given),
            effects=_record,
        ),
        Step(
            id="STK-T07",
            trigger=Trigger.RESET,
            sources=(),
            target=Status.RESET,
            by=RUNS_CLASSES,
            when=(not_own, reason_given),
            effects=_reset,
        ),
        # The course may report after all, late or in another window.
        Step(id="STK-T05", trigger=Trigger.SETTLE, sources=(Status.OPEN,), target=Status.SETTLED),
    ),
)
