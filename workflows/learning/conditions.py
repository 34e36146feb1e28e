"""What an enrolment is decided on, and what its steps ask for. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from engine.effects import Effect
from engine.machine import Case, guard
from workflows.competence.award import Trigger as AwardTrigger
from workflows.competence.writes import PutOnProfile, TakeBack
from workflows.learning import letters
from workflows.learning.records import FINAL, ClassState, Delivery, Enrolment
from workflows.learning.writes import CloseRanks, Settle
from workflows.people.responsibilities import RUNS_CLASSES

WALK_IN_DAYS = 14


@guard("This class is not open for enrolment.")
def class_open(case: Case[Enrolment]) -> bool:
    """Hold where the class is NORMAL or FULL."""
    return case.record.course_class.state in (ClassState.NORMAL, ClassState.FULL)


@guard("This class has started.")
def not_started(case: Case[Enrolment]) -> bool:
    """Hold until the first session begins."""
    return not case.record.course_class.started(case.now)


@guard("Enrolment on this class is closed at this time.")
def window_open(case: Case[Enrolment]) -> bool:
    """Hold within the enrolment dates."""
    return case.record.course_class.enrols(case.now)


@guard("This learner is enrolled on this class already.")
def not_enrolled(case: Case[Enrolment]) -> bool:
    """Hold where the learner has no other enrolment on the class."""
    return not case.record.enrolled_already


@guard("This learner has a place on another class at the same time.")
def no_overlap(case: Case[Enrolment]) -> bool:
    """Hold where no Confirmed or Attended class of the learner meets at the same time."""
    return case.record.overlap is None


@guard("Only who runs classes may have the letters sent to another address.")
def own_address(case: Case[Enrolment]) -> bool:
    """Hold where letters go to the HR record's address, or somebody who runs classes typed another (S2 6.3.2)."""
    other = case.facts.get("email") not in {None, "", case.record.learner.email}
    return not other or case.actor.system or case.actor.may(RUNS_CLASSES, case.record.organisations)


@guard("A place on this class needs approval: request one.")
def no_approval_needed(case: Case[Enrolment]) -> bool:
    """Hold where the class asks for no approval, or somebody who runs classes enrols."""
    record = case.record
    return not record.course_class.approval or case.actor.system or case.actor.may(RUNS_CLASSES, record.organisations)


@guard("This class needs no approval: enrol on it.")
def approval_needed(case: Case[Enrolment]) -> bool:
    """Hold where the class asks for approval."""
    return case.record.course_class.approval


@guard("The class is full.")
def place_free(case: Case[Enrolment]) -> bool:
    """Hold where Confirmed + Attended is below the maximum; the class's row is locked meanwhile."""
    return not case.record.course_class.full


@guard("The class is full.")
def class_normal(case: Case[Enrolment]) -> bool:
    """Hold where the class has not been called full."""
    return case.record.course_class.state is ClassState.NORMAL


@guard("The class has places left.")
def class_full(case: Case[Enrolment]) -> bool:
    """Hold where the class has been called full."""
    return case.record.course_class.state is ClassState.FULL


@guard("The class has no waitlist.")
def waitlist_on(case: Case[Enrolment]) -> bool:
    """Hold where the class keeps a waitlist."""
    return case.record.course_class.waitlist


@guard("Its waitlist is full.")
def waitlist_room(case: Case[Enrolment]) -> bool:
    """Hold where the waitlist is shorter than its maximum."""
    most = case.record.course_class.waitlist_maximum
    return most is None or case.record.course_class.waiting < most


@guard("The class starts too soon for the waitlist to move by itself.")
def early_enough(case: Case[Enrolment]) -> bool:
    """Hold where the class starts in more than the restricted days; exactly that many is too late."""
    return case.record.course_class.promotes(case.now)


@guard("Somebody else is first on the waitlist.")
def first_in_order(case: Case[Enrolment]) -> bool:
    """Hold for position 1."""
    return case.record.position == 1


@guard("To decline its meetings does not give up a place on this class.")
def gives_up_at_once(case: Case[Enrolment]) -> bool:
    """Hold where the class is set so (decision 5)."""
    return case.record.course_class.decline_withdraws


@guard("Not every meeting to come was declined.")
def declined_all(case: Case[Enrolment]) -> bool:
    """Hold where the learner has declined every session that is still to come."""
    return bool(case.facts.get("everything"))


@guard("The class has been cancelled or is being planned.")
def class_runs(case: Case[Enrolment]) -> bool:
    """Hold where places may be given by hand: also when the class is closed (F5)."""
    return case.record.course_class.state in (ClassState.NORMAL, ClassState.FULL, ClassState.CLOSED)


@guard("It is too close to the class to withdraw by yourself: ask whoever runs it.")
def before_bar(case: Case[Enrolment]) -> bool:
    """Hold until the self-withdraw bar falls (S2 6.2.2)."""
    return case.record.course_class.withdrawable(case.now)


@guard("Attendance is marked once the class has started; e-learning is marked by its own result.")
def done(case: Case[Enrolment]) -> bool:
    """Hold where the class has started, or the result of the e-learning is final."""
    if case.record.course_class.offering.delivery is Delivery.E_LEARNING:
        return case.record.performed in FINAL
    return case.record.course_class.started(case.now)


@guard("Attendance is marked once the class has started.")
def class_started(case: Case[Enrolment]) -> bool:
    """Hold from the first session on."""
    return case.record.course_class.started(case.now)


@guard("Walk-ins are added within 14 days of the class.")
def lately(case: Case[Enrolment]) -> bool:
    """Hold where the class began within the last 14 days (S2 9.1)."""
    starts_at = case.record.course_class.starts_at
    return starts_at is not None and starts_at <= case.now <= starts_at + timedelta(days=WALK_IN_DAYS)


def settle(case: Case[Enrolment]) -> Iterator[Effect]:
    """See to the waitlist and to whether the class is full."""
    yield Settle(trust=case.record.trust, course_class=case.record.course_class.id)


def leave_waitlist(case: Case[Enrolment]) -> Iterator[Effect]:
    """Let those behind move up."""
    if case.record.position is not None:
        yield CloseRanks(
            trust=case.record.trust, course_class=case.record.course_class.id, position=case.record.position
        )


def leave_and_settle(case: Case[Enrolment]) -> Iterator[Effect]:
    """Let those behind move up, then see to the class."""
    yield from leave_waitlist(case)
    yield from settle(case)


def award(case: Case[Enrolment]) -> Iterator[Effect]:
    """Award what the offering delivers, valid from the day of completion (catalogue A8-T01)."""
    competence = case.record.course_class.offering.competence
    if competence is None:
        return
    starts_on, ends_on = letters.award_dates(case)
    yield PutOnProfile(
        trust=case.record.trust,
        person=case.record.person,
        competence=competence.id,
        trigger=AwardTrigger.AWARD,
        starts_on=starts_on,
        ends_on=ends_on,
        source={
            "kind": "learning",
            "enrolment": case.record.id,
            "course": case.record.course_class.offering.course_title,
        },
    )


def award_and_settle(case: Case[Enrolment]) -> Iterator[Effect]:
    """Award, then see to the class."""
    yield from award(case)
    yield from settle(case)


def take_back(case: Case[Enrolment]) -> Iterator[Effect]:
    """Take back what this enrolment awarded."""
    yield TakeBack(trust=case.record.trust, person=case.record.person, enrolment=case.record.id)
