"""What is to be said, to whom and why, before anything is rendered. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

OLD_START: Final = "old_start"
"""In the context of a letter that moves a meeting: when it was to begin (ISO 8601), for that may be sooner."""


class Method(StrEnum):
    """An iTIP method (RFC 5546 1.4); stored in `invitations.method` and in a letter's invitation."""

    REQUEST = "REQUEST"
    CANCEL = "CANCEL"


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """The record that a workflow moves, by name: its kind, its trust, its id."""

    kind: str
    trust: str
    id: str

    def __str__(self) -> str:
        """Write it as journals and addresses do."""
        return f"{self.kind}/{self.id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipient:
    """A person at the address of the HR record (S2 6.3.2); no `language` means the one that the person chose."""

    name: str
    email: str
    person: str | None = None
    language: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Relevant:
    """The predicate that made a letter true, asked again at the moment of sending.

    `name` is a key of the engine's predicates (`still_in` is the engine's own: the subject is still in one of
    `facts["states"]`); `facts` are plain JSON. Of any predicate `facts["until"]` is the moment, in ISO 8601, from which
    the letter has no sense any more.
    """

    name: str
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Invitation:
    """One meeting request, update or cancellation for one attendee and one session of a class, as data.

    `uid` is fixed for one enrolment, session and spell of confirmation; SEQUENCE is not here, for the twin of what
    was last said (table `invitations`) decides it when the letter is queued. Times are aware; `zone` is the IANA
    name in which they are shown and written. `conference` is the link by which it is joined online, `alarm` how many
    minutes before it a calendar reminds (0: as the reader's own settings say).
    """

    uid: str
    method: Method
    start: datetime
    end: datetime
    zone: str
    summary: str
    location: str = ""
    description: str = ""
    url: str = ""
    conference: str = ""
    alarm: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """One addressed message, not yet rendered.

    `notice` names a folder of templates (`LRN-01-joining-instructions`); `context` is plain JSON, the tokens that
    the folder declares; `reason` says in one line why the recipient gets it; `organisation` decides whose template
    and whose brand apply. One that asks names the approval and the account which is asked, so that it can bear a link
    for the answer. `places` are those with texts of their own that come before the organisation, the nearest first: a
    class, then its offering.
    """

    notice: str
    to: Recipient
    subject: Subject
    organisation: str
    reason: str
    context: Mapping[str, Any]
    invitation: Invitation | None = None
    relevant: Relevant | None = None
    approval: str | None = None
    account: str | None = None
    places: tuple[str, ...] = ()
