"""Calendar objects of ours, and what anybody who reads them must see: for readers that are not ours."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

from engine import calendar
from engine.letters import Method, Recipient
from tests.clock import START
from tests.letters import ORGANIZER, an_invitation

GOLDEN = Path(__file__).resolve().parent / "golden" / "mail"
ANN = Recipient(name='Ann "O\'Neil"; Sister, RN', email="ann.oneil@northshire.example")
ZONES = ("Europe/London", "UTC", "Europe/Lisbon", "America/New_York")
_MOMENTS = (
    "2026-12-31T23:30",
    "2027-03-27T09:00",
    "2027-03-28T00:30",
    "2027-03-28T01:30",
    "2027-07-01T12:00",
    "2027-10-30T22:30",
    "2027-10-31T00:30",
    "2027-10-31T01:30",
    "2027-10-31T02:30",
    "2028-02-29T09:00",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What a reader sees; moments in seconds since 1970, which no zone can bend."""

    method: str
    uid: str
    sequence: int
    start: int
    end: int
    attendee: str
    summary: str
    location: str


def of_mail() -> Mapping[str, bytes]:
    """Return the calendar object of every golden mail that has one, by the name of the file."""
    found = {}
    for path in sorted(GOLDEN.glob("*.eml")):
        mail = message_from_bytes(path.read_bytes(), _class=EmailMessage, policy=policy.default)
        for part in mail.walk():
            if part.get_content_type() == "text/calendar":
                found[path.stem] = part.get_payload(decode=True)
    return found


def around_the_clocks() -> Mapping[str, tuple[bytes, Seen]]:
    """Return requests and cancellations on both sides of every change of the clocks, and what they mean."""
    made = {}
    for zone in ZONES:
        for said in _MOMENTS:
            start = datetime.fromisoformat(said).replace(tzinfo=UTC)
            for sequence, method in enumerate(Method):
                name = f"{zone} {said} {method}"
                made[name] = _object(zone, start, sequence, method)
    return made


def _object(zone: str, start: datetime, sequence: int, method: Method) -> tuple[bytes, Seen]:
    meeting = an_invitation(
        zone=zone,
        start=start,
        end=start + timedelta(hours=3),
        method=method,
        conference="https://meet.northshire.example/j/9?pwd=a,b;c",
        alarm=60,
        summary="Résuscitation, néonatale; day 1 " + "é" * 60,
    )
    raw = calendar.text(meeting, sequence=sequence, stamp=START, organizer=ORGANIZER, attendee=ANN)
    return raw, Seen(
        method=str(method),
        uid=meeting.uid,
        sequence=sequence,
        start=int(start.timestamp()),
        end=int(meeting.end.timestamp()),
        attendee=f"mailto:{ANN.email}",
        summary=meeting.summary,
        location=meeting.location,
    )


def as_we_read(raw: bytes) -> Seen:
    """Return what our own page shows of an object."""
    read = calendar.read(raw)
    assert read.start is not None
    assert read.end is not None
    return Seen(
        method=read.method,
        uid=read.uid,
        sequence=read.sequence,
        start=int(read.start.timestamp()),
        end=int(read.end.timestamp()),
        attendee=f"mailto:{read.attendees[0]}",
        summary=read.summary,
        location=read.location,
    )


def corpus() -> Mapping[str, tuple[bytes, Seen]]:
    """Return every object with what it means."""
    return {**{name: (raw, as_we_read(raw)) for name, raw in of_mail().items()}, **around_the_clocks()}
