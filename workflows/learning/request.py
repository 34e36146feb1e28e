"""A request for a place that needs approval: who is asked, until when, and what either side is told. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from engine.effects import Effect, Schedule, Unschedule
from engine.letters import Letter, Recipient, Relevant, Subject
from engine.machine import Case, Notice, Question, guard
from workflows.learning import conditions
from workflows.learning.records import Class, Enrolment, EnrolmentState
from workflows.people.responsibilities import CLASS_ADMINISTRATOR

KIND: Final = "enrolment"
ASKED: Final = "LRN-08-enrolment-needs-approval"
ANSWERED: Final = "LRN-09-enrolment-decided"
EXPIRE: Final = "EXPIRE"
"""The trigger by which a request runs out of time."""

REMINDERS: Final = 2
REMIND_EVERY: Final = timedelta(days=3)
ESCALATE_AFTER: Final = timedelta(days=7)


@guard("Nobody decides on their own request.")
def not_own(case: Case[Enrolment]) -> bool:
    """Hold for everybody but the learner."""
    return case.actor.system or case.actor.person not in {None, case.record.person}


def ends_at(course_class: Class) -> datetime | None:
    """Return when a request is out of time: the end of the enrolment window, else the start; None is never."""
    ends = (course_class.closes_at, course_class.starts_at)
    return min((end for end in ends if end is not None), default=None)


def question(lapse: StrEnum, fallback: StrEnum) -> Question:
    """Return what is asked of the class administrators of the class's organisation (catalogue B, LRN-08)."""
    return Question(
        role=CLASS_ADMINISTRATOR,
        title=_title,
        letter=_asked,
        due=lambda case: ends_at(case.record.course_class),
        lapse=lapse,
        fallback=fallback,
        reminders=REMINDERS,
        remind_every=REMIND_EVERY,
        escalate_after=ESCALATE_AFTER,
    )


def remember(case: Case[Enrolment]) -> Iterator[Effect]:
    """Let a request of which nobody is asked run out of time by itself."""
    at = ends_at(case.record.course_class)
    if at is not None:
        yield Schedule(key=_key(case), subject=_subject(case), trigger=EXPIRE, at=at)


def forget(case: Case[Enrolment]) -> Iterator[Effect]:
    """Forget when the request would have run out of time."""
    yield Unschedule(trust=case.record.trust, key=_key(case))


def approve(case: Case[Enrolment]) -> Iterator[Effect]:
    """Take the place: see to the waitlist and to whether the class is full."""
    yield from forget(case)
    yield from conditions.settle(case)


def _key(case: Case[Enrolment]) -> str:
    return f"{KIND}/{case.record.id}/expire"


def _subject(case: Case[Enrolment]) -> Subject:
    return Subject(kind=KIND, trust=case.record.trust, id=case.record.id)


def _title(case: Case[Enrolment]) -> str:
    return f"A place for {case.record.learner.name} on {case.record.course_class.title}"


def _asked(case: Case[Enrolment], to: Recipient, approval: str) -> Letter:
    record = case.record
    due = ends_at(record.course_class)
    return Letter(
        notice=ASKED,
        to=to,
        subject=_subject(case),
        organisation=record.organisation,
        places=(record.course_class.id, record.course_class.offering.id),
        reason="You get this message because you hold the role Class Administrator for this class's organisation.",
        context={
            **_about(record.course_class),
            "learner_name": record.learner.name,
            "start": _iso(record.course_class.starts_at),
            "places_left": places_left(record.course_class),
            "request_reason": case.facts.get("reason"),
            "deadline": _iso(due),
            "worklist_link": f"{record.site.origin}/worklist/{approval}",
        },
        relevant=Relevant(name="still_in", facts={"states": [str(EnrolmentState.REQUESTED)]}),
    )


def places_left(course_class: Class) -> int | None:
    """Return how many places are free; None where there is no limit."""
    return None if course_class.maximum is None else max(course_class.maximum - course_class.taken, 0)


def _answered(decision: str, what_next: str) -> Notice:
    def letters(case: Case[Enrolment]) -> Iterator[Letter]:
        record = case.record
        yield Letter(
            notice=ANSWERED,
            to=record.learner.recipient(record.email),
            subject=_subject(case),
            organisation=record.organisation,
            places=(record.course_class.id, record.course_class.offering.id),
            reason="You get this message because you asked for a place on this class.",
            context={
                **_about(record.course_class),
                "decision": decision,
                "what_next": what_next,
                "comment": case.facts.get("reason"),
                "learning_link": f"{record.site.origin}/learning/find",
            },
        )

    return Notice(ANSWERED, letters)


APPROVED: Final = _answered("approved", "You have a place. The joining instructions come in a separate message.")
WAITLISTED: Final = _answered("approved", "The class is full, so you are on its waitlist.")
REJECTED: Final = _answered("turned down", "You do not have a place. You may ask for a place on another class.")
EXPIRED: Final = _answered(
    "not decided in time", "Enrolment has ended, so you do not have a place. You may ask for one on another class."
)


def _about(course_class: Class) -> Mapping[str, Any]:
    return {
        "course": course_class.offering.course_title,
        "class": course_class.title,
        "zone": course_class.zone,
    }


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
