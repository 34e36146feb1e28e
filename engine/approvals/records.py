"""An approval as its workflow sees it: what was asked of whom, who owns it, and how it stands. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from engine.letters import Subject

KIND: Final = "approval"


class Status(StrEnum):
    """How an approval stands; stored in `approvals.state`."""

    OPEN = "OPEN"
    MORE_INFO = "MORE_INFO"
    CLOSED = "CLOSED"
    CANCELED = "CANCELED"
    TIMED_OUT = "TIMED_OUT"
    ERROR = "ERROR"


STANDING: Final = (Status.OPEN, Status.MORE_INFO, Status.ERROR)
"""The states in which an answer is still wanted."""


class Trigger(StrEnum):
    """What happens to an approval."""

    OPEN = "OPEN"
    CLAIM = "CLAIM"
    RELEASE = "RELEASE"
    DELEGATE = "DELEGATE"
    TAKE_BACK = "TAKE_BACK"
    TRANSFER = "TRANSFER"
    ASK = "ASK"
    REPLY = "REPLY"
    COMMENT = "COMMENT"
    ANSWER = "ANSWER"
    REMIND = "REMIND"
    ESCALATE = "ESCALATE"
    LAPSE = "LAPSE"
    CANCEL = "CANCEL"
    VACATE = "VACATE"
    RETRY = "RETRY"


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """A question to a role about a subject: `choices` are triggers of that subject's workflow.

    `organisation` is where the role was found; `lapse` is the trigger that fires if nobody answers by `due_at`.
    `asking` is the subject's state that asks, `in_role` the role that its steps need, `sender` the account that
    brought it there, `told` the accounts that were written to, `notice` the kind of letter that they got, `asked_by`
    and `asked_of` who waits for whose information. `remind_minutes` lie between `reminders`, of which `reminded` went
    out; at `escalates_at` the next level is asked: a version of the role above, or a role of `escalation`. `level`
    counts from 0, `before` is the approval of the level below, `above` the next role and its organisation where its
    time has come.
    """

    trust: str
    id: str
    organisation: str
    subject: Subject
    subject_revision: int
    subject_person: str | None
    title: str
    role: str
    choices: tuple[str, ...]
    opened_at: datetime
    due_at: datetime | None = None
    lapse: str | None = None
    state: Status | None = None
    revision: int = 0
    head: str = ""
    choice: str | None = None
    answered_by: str | None = None
    answered_by_name: str | None = None
    closed_at: datetime | None = None
    comment: str | None = None
    owner: str | None = None
    owner_name: str | None = None
    claimed: bool = False
    delegate: str | None = None
    delegate_name: str | None = None
    asked_by: str | None = None
    asked_of: str | None = None
    asked_of_name: str | None = None
    asking: str = ""
    in_role: str = ""
    sender: str | None = None
    told: tuple[str, ...] = ()
    notice: str = ""
    reminders: int = 0
    remind_minutes: int = 0
    reminded: int = 0
    escalates_at: datetime | None = None
    level: int = 0
    before: str | None = None
    escalation: tuple[str, ...] = ()
    subject_organisation: str = ""
    above: tuple[str, str] | None = None
    origin: str = ""

    @property
    def person(self) -> str | None:
        """Return nobody: an approval is about a subject, and its person must not answer it."""
        return None

    @property
    def organisations(self) -> tuple[str, ...]:
        """Return where the role was found, and the trust: who looks after either looks after this."""
        return tuple(dict.fromkeys((self.organisation, self.trust)))

    @property
    def itself(self) -> Subject:
        """Return the name of this approval."""
        return Subject(kind=KIND, trust=self.trust, id=self.id)

    @property
    def link(self) -> str:
        """Return the address of its page."""
        return f"{self.origin}/worklist/{self.id}"

    @property
    def timers(self) -> tuple[str, str, str]:
        """Return the keys under which its reminder, its escalation and its end are scheduled."""
        remind, escalate, lapse = (f"{KIND}/{self.id}/{what}" for what in ("remind", "escalate", "lapse"))
        return remind, escalate, lapse
