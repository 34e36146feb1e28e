"""Applicants, and what is transferred for them, as plain records. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any, Final

from workflows.competence.records import Competence
from workflows.people.records import Person, Site

REVIEW_DAYS: Final = 14
"""Days after the hire date within which a transfer is answered, where nothing else is set (A11-T05)."""

EMPLOYEE: Final = "Employee"
PERSON_TYPES: Final = (EMPLOYEE, "Honorary", "Contractor", "External Supervisor", "Secondee")


class ApplicantState(StrEnum):
    """How far a recruitment is; stored in `applicants.state`."""

    PREFERRED_APPLICANT = "PREFERRED_APPLICANT"
    OFFERED_POST_CONDITIONAL = "OFFERED_POST_CONDITIONAL"
    OFFER_ACCEPTED = "OFFER_ACCEPTED"
    HIRED = "HIRED"
    WITHDRAWN = "WITHDRAWN"


class TransferState(StrEnum):
    """What became of a stat & mand form; stored in `transfers.state`.

    COPIED is ours: the role is not allocated, so there is no form and everything national came with the PDS copy.
    """

    PENDING = "PENDING"
    ACCEPTED = "ACCEPTED"
    ACCEPTED_WITH_EDITS = "ACCEPTED_WITH_EDITS"
    REJECTED = "REJECTED"
    LAPSED = "LAPSED"
    COPIED = "COPIED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Applicant:
    """Somebody on the way into a post; `open_transfers` are those nobody has answered."""

    trust: str
    id: str
    state: ApplicantState | None
    revision: int
    head: str
    organisation: str
    organisations: tuple[str, ...]
    person: str
    applicant: Person
    position: str
    hire_on: date | None
    person_type: str | None
    checks_complete: bool
    reason: str | None
    open_transfers: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One competence as the source organisation sent it, beside what the target has and asks.

    `competence` is the target's of the same name, if any; `decided` is what was written instead, or `accepted: false`.
    """

    number: str
    name: str
    level: str | None
    starts_on: date
    ends_on: date | None
    competence: Competence | None
    required: bool
    decided: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfer:
    """What one source organisation sent for an applicant."""

    trust: str
    id: str
    state: TransferState | None
    revision: int
    head: str
    organisation: str
    organisations: tuple[str, ...]
    person: str
    applicant: str
    applicant_name: str
    applicant_state: ApplicantState
    position: str
    hire_on: date | None
    source_organisation: str
    review_days: int
    reason: str | None
    lines: tuple[Line, ...]
    competences: Mapping[str, Competence]
    """The target's own competences that an answer may choose from, by id."""
    site: Site
