"""From preferred applicant to hired (catalogue A9). Pure."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum

from engine.effects import Effect, Fire
from engine.letters import Subject
from engine.machine import Case, Step, Workflow, guard, reason_given
from workflows.competence.records import day
from workflows.onboarding import transfer
from workflows.onboarding.records import EMPLOYEE, PERSON_TYPES, Applicant, ApplicantState
from workflows.onboarding.writes import AddAssignment, SetAssignment
from workflows.people.records import Assignment, AssignmentStatus
from workflows.people.responsibilities import RECRUITER

KIND = "applicant"


class Trigger(StrEnum):
    """What happens to an applicant; the journal keeps it."""

    PREFER = "PREFER"
    OFFER = "OFFER"
    ACCEPT = "ACCEPT"
    HIRE = "HIRE"
    WITHDRAW = "WITHDRAW"
    MOVE_HIRE_DATE = "MOVE_HIRE_DATE"


@guard("The employment checks are not complete yet.")
def checks_complete(case: Case[Applicant]) -> bool:
    """Hold where the checks were recorded as complete, before or with this step."""
    return case.record.checks_complete or bool(case.facts.get("checks_complete"))


@guard("A hire date is needed.")
def hire_date_set(case: Case[Applicant]) -> bool:
    """Hold where a hire date was set, before or with this step."""
    return case.record.hire_on is not None or bool(case.facts.get("hire_on"))


@guard("A new hire date is needed.")
def hire_date_given(case: Case[Applicant]) -> bool:
    """Hold where this step sets a hire date."""
    return bool(case.facts.get("hire_on"))


@guard(f"The person type must be one of {', '.join(PERSON_TYPES)}.")
def person_type_chosen(case: Case[Applicant]) -> bool:
    """Hold where the person type is known; without one it is Employee."""
    return (case.facts.get("person_type") or EMPLOYEE) in PERSON_TYPES


def _apply(case: Case[Applicant]) -> Iterator[Effect]:
    record = case.record
    assignment = Assignment(
        trust=record.trust,
        id=record.id,
        person=record.person,
        organisation=record.organisation,
        position=record.position,
        status=AssignmentStatus.APPLICANT,
        starts_on=record.hire_on,
    )
    yield AddAssignment(assignment=assignment)


def _employ(case: Case[Applicant]) -> Iterator[Effect]:
    """Make the assignment an employee's; from then on its requirements apply."""
    said = case.facts.get("hire_on")
    yield SetAssignment(
        trust=case.record.trust,
        assignment=case.record.id,
        status=AssignmentStatus.ACTIVE,
        starts_on=day(said) if said else case.record.hire_on,
    )


def _terminate(case: Case[Applicant]) -> Iterator[Effect]:
    """End the assignment, and let what still waits for an answer lapse."""
    yield SetAssignment(trust=case.record.trust, assignment=case.record.id, status=AssignmentStatus.ENDED)
    for identifier in case.record.open_transfers:
        yield Fire(
            subject=Subject(kind=transfer.KIND, trust=case.record.trust, id=identifier),
            trigger=transfer.Trigger.LAPSE,
            facts={"reason": "The applicant withdrew."},
        )


_S, _T = ApplicantState, Trigger

WORKFLOW = Workflow(
    kind=KIND,
    title="Applicant",
    states=ApplicantState,
    triggers=Trigger,
    finals=(_S.HIRED, _S.WITHDRAWN),
    steps=(
        Step(
            id="A9-T01",
            trigger=_T.PREFER,
            sources=(),
            target=_S.PREFERRED_APPLICANT,
            by=(RECRUITER,),
            effects=_apply,
        ),
        Step(
            id="A9-T02",
            trigger=_T.OFFER,
            sources=(_S.PREFERRED_APPLICANT,),
            target=_S.OFFERED_POST_CONDITIONAL,
            by=(RECRUITER,),
        ),
        Step(
            id="A9-T03",
            trigger=_T.ACCEPT,
            sources=(_S.OFFERED_POST_CONDITIONAL,),
            target=_S.OFFER_ACCEPTED,
            by=(RECRUITER,),
            when=(checks_complete,),
        ),
        Step(
            id="A9-T04",
            trigger=_T.HIRE,
            sources=(_S.OFFER_ACCEPTED,),
            target=_S.HIRED,
            by=(RECRUITER,),
            when=(hire_date_set, person_type_chosen),
            effects=_employ,
        ),
        *(
            Step(
                id=identifier,
                trigger=_T.WITHDRAW,
                sources=(state,),
                target=_S.WITHDRAWN,
                by=(RECRUITER,),
                when=(reason_given,),
                effects=_terminate,
            )
            for identifier, state in (
                ("A9-T05", _S.PREFERRED_APPLICANT),
                ("A9-T06", _S.OFFERED_POST_CONDITIONAL),
                ("A9-T07", _S.OFFER_ACCEPTED),
            )
        ),
        Step(
            id="A9-T08",
            trigger=_T.MOVE_HIRE_DATE,
            sources=(_S.OFFER_ACCEPTED,),
            target=_S.OFFER_ACCEPTED,
            by=(RECRUITER,),
            when=(hire_date_given,),
        ),
    ),
)
