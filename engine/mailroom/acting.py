"""What one reading of a mail has to go on, and what it comes to where nobody else knows better.

`Act` is the port between the mailroom and whoever acts on a kind of mail: engine and workflows alike.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, RowMapping

from engine.approvals.approval import Approval
from engine.inbound_settings import Inbound
from engine.letters import Subject
from engine.mailroom.records import Found, Kind, Outcome, Rsvp, State
from engine.transaction import Transaction

NOT_OURS: Final = "It came to an address that stands for no letter of ours, so that nothing was done."


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """A mail with what was found in it: `row` is as it is kept, `letter` the letter of ours that it answers, if any."""

    row: RowMapping
    found: Found
    letter: RowMapping | None = None

    @property
    def about(self) -> tuple[str, str] | None:
        """Return kind and id of the subject that our letter was about."""
        return (self.letter["kind"], self.letter["subject"]) if self.letter else None

    @property
    def from_machine(self) -> str:
        """Say by which sign it is no person's own mail; "" where it is (RFC 3834, RFC 5321 4.5.5)."""
        return self.found.automatic or ("" if self.row["sender"] else "its envelope has no sender")

    def outcome(self, state: State, kind: Kind, sentence: str, **more: Any) -> Outcome:
        """Return what became of it, with what is known of our letter."""
        letter = self.letter
        known = {
            "about": self.about,
            "letter": letter["id"] if letter else None,
            "person": letter["person"] if letter else None,
            "organisation": letter["organisation"] if letter else None,
        }
        return Outcome(state=state, kind=kind, sentence=sentence, **{**known, **more})


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """An attendee's answer to a meeting of ours, once it is recorded: `proposed` is another time that they want."""

    subject: Subject
    uid: str
    rsvp: Rsvp
    partstat: str
    at: datetime
    mail: str
    proposed: str = ""


Hook = Callable[[Transaction, Heard], str]
"""What a workflow does when an attendee answered: it returns a sentence about it."""


def _every_choice(_connection: Connection, approval: Approval) -> Collection[str]:
    return approval.choices


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """What the mailroom is told at composition: its settings, and what the workflows do with answers, by kind.

    `simple` are the choices of a question that need nothing else than the word.
    """

    inbound: Inbound
    hooks: Mapping[str, Hook] = field(default_factory=dict)
    simple: Callable[[Connection, Approval], Collection[str]] = _every_choice


Act = Callable[[Transaction, House, Mail], Outcome | None]
"""Acts on a mail in the transaction that reads it, or returns None where it is nothing of that kind."""


def leave(mail: Mail) -> Outcome:
    """Leave a mail to a person; what a machine wrote about nothing needs nobody."""
    if mail.row["name"] is None:
        return mail.outcome(State.PERSON, Kind.OTHER, NOT_OURS)
    if mail.from_machine:
        return mail.outcome(State.DONE, Kind.AUTOMATIC, f"It is automatic mail ({mail.from_machine}): nothing is done.")
    return mail.outcome(State.PERSON, Kind.OTHER, "A person wrote it, and what they want is for a person to read.")
