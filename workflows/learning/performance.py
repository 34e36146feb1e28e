"""The best that a learner came to with a learning object; it never goes back (catalogue A5). Pure."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum

from engine.effects import Effect, Fire
from engine.letters import Subject
from engine.machine import Case, Step, Workflow, guard, reason_given
from workflows.learning import enrolment
from workflows.learning.performance_letters import FAILED
from workflows.learning.records import Performance, PerformanceState

KIND = "performance"


class Trigger(StrEnum):
    """What happens to a performance; the journal keeps it."""

    START = "START"
    PROGRESS = "PROGRESS"
    BROWSE = "BROWSE"
    COMPLETE = "COMPLETE"
    PASS = "PASS"  # noqa: S105 - it is no password
    FAIL = "FAIL"
    GRADE = "GRADE"
    RECORD = "RECORD"


TRIGGERS = {
    "incomplete": Trigger.PROGRESS,
    "browsed": Trigger.BROWSE,
    "completed": Trigger.COMPLETE,
    "passed": Trigger.PASS,
    "failed": Trigger.FAIL,
}
"""What a lesson status of SCORM 1.2 means here (RTE 1.2 3.4.4); “not attempted” means nothing."""


@guard("That attempt failed already: a new one is needed.")
def new_attempt(case: Case[Performance]) -> bool:
    """Hold for any attempt but the one that failed."""
    return case.facts.get("attempt") != case.record.attempt


def _attend(case: Case[Performance]) -> Iterator[Effect]:
    """Mark the enrolments that wait on this result, at once and not at LMSFinish."""
    for identifier in case.record.waiting_on_it:
        yield Fire(
            subject=Subject(kind=enrolment.KIND, trust=case.record.trust, id=identifier),
            trigger=enrolment.Trigger.ATTEND,
        )


_S, _T = PerformanceState, Trigger

WORKFLOW = Workflow(
    kind=KIND,
    title="Performance",
    states=PerformanceState,
    triggers=Trigger,
    finals=(_S.COMPLETED, _S.PASSED, _S.FAILED),
    steps=(
        Step(id="A5-start", trigger=_T.START, sources=(), target=_S.NOT_ATTEMPTED),
        Step(id="A5-T01", trigger=_T.PROGRESS, sources=(_S.NOT_ATTEMPTED,), target=_S.INCOMPLETE),
        Step(id="A5-T02", trigger=_T.BROWSE, sources=(_S.NOT_ATTEMPTED,), target=_S.BROWSED),
        Step(id="A5-T03", trigger=_T.COMPLETE, sources=(_S.NOT_ATTEMPTED,), target=_S.COMPLETED, effects=_attend),
        Step(id="A5-T04", trigger=_T.PASS, sources=(_S.NOT_ATTEMPTED,), target=_S.PASSED, effects=_attend),
        Step(id="A5-T05", trigger=_T.FAIL, sources=(_S.NOT_ATTEMPTED,), target=_S.FAILED, notices=(FAILED,)),
        Step(id="A5-T06", trigger=_T.PROGRESS, sources=(_S.BROWSED,), target=_S.INCOMPLETE),
        Step(id="A5-T07", trigger=_T.COMPLETE, sources=(_S.INCOMPLETE,), target=_S.COMPLETED, effects=_attend),
        Step(id="A5-T08", trigger=_T.PASS, sources=(_S.INCOMPLETE,), target=_S.PASSED, effects=_attend),
        Step(id="A5-T09", trigger=_T.FAIL, sources=(_S.INCOMPLETE,), target=_S.FAILED, notices=(FAILED,)),
        # Whether attempts are left is asked when one is begun (A6-launch): what is played counts.
        Step(id="A5-T10", trigger=_T.PROGRESS, sources=(_S.FAILED,), target=_S.INCOMPLETE, when=(new_attempt,)),
        Step(id="A5-T11", trigger=_T.PASS, sources=(_S.FAILED,), target=_S.PASSED, effects=_attend),
        Step(id="A5-T12", trigger=_T.COMPLETE, sources=(_S.FAILED,), target=_S.COMPLETED, effects=_attend),
        Step(id="A5-T13", trigger=_T.PASS, sources=(_S.COMPLETED,), target=_S.PASSED),
        # Ours: the score by the course's way of grading, where no status changes with it.
        *(
            Step(id=f"A5-grade-{state.lower()}", trigger=_T.GRADE, sources=(state,), target=state)
            for state in (_S.INCOMPLETE, _S.COMPLETED, _S.PASSED, _S.FAILED)
        ),
        # Ours: a person's word that it was done, with the reason; what the package said stays with the attempt.
        Step(
            id="A5-record",
            trigger=_T.RECORD,
            sources=(_S.NOT_ATTEMPTED, _S.BROWSED, _S.INCOMPLETE, _S.FAILED),
            target=_S.COMPLETED,
            when=(reason_given,),
            effects=_attend,
        ),
    ),
)


def way(state: PerformanceState, lesson_status: str) -> tuple[Trigger, ...]:
    """Return the triggers that lead from a state to what a SCO says now; none where that would go back.

    What was only browsed or failed before is in progress first (A5-T06, A5-T10).
    """
    trigger = TRIGGERS.get(lesson_status)
    if trigger is None:
        return ()
    if trigger in _open(state):
        return (trigger,)
    again = Trigger.PROGRESS in _open(state) and trigger in _open(PerformanceState.INCOMPLETE)
    return (Trigger.PROGRESS, trigger) if again else ()


def _open(state: PerformanceState) -> frozenset[StrEnum]:
    return frozenset(step.trigger for step in WORKFLOW.steps if state in step.sources)
