"""What learners are told without a move: a meeting once more, or the words of whoever runs the class. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from enum import StrEnum
from typing import Any, Final

from engine.letters import Letter
from engine.machine import SELF, Case, Notice, Step, guard
from workflows.learning import letters
from workflows.learning.conditions import not_started
from workflows.learning.records import Enrolment, EnrolmentState
from workflows.people.responsibilities import RUNS_CLASSES

STANDINGS: Final = {
    EnrolmentState.CONFIRMED: "you have a place on this class",
    EnrolmentState.WAITLISTED: "you are on the waitlist of this class",
    EnrolmentState.REQUESTED: "you asked for a place on this class",
    EnrolmentState.ATTENDED: "you attended this class",
    EnrolmentState.DID_NOT_ATTEND: "you had a place on this class",
}
"""To whom words of one's own may go, and how they stand to the class."""


@guard("There was never a meeting in their calendar.")
def was_invited(case: Case[Enrolment]) -> bool:
    """Hold where the learner had a place on a class with sessions."""
    return case.record.spell > 0 and bool(case.record.course_class.sessions)


def steps(repair: StrEnum, notify: StrEnum) -> tuple[Step, ...]:
    """Return the steps of an enrolment that only tell something, by these triggers."""
    again = (("", EnrolmentState.CONFIRMED, INVITED), ("-withdrawn", EnrolmentState.WITHDRAWN, TAKEN_BACK))
    cancelled = ("-cancelled", EnrolmentState.CANCELLED, CALLED_OFF)
    repairs = (
        Step(
            id=f"A18-repair{name}",
            trigger=repair,
            sources=(state,),
            target=state,
            by=(SELF, *RUNS_CLASSES),
            when=(not_started, was_invited),
            notices=(notice,),
        )
        for name, state, notice in (*again, cancelled)
    )
    tellings = (
        Step(id=f"A1-notify-{state.lower()}", trigger=notify, sources=(state,), target=state, notices=(TOLD,))
        for state in STANDINGS
    )
    return (*repairs, *tellings)


def _invited(case: Case[Enrolment]) -> Iterator[Letter]:
    yield from letters.meetings(case, letters.JOINING, _why(case), case.record.spell)


def _taken_back(notice: Notice) -> Callable[[Case[Enrolment]], Iterator[Letter]]:
    def again(case: Case[Enrolment]) -> Iterator[Letter]:
        for meeting in letters.cancellations(case):
            yield letters.letter(case, notice, _why(case), letters.way_on(case, "comment"), meeting=meeting)

    return again


def _told(case: Case[Enrolment]) -> Iterator[Letter]:
    """Write what whoever runs the class wrote, as long as they stand to it in one of the ways that were chosen."""
    state = case.record.state or EnrolmentState.REQUESTED
    said: dict[str, Any] = {"free_text": case.facts["text"], "sender_name": case.facts.get("sender")}
    chosen = (EnrolmentState(name) for name in case.facts["states"])
    reason = f"You get this message because {STANDINGS[state]}, and whoever runs it wrote to all of you."
    yield letters.letter(case, TOLD, reason, said, letters.still(*chosen))


def _why(case: Case[Enrolment]) -> str:
    own = case.actor.person is not None and case.actor.person == case.record.person
    by = "you asked for it" if own else "whoever runs the class sent it again"
    return f"You get this message once more because {by}, to put your calendar right."


INVITED: Final = Notice(letters.JOINING.name, _invited)
TAKEN_BACK: Final = Notice(letters.WITHDRAWN.name, _taken_back(letters.WITHDRAWN))
CALLED_OFF: Final = Notice(letters.CANCELLED.name, _taken_back(letters.CANCELLED))
TOLD: Final = Notice("LRN-25-free-text", _told)
