"""One run of an offering, from planning to its end (catalogue A2). Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Any

from engine.effects import Effect
from engine.machine import Case, Step, Workflow, guard
from workflows.learning.enrolment import Trigger as EnrolmentTrigger
from workflows.learning.records import Class, ClassState, EnrolmentState
from workflows.learning.tidings import STANDINGS
from workflows.learning.timetable import changed_sessions, meetings_changed
from workflows.learning.writes import MoveEnrolments, Settle, WriteSessions
from workflows.people.responsibilities import RUNS_CLASSES

KIND = "class"


class Trigger(StrEnum):
    """What happens to a class; the journal keeps it."""

    CREATE = "CREATE"
    OPEN = "OPEN"
    FILL = "FILL"
    FREE = "FREE"
    CLOSE = "CLOSE"
    REOPEN = "REOPEN"
    CANCEL = "CANCEL"
    SET_BACK = "SET_BACK"
    CHANGE = "CHANGE"
    NOTIFY = "NOTIFY"


@guard("A class needs the dates of its sessions, unless it is e-learning.")
def dates_set(case: Case[Class]) -> bool:
    """Hold where a classroom class has a session."""
    return bool(case.record.sessions) or case.record.offering.package is not None


@guard("A session must end after it starts.")
def sessions_in_order(case: Case[Class]) -> bool:
    """Hold where every session, as it would be, ends after it starts."""
    return all(session.starts_at < session.ends_at for session in changed_sessions(case))


@guard("Every place is not taken yet.")
def all_taken(case: Case[Class]) -> bool:
    """Hold where Confirmed + Attended has reached the maximum."""
    return case.record.full


@guard("Every place is taken.")
def place_left(case: Case[Class]) -> bool:
    """Hold where Confirmed + Attended is below the maximum."""
    return not case.record.full


@guard("Somebody attended this class, so it cannot be planned again.")
def nobody_attended(case: Case[Class]) -> bool:
    """Hold where no enrolment is Attended (decision 7)."""
    return case.record.attended == 0


@guard("This class has started: its dates, times and place stay as they are.")
def in_future(case: Case[Class]) -> bool:
    """Hold until the first session begins."""
    return not case.record.started(case.now)


@guard("A class cannot be moved into the past.")
def stays_in_future(case: Case[Class]) -> bool:
    """Hold where every session that changes is still to come."""
    before = set(case.record.sessions)
    return all(session.starts_at > case.now for session in changed_sessions(case) if session not in before)


@guard("This class has started: its dates, times and place stay as they are.")
def meeting_untouched(case: Case[Class]) -> bool:
    """Hold where only the text or the places of a class change."""
    return not meetings_changed(case)


@guard("More people have a place than the new maximum allows.")
def room_for_all(case: Case[Class]) -> bool:
    """Hold where the maximum, as it would be, is not below Confirmed + Attended."""
    maximum = case.facts.get("maximum", case.record.maximum)
    return maximum is None or maximum >= case.record.taken


@guard("A class that is over is reopened only with a reason.")
def not_past_or_reason(case: Case[Class]) -> bool:
    """Hold where the class is still to come, or a reason is given."""
    return not case.record.started(case.now) or bool(case.facts.get("reason"))


@guard("Write what is to be said, and choose to whom.")
def something_said(case: Case[Class]) -> bool:
    """Hold where there are words and somebody to whom they may go."""
    return bool(case.facts.get("text")) and set(case.facts.get("states") or ("",)) <= set(STANDINGS)


def _write_sessions(case: Case[Class]) -> Iterator[Effect]:
    yield WriteSessions(trust=case.record.trust, course_class=case.record.id, sessions=changed_sessions(case))


def _change(case: Case[Class]) -> Iterator[Effect]:
    """Write the sessions, tell the confirmed of those whose data changed, and see to the places."""
    yield from _write_sessions(case)
    changed = meetings_changed(case)
    if changed:
        yield _enrolments(case, EnrolmentTrigger.RESCHEDULE, EnrolmentState.CONFIRMED, facts={"sessions": changed})
    yield from _settle(case)


def _settle(case: Case[Class]) -> Iterator[Effect]:
    yield Settle(trust=case.record.trust, course_class=case.record.id)


def _close(case: Case[Class]) -> Iterator[Effect]:
    yield _enrolments(case, EnrolmentTrigger.CLOSE, EnrolmentState.REQUESTED)


def _cancel(case: Case[Class]) -> Iterator[Effect]:
    states = (EnrolmentState.CONFIRMED, EnrolmentState.WAITLISTED, EnrolmentState.REQUESTED)
    yield _enrolments(case, EnrolmentTrigger.CANCEL_CLASS, *states, facts={"reason": case.facts.get("reason")})


def _notify(case: Case[Class]) -> Iterator[Effect]:
    """Say the same to everybody who stands to the class in one of these ways (LRN-25)."""
    states = tuple(EnrolmentState(name) for name in case.facts["states"])
    said = {"text": case.facts["text"], "states": case.facts["states"], "sender": case.actor.name}
    yield _enrolments(case, EnrolmentTrigger.NOTIFY, *states, facts=said)


def _set_back(case: Case[Class]) -> Iterator[Effect]:
    yield _enrolments(case, EnrolmentTrigger.SET_BACK, EnrolmentState.CONFIRMED, in_turn=True)


def _enrolments(
    case: Case[Class],
    trigger: EnrolmentTrigger,
    *states: EnrolmentState,
    facts: Mapping[str, Any] | None = None,
    in_turn: bool = False,
) -> Effect:
    return MoveEnrolments(
        trust=case.record.trust,
        course_class=case.record.id,
        trigger=trigger,
        states=states,
        facts=facts or {},
        in_turn=in_turn,
    )


_S, _T = ClassState, Trigger

WORKFLOW = Workflow(
    kind=KIND,
    title="Class",
    states=ClassState,
    triggers=Trigger,
    finals=(_S.CLOSED, _S.CANCELLED),
    steps=(
        Step(
            id="A2-T01",
            trigger=_T.CREATE,
            sources=(),
            target=_S.PLANNED,
            by=RUNS_CLASSES,
            when=(sessions_in_order,),
            effects=_write_sessions,
        ),
        Step(
            id="A2-T02",
            trigger=_T.OPEN,
            sources=(_S.PLANNED,),
            target=_S.NORMAL,
            by=RUNS_CLASSES,
            when=(dates_set,),
            effects=_settle,
        ),
        Step(id="A2-T03", trigger=_T.FILL, sources=(_S.NORMAL,), target=_S.FULL, when=(all_taken,)),
        Step(id="A2-T04", trigger=_T.FREE, sources=(_S.FULL,), target=_S.NORMAL, when=(place_left,)),
        Step(
            id="A2-T05",
            trigger=_T.CLOSE,
            sources=(_S.NORMAL,),
            target=_S.CLOSED,
            by=RUNS_CLASSES,
            effects=_close,
        ),
        Step(id="A2-T06", trigger=_T.CLOSE, sources=(_S.FULL,), target=_S.CLOSED, by=RUNS_CLASSES, effects=_close),
        Step(
            id="A2-T07",
            trigger=_T.REOPEN,
            sources=(_S.CLOSED,),
            target=_S.NORMAL,
            by=RUNS_CLASSES,
            when=(not_past_or_reason,),
            effects=_settle,
        ),
        Step(
            id="A2-T08",
            trigger=_T.CANCEL,
            sources=(_S.NORMAL,),
            target=_S.CANCELLED,
            by=RUNS_CLASSES,
            effects=_cancel,
        ),
        Step(id="A2-T09", trigger=_T.CANCEL, sources=(_S.FULL,), target=_S.CANCELLED, by=RUNS_CLASSES, effects=_cancel),
        Step(
            id="A2-T10",
            trigger=_T.CANCEL,
            sources=(_S.PLANNED,),
            target=_S.CANCELLED,
            by=RUNS_CLASSES,
            effects=_cancel,
        ),
        Step(
            id="A2-T11",
            trigger=_T.SET_BACK,
            sources=(_S.NORMAL,),
            target=_S.PLANNED,
            by=RUNS_CLASSES,
            when=(nobody_attended,),
            effects=_set_back,
        ),
        *(
            Step(
                id=identifier,
                trigger=_T.CHANGE,
                sources=(state,),
                target=state,
                by=RUNS_CLASSES,
                when=(in_future, sessions_in_order, stays_in_future, room_for_all),
                effects=_change,
            )
            for identifier, state in (("A2-T12", _S.NORMAL), ("A2-T13", _S.FULL), ("A2-T12-planned", _S.PLANNED))
        ),
        # Ours: what has begun may still get another text or more places, and nobody is told (S2 6.3.1).
        *(
            Step(
                id=f"A2-T12-text-{state.lower()}",
                trigger=_T.CHANGE,
                sources=(state,),
                target=state,
                by=RUNS_CLASSES,
                when=(meeting_untouched, room_for_all),
                effects=_settle,
            )
            for state in (_S.NORMAL, _S.FULL, _S.CLOSED)
        ),
        *(
            Step(
                id=f"A2-notify-{state.lower()}",
                trigger=_T.NOTIFY,
                sources=(state,),
                target=state,
                by=RUNS_CLASSES,
                when=(something_said,),
                effects=_notify,
            )
            for state in (_S.PLANNED, _S.NORMAL, _S.FULL, _S.CLOSED)
        ),
    ),
)
