"""Small cases of applicants and transfers, on which their workflows are explored before they run. Pure."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Final

from engine.exploring import Examples
from workflows.competence.records import Competence
from workflows.onboarding import applicant, transfer
from workflows.onboarding.records import Applicant, ApplicantState, Line, Transfer
from workflows.people.records import Person, Site

_PLACE: Final = ("ward", "trust")
_PERSON: Final = Person(
    trust="trust", id="jonas", name="Jonas Weber", email="jonas.weber@trust.example", organisation="ward"
)
_COMPETENCE: Final = Competence(
    trust="trust", id="fire", name="NHS|CSTF|Fire Safety|", framework="NHS|CSTF", validity_months=24, national=True
)
_APPLICANT: Final = Applicant(
    trust="trust",
    id="applicant",
    state=None,
    revision=1,
    head="",
    organisation="ward",
    organisations=_PLACE,
    person=_PERSON.id,
    applicant=_PERSON,
    position="Staff Nurse",
    hire_on=None,
    person_type=None,
    checks_complete=False,
    reason=None,
    open_transfers=(),
)
_LINE: Final = Line(
    number="1",
    name=_COMPETENCE.name,
    level=None,
    starts_on=date(2026, 6, 1),
    ends_on=date(2027, 6, 1),
    competence=_COMPETENCE,
    required=True,
)
_TRANSFER: Final = Transfer(
    trust="trust",
    id="transfer",
    state=None,
    revision=1,
    head="",
    organisation="ward",
    organisations=_PLACE,
    person=_PERSON.id,
    applicant="applicant",
    applicant_name=_PERSON.name,
    applicant_state=ApplicantState.OFFER_ACCEPTED,
    position="Staff Nurse",
    hire_on=None,
    source_organisation="Westerly",
    review_days=14,
    reason=None,
    lines=(_LINE,),
    competences={_COMPETENCE.id: _COMPETENCE},
    site=Site(origin="https://learn.trust.example", domain="learn.trust.example"),
)
_REASONS: Final[tuple[dict[str, str], ...]] = ({}, {"reason": "It is needed."})
_A: Final = applicant.Trigger
_T: Final = transfer.Trigger

EXAMPLES: Final = {
    applicant.KIND: Examples(
        records=(
            _APPLICANT,
            replace(_APPLICANT, checks_complete=True, hire_on=date(2027, 2, 1)),
            replace(_APPLICANT, open_transfers=("transfer",)),
        ),
        facts={
            _A.ACCEPT: ({}, {"checks_complete": True}),
            _A.HIRE: ({}, {"hire_on": "2027-02-01"}, {"person_type": "Nobody's"}),
            _A.WITHDRAW: _REASONS,
            _A.MOVE_HIRE_DATE: ({}, {"hire_on": "2027-02-01"}),
        },
    ),
    transfer.KIND: Examples(
        records=(
            _TRANSFER,
            replace(_TRANSFER, hire_on=date(2027, 2, 1)),
            replace(_TRANSFER, lines=()),
            replace(_TRANSFER, applicant_state=ApplicantState.WITHDRAWN),
            replace(_TRANSFER, lines=(replace(_LINE, competence=None, ends_on=None),)),
            replace(_TRANSFER, lines=(replace(_LINE, name="331|LOCAL|Cake Stall|"),)),
        ),
        facts={
            _T.ACCEPT_WITH_EDITS: (
                {},
                {"lines": {"1": {"ends_on": "2027-05-01"}}},
                {"lines": {"1": {"accepted": False}}},
                {"lines": {"1": {"ends_on": "2020-01-01"}}},
                {"lines": {"1": {"ends_on": "2030-01-01"}}},
                {"lines": {"1": {"competence": "fire"}}},
                {"lines": {"9": {}}},
            ),
            _T.REJECT: _REASONS,
        },
    ),
}
