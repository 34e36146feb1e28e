"""A learner's calendar program: it knows nothing but the mail that came, and does what iTIP says (RFC 5546 2.1.5)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from email import message_from_bytes
from typing import Final

from engine.letters import Method
from tests.libical import Libical, Told

CANCELLED: Final = "CANCELLED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A meeting as it stands in a calendar, or in the truth; moments in seconds since 1970."""

    start: int
    end: int
    place: str


@dataclass(slots=True, kw_only=True)
class Agenda:
    """The calendar of one address. `complaints` says what a real program would have stumbled over."""

    address: str
    reader: Libical
    complaints: list[str] = field(default_factory=list)
    _told: dict[str, Told] = field(default_factory=dict)
    _stands: dict[str, Entry] = field(default_factory=dict)

    def entries(self) -> Mapping[str, Entry]:
        """Return what stands in the calendar, by UID."""
        return dict(self._stands)

    def knows(self, uid: str) -> bool:
        """Say whether a message about this meeting came."""
        return uid in self._told

    def take(self, told: Told) -> None:
        """Do what a message says, unless it is older than what came before."""
        uid, before = told.seen.uid, self._told.get(told.seen.uid)
        self._complain(told, before)
        if before is not None and _age(told) < _age(before):
            return
        self._told[uid] = told
        if told.seen.method == Method.CANCEL:
            self._stands.pop(uid, None)
        else:
            self._stands[uid] = Entry(start=told.seen.start, end=told.seen.end, place=told.seen.location)

    def _complain(self, told: Told, before: Told | None) -> None:
        seen = told.seen
        wrong = {
            "not for this attendee": seen.attendee != f"mailto:{self.address}",
            "another organizer": before is not None and before.organizer != told.organizer,
            "asked for again after its cancellation": before is not None
            and before.status == CANCELLED
            and seen.method == Method.REQUEST
            and seen.sequence > before.seen.sequence,
            "its status is not that of its method": (told.status == CANCELLED) != (seen.method == Method.CANCEL),
            "the same SEQUENCE for another time or place": before is not None
            and before.seen.sequence == seen.sequence
            and before.seen != seen,
        }
        self.complaints += [f"{seen.uid} {seen.sequence}: {why}" for why, is_so in wrong.items() if is_so]


def _age(told: Told) -> tuple[int, int]:
    return told.seen.sequence, told.stamp


def object_in(mail: bytes) -> bytes | None:
    """Return the calendar object of a mail, by its text/calendar part alone; None where it has none."""
    for part in message_from_bytes(mail).walk():
        if part.get_content_type() == "text/calendar":
            raw = part.get_payload(decode=True)
            assert isinstance(raw, bytes)
            assert f"METHOD:{part.get_param('method')}".encode() in raw
            return raw
    return None
