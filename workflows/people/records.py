"""Persons and their assignments, as plain records. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from engine.letters import Recipient
from engine.settings import Settings
from engine.wording.notices import ENGLISH


class AssignmentStatus(StrEnum):
    """Whether somebody works in a post yet; stored in `assignments.status`."""

    APPLICANT = "APPLICANT"
    ACTIVE = "ACTIVE"
    ENDED = "ENDED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """Where this installation is reached: `origin` begins every link in a letter, `domain` ends every UID.

    `alarm_minutes` before a session calendars remind of it, where neither class nor course says otherwise; 0 for never.
    """

    origin: str
    domain: str
    alarm_minutes: int = 0


def site_of(settings: Settings) -> Site:
    """Return where this installation is reached, as it was told."""
    calendars = settings.calendars
    return Site(origin=settings.app_origin, domain=settings.reply_domain, alarm_minutes=calendars.alarm_minutes)


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody on the HR record; `email` is the address that letters go to (S2 6.3.2), `language` that of theirs."""

    trust: str
    id: str
    name: str
    email: str
    organisation: str
    language: str = ENGLISH

    def recipient(self, email: str | None = None) -> Recipient:
        """Return where letters go: to an address typed for one enrolment, else to the HR record's."""
        return Recipient(name=self.name, email=email or self.email, person=self.id, language=self.language)


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """One post that a person has, or has applied for."""

    trust: str
    id: str
    person: str
    organisation: str
    position: str
    status: AssignmentStatus
    starts_on: date | None = None
