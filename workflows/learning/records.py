"""Classes, enrolments, performances and attempts, as plain records. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

from workflows.competence.records import Competence
from workflows.learning.attempts.grading import Played
from workflows.learning.attempts.rules import DEFAULTS, Rules
from workflows.learning.attempts.standing import Standing, stand
from workflows.people.records import Person, Site

DEFAULT_RESTRICT_DAYS: Final = 7
"""Days before the start within which nobody is promoted any more (S2 6.2.1)."""


class ClassState(StrEnum):
    """Whether a class takes enrolments; stored in `classes.state`."""

    PLANNED = "PLANNED"
    NORMAL = "NORMAL"
    FULL = "FULL"
    CLOSED = "CLOSED"
    CANCELLED = "CANCELLED"


class EnrolmentState(StrEnum):
    """How a learner stands to a class; stored in `enrolments.state`."""

    REQUESTED = "REQUESTED"
    WAITLISTED = "WAITLISTED"
    CONFIRMED = "CONFIRMED"
    ATTENDED = "ATTENDED"
    DID_NOT_ATTEND = "DID_NOT_ATTEND"
    WITHDRAWN = "WITHDRAWN"
    CANCELLED = "CANCELLED"


class PerformanceState(StrEnum):
    """The best that a learner came to with a learning object; stored in `performances.state`."""

    NOT_ATTEMPTED = "NOT_ATTEMPTED"
    INCOMPLETE = "INCOMPLETE"
    BROWSED = "BROWSED"
    COMPLETED = "COMPLETED"
    PASSED = "PASSED"
    FAILED = "FAILED"


class AttemptState(StrEnum):
    """How far one launch got; stored in `launches.state`."""

    CREATED = "CREATED"
    INITIALIZED = "INITIALIZED"
    SUSPENDED = "SUSPENDED"
    FINISHED = "FINISHED"
    ABANDONED = "ABANDONED"
    RESET = "RESET"


class Delivery(StrEnum):
    """How an offering is taught; stored in `offerings.delivery`."""

    CLASSROOM = "classroom"
    E_LEARNING = "e-learning"


SILENCE: Final = timedelta(minutes=30)
"""How long nothing is heard of an attempt before it is taken to be abandoned (P29)."""

PLACED: Final = (EnrolmentState.CONFIRMED, EnrolmentState.ATTENDED)
"""The states that take a place and block double booking (facts 1.1)."""


FINAL: Final = (PerformanceState.COMPLETED, PerformanceState.PASSED)
"""The results that complete what an enrolment asks; nothing leads back from them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Offering:
    """One way to take a course: what is taught, how, and what it awards. It is also the learning object of A5."""

    trust: str
    id: str
    course: str
    course_title: str
    title: str
    delivery: Delivery
    package: str | None
    competence: Competence | None
    validity_months: int | None
    restrict_days: int | None
    max_attempts: int | None
    joining_text: str
    conference: str | None = None
    alarm_minutes: int | None = None

    @property
    def months(self) -> int | None:
        """Return how long its award is valid: its own period, else the competence's; None is for ever."""
        return self.validity_months or (self.competence.validity_months if self.competence else None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """One meeting of a class; `id` counts within the class, `revision` the changes of its time or place."""

    id: str
    starts_at: datetime
    ends_at: datetime
    venue: str
    revision: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Class:
    """One run of an offering; e-learning has no sessions. `taken` are Confirmed + Attended."""

    trust: str
    id: str
    state: ClassState | None
    revision: int
    head: str
    organisation: str
    organisations: tuple[str, ...]
    person: str | None = None
    title: str
    offering: Offering
    minimum: int
    maximum: int | None
    waitlist: bool
    waitlist_maximum: int | None
    restrict_days: int | None
    withdraw_days: int
    decline_withdraws: bool = False
    approval: bool
    venue: str
    joining_text: str
    zone: str
    opens_at: datetime | None
    closes_at: datetime | None
    sessions: tuple[Session, ...]
    taken: int = 0
    attended: int = 0
    waiting: int = 0
    conference: str | None = None
    alarm_minutes: int | None = None

    @property
    def online(self) -> str:
        """Return where it is joined online: the class's own link, else the offering's, else nothing."""
        return self.conference or self.offering.conference or ""

    @property
    def words(self) -> str:
        """Return what learners need to know: the class's own text, else the offering's (S2 6.3.1)."""
        return self.joining_text or self.offering.joining_text

    def alarm(self, otherwise: int) -> int:
        """Return the minutes before a session at which calendars remind: the class's, the offering's, else these."""
        given = (self.alarm_minutes, self.offering.alarm_minutes, otherwise)
        return next(minutes for minutes in given if minutes is not None)

    @property
    def starts_at(self) -> datetime | None:
        """Return when the first session starts."""
        return min((session.starts_at for session in self.sessions), default=None)

    @property
    def full(self) -> bool:
        """Say whether every place is taken."""
        return self.maximum is not None and self.taken >= self.maximum

    @property
    def restriction(self) -> int:
        """Return the days before the start within which nobody is promoted: the class's, the offering's, else 7."""
        given = (self.restrict_days, self.offering.restrict_days, DEFAULT_RESTRICT_DAYS)
        return next(days for days in given if days is not None)

    def started(self, now: datetime) -> bool:
        """Say whether the first session has begun."""
        return self.starts_at is not None and self.starts_at <= now

    def promotes(self, now: datetime) -> bool:
        """Say whether a free place still goes to the waitlist by itself: exactly the restricted days is too late."""
        return self.starts_at is None or self.starts_at - now > timedelta(days=self.restriction)

    def withdrawable(self, now: datetime) -> bool:
        """Say whether learners may still withdraw by themselves."""
        return self.starts_at is None or self.starts_at - now > timedelta(days=self.withdraw_days)

    def enrols(self, now: datetime) -> bool:
        """Say whether the enrolment window is open."""
        return (self.opens_at is None or self.opens_at <= now) and (self.closes_at is None or now < self.closes_at)

    def local_day(self, moment: datetime) -> date:
        """Return the date where the class is held."""
        return moment.astimezone(ZoneInfo(self.zone)).date()

    def completed_on(self, now: datetime) -> date:
        """Return the day on which somebody who attended was done: that of the last session, but never a day to come."""
        last = max((session.ends_at for session in self.sessions), default=now)
        return self.local_day(min(last, now))


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrolment:
    """One learner on one class; `spell` counts confirmations, `overlap` names the class that meets at the same time."""

    trust: str
    id: str
    state: EnrolmentState | None
    revision: int
    head: str
    organisation: str
    organisations: tuple[str, ...]
    person: str
    learner: Person
    email: str | None
    course_class: Class
    spell: int
    position: int | None
    overlap: str | None
    enrolled_already: bool
    performed: PerformanceState | None
    score: float | None
    site: Site


@dataclass(frozen=True, slots=True, kw_only=True)
class Performance:
    """What a learner came to with a learning object, best of all attempts; `waiting_on_it` are enrolments to attend."""

    trust: str
    id: str
    state: PerformanceState | None
    revision: int
    head: str
    organisation: str
    organisations: tuple[str, ...]
    person: str
    learner: Person
    offering: Offering
    score: float | None
    attempt: str | None
    attempts: int
    waiting_on_it: tuple[str, ...]
    site: Site


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One launch of a learning object under an enrolment."""

    trust: str
    id: str
    state: AttemptState | None
    revision: int
    head: str
    organisation: str
    organisations: tuple[str, ...]
    person: str
    enrolment: str
    playable: bool
    """Whether the enrolment has a place and the offering a package."""
    final: bool
    """Whether the best result is final already."""
    rules: Rules = DEFAULTS
    before: tuple[Played, ...] = ()
    """The attempts there are when a new one is to begin."""
    ends_on: date | None = None
    """The last day of what the learner holds of the competence that the course gives."""

    def standing(self, now: datetime) -> Standing:
        """Say what the learner may do, before a new attempt begins."""
        return stand(self.before, self.rules, self.ends_on, now)
