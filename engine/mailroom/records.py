"""What is found in a mail that came, as plain data between the process that reads it and the one that acts. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Self


class State(StrEnum):
    """How far a mail has come; stored in `inbound_mail.state`. `PERSON` waits for somebody to look at it."""

    WAITING = "WAITING"
    DONE = "DONE"
    PERSON = "PERSON"
    HANDLED = "HANDLED"
    DELETED = "DELETED"


class Kind(StrEnum):
    """What a mail turned out to be; stored in `inbound_mail.kind`."""

    MEETING = "MEETING"
    ANSWER = "ANSWER"
    ABSENCE = "ABSENCE"
    BOUNCE = "BOUNCE"
    AUTOMATIC = "AUTOMATIC"
    OTHER = "OTHER"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rsvp:
    """What a calendar part says of one attendee of one event (RFC 5546 3.2.3, 3.2.7).

    `sequence` is None and the moments are "" where it does not say; moments are ISO 8601 with a zone.
    """

    method: str
    uid: str
    attendee: str
    partstat: str
    sequence: int | None = None
    stamp: str = ""
    start: str = ""
    end: str = ""
    comment: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounce:
    """Why a letter was not delivered: `status` is an enhanced code such as 5.1.1 (RFC 3463), "" where none is told."""

    permanent: bool
    status: str = ""
    recipient: str = ""
    answer: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What is in a mail; whatever could not be read is empty, and `doubts` say so in whole sentences.

    `automatic` says why it is no person's own mail; `away` that it looks like an out-of-office reply; `results` are the
    values of `Authentication-Results`, the topmost first.
    """

    message_id: str = ""
    subject: str = ""
    from_name: str = ""
    from_address: str = ""
    text: str = ""
    automatic: str = ""
    away: bool = False
    results: tuple[str, ...] = ()
    replies: tuple[Rsvp, ...] = ()
    bounces: tuple[Bounce, ...] = ()
    parts: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()

    def written(self) -> str:
        """Return it as JSON."""
        return json.dumps(asdict(self))

    def facts(self) -> dict[str, Any]:
        """Return what is kept of it beside the mail: not its text, which has a column of its own."""
        return {"from_name": self.from_name, "parts": list(self.parts), "doubts": list(self.doubts)}

    @classmethod
    def read(cls, written: bytes | str) -> Self:
        """Read what `written` wrote; ValueError, TypeError or KeyError for anything else."""
        said: Mapping[str, Any] = json.loads(written)
        several = {name: tuple(map(str, said[name])) for name in ("results", "parts", "doubts")}
        replies = tuple(Rsvp(**one) for one in said["replies"])
        bounces = tuple(Bounce(**one) for one in said["bounces"])
        return cls(**{**said, **several, "replies": replies, "bounces": bounces})


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of a mail: how it stands now, what it was, and a sentence for people."""

    state: State
    kind: Kind
    sentence: str
    about: tuple[str, str] | None = None
    person: str | None = None
    organisation: str | None = None
    letter: str | None = None


def moment(said: str) -> datetime | None:
    """Return a moment of a record, or None."""
    return datetime.fromisoformat(said) if said else None
