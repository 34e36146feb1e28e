"""The states and steps of onboarding as people say them, and what the form of a step asks. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from workflows.onboarding import applicant, transfer
from workflows.onboarding.records import ApplicantState, TransferState

STATES: Final[Mapping[ApplicantState, tuple[str, str]]] = {
    ApplicantState.PREFERRED_APPLICANT: ("Preferred applicant", "grey"),
    ApplicantState.OFFERED_POST_CONDITIONAL: ("Offered the post, with conditions", "yellow"),
    ApplicantState.OFFER_ACCEPTED: ("Offer accepted", "blue"),
    ApplicantState.HIRED: ("Hired", "green"),
    ApplicantState.WITHDRAWN: ("Withdrawn", "red"),
}
TRANSFERS: Final[Mapping[TransferState, tuple[str, str]]] = {
    TransferState.PENDING: ("Waiting for an answer", "yellow"),
    TransferState.ACCEPTED: ("Accepted", "green"),
    TransferState.ACCEPTED_WITH_EDITS: ("Accepted with changes", "green"),
    TransferState.REJECTED: ("Rejected", "red"),
    TransferState.LAPSED: ("Lapsed", "grey"),
    TransferState.COPIED: ("Copied without a form", "blue"),
}
BUTTONS: Final[Mapping[StrEnum, str]] = {
    applicant.Trigger.OFFER: "Offer the post, with conditions",
    applicant.Trigger.ACCEPT: "Record that the offer is accepted",
    applicant.Trigger.HIRE: "Hire",
    applicant.Trigger.WITHDRAW: "Withdraw the applicant",
    applicant.Trigger.MOVE_HIRE_DATE: "Change the hire date",
    transfer.Trigger.REOPEN: "Ask again",
}
FIELDS: Final[Mapping[StrEnum, tuple[str, ...]]] = {
    applicant.Trigger.ACCEPT: ("checks_complete",),
    applicant.Trigger.HIRE: ("hire_on", "person_type"),
    applicant.Trigger.WITHDRAW: ("reason",),
    applicant.Trigger.MOVE_HIRE_DATE: ("hire_on",),
}
"""What the form of a step asks; the step's own guards say what is missing."""
