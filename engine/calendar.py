"""Meeting requests and cancellations as RFC 5545 text, one object for each attendee and session. Pure.

A UID has one attendee, so that a cancellation cancels the whole event and says STATUS:CANCELLED (RFC 5546 3.2.5).
The text is written here line by line, for icalendar writes 3,000 objects a second; tests read both and compare.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from email.utils import parseaddr
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from icalendar import Calendar, Timezone

from engine import text as people
from engine.errors import Invalid
from engine.letters import Invitation, Method, Recipient

PRODUCT = "-//Preceptor//Preceptor//EN"
MAX_OCTETS = 75
_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?")
_URL = re.compile(r"https?://[!-~]+")
_STATUS = {Method.REQUEST: "CONFIRMED", Method.CANCEL: "CANCELLED"}
_ESCAPES = (("\\", "\\\\"), (";", "\\;"), (",", "\\,"), ("\n", "\\n"))
_NOT_IN_A_UID = re.compile(r"[\\;,\n]")
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
_LONGEST_TEXT = 4000
_LONGEST_LINE = 500
_LONGEST_UID = 255  # RFC 7986 5.3


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A calendar object as a person reads it; times are aware, or None where the object has none."""

    method: str
    uid: str
    sequence: int
    status: str
    summary: str
    start: datetime | None
    end: datetime | None
    zone: str
    location: str
    description: str
    url: str
    organizer: str
    attendees: tuple[str, ...]
    stamp: datetime | None


def text(invitation: Invitation, *, sequence: int, stamp: datetime, organizer: str, attendee: Recipient) -> bytes:
    """Return the iCalendar object, folded, with CRLF.

    `organizer` is the address at which replies arrive, alone or as `Name <address>`; `attendee` is whom the mail
    goes to, at exactly that address; `stamp` is the moment of making (RFC 5545 3.8.7.2). Raises `Invalid` for an
    address or a UID that cannot be written.
    """
    return fold(lines(invitation, sequence, stamp, organizer, attendee))


def lines(invitation: Invitation, sequence: int, stamp: datetime, organizer: str, attendee: Recipient) -> list[str]:
    """Return the content lines, not yet folded: what the object means (RFC 5545 3.1)."""
    begins, starts, ends = times(invitation)
    event = [
        "BEGIN:VEVENT",
        f"UID:{checked_uid(invitation.uid)}",
        f"DTSTAMP:{utc(stamp)}",
        f"DTSTART{starts}",
        f"DTEND{ends}",
        f"SEQUENCE:{sequence}",
        f"SUMMARY:{escaped(invitation.summary)}",
        f"ORGANIZER{_organizer(organizer)}",
        "ATTENDEE;CUTYPE=INDIVIDUAL;ROLE=REQ-PARTICIPANT;PARTSTAT=NEEDS-ACTION;RSVP=TRUE"
        + _person(attendee.name, attendee.email),
        f"STATUS:{_STATUS[invitation.method]}",
        "TRANSP:OPAQUE",
    ]
    event += about(invitation)
    head = ["BEGIN:VCALENDAR", f"PRODID:{PRODUCT}", "VERSION:2.0", "CALSCALE:GREGORIAN", f"METHOD:{invitation.method}"]
    return [*head, *begins, *event, "END:VEVENT", "END:VCALENDAR"]


def about(invitation: Invitation) -> Iterator[str]:
    """Yield the lines that say where a meeting is, what to know of it, and when to be reminded."""
    yield from (f"{name}:{escaped(value)}" for name, value in _optional(invitation) if value)
    yield from _linked(invitation)
    if invitation.method is Method.REQUEST and invitation.alarm > 0:
        yield from _alarm(invitation)


def fold(content: list[str]) -> bytes:
    """Write content lines with CRLF, each of at most 75 octets and no character split (RFC 5545 3.1)."""
    short = [line if len(line) <= MAX_OCTETS and line.isascii() else _folded(line) for line in content]
    return ("\r\n".join(short) + "\r\n").encode()


def from_record(record: Mapping[str, Any]) -> Invitation:
    """Return the invitation that an outbox row keeps as JSON."""
    return Invitation(
        uid=record["uid"],
        method=Method(record["method"]),
        start=instant(record["start"]),
        end=instant(record["end"]),
        zone=record["zone"],
        summary=record["summary"],
        location=record.get("location") or "",
        description=record.get("description") or "",
        url=record.get("url") or "",
        conference=record.get("conference") or "",
        alarm=record.get("alarm") or 0,
    )


@lru_cache(maxsize=1024)
def mailbox(value: str) -> tuple[str, str]:
    """Split `Name <address>`, or an address alone, into name and address."""
    return parseaddr(value)


def instant(value: str) -> datetime:
    """Read an ISO 8601 moment; one without a zone is in UTC. Raises `ValueError`."""
    at = datetime.fromisoformat(value)
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at


def when(start: datetime, end: datetime, zone: str) -> str:
    """Say in plain words when a session is: `Monday 4 January 2027, 9:30am to 12:30pm`."""
    begins, ends = start.astimezone(ZoneInfo(zone)), end.astimezone(ZoneInfo(zone))
    if begins.date() == ends.date():
        return f"{day(begins)}, {_hour(begins)} to {_hour(ends)}"
    return f"{day(begins)}, {_hour(begins)} to {day(ends)}, {_hour(ends)}"


def moment(at: datetime, zone: str) -> str:
    """Say in plain words when something is: `Monday 4 January 2027 at 9:30am`."""
    local = at.astimezone(ZoneInfo(zone))
    return f"{day(local)} at {_hour(local)}"


def day(on: date) -> str:
    """Say a day in plain words: `Monday 4 January 2027`."""
    return f"{_DAYS[on.weekday()]} {on.day} {_MONTHS[on.month - 1]} {on.year}"


def read(raw: bytes) -> Reading:
    """Read an object of our own making for a page; foreign ones are parsed in a child process (SECURITY 7).

    Raises `Invalid` where there is no event in it.
    """
    try:
        calendar = Calendar.from_ical(raw)
        event = calendar.walk("VEVENT")[0]
    except (ValueError, IndexError):
        raise Invalid("This calendar part cannot be read.") from None
    start, end, stamp = (event.get(name) for name in ("dtstart", "dtend", "dtstamp"))
    return Reading(
        method=str(calendar.get("method", "")),
        uid=str(event.get("uid", "")),
        sequence=int(event.get("sequence", 0)),
        status=str(event.get("status", "")),
        summary=str(event.get("summary", "")),
        start=start and start.dt,
        end=end and end.dt,
        zone=str(start.params.get("tzid", "UTC")) if start else "",
        location=str(event.get("location", "")),
        description=str(event.get("description", "")),
        url=str(event.get("url", "")),
        organizer=_bare(event.get("organizer", "")),
        attendees=tuple(_bare(one) for one in _several(event.get("attendee"))),
        stamp=stamp and stamp.dt,
    )


def _optional(invitation: Invitation) -> tuple[tuple[str, str], ...]:
    return ("LOCATION", invitation.location), ("DESCRIPTION", described(invitation))


def described(invitation: Invitation) -> str:
    """Return the description, the link of an online session first: most clients ignore CONFERENCE."""
    join = f"Join online: {invitation.conference}" if _URL.fullmatch(invitation.conference) else ""
    return "\n\n".join(part for part in (join, invitation.description) if part)


def _linked(invitation: Invitation) -> Iterator[str]:
    if _URL.fullmatch(invitation.url):
        yield f"URL:{invitation.url}"
    if _URL.fullmatch(invitation.conference):
        yield f'CONFERENCE;VALUE=URI;FEATURE=AUDIO,VIDEO;LABEL="Join online":{invitation.conference}'  # RFC 7986 5.11


def _alarm(invitation: Invitation) -> tuple[str, ...]:
    """Return a reminder (RFC 5545 3.6.6); a cancellation has none (RFC 5546 3.2.5)."""
    said = f"DESCRIPTION:{escaped(invitation.summary)}"
    return "BEGIN:VALARM", "ACTION:DISPLAY", said, f"TRIGGER:-PT{invitation.alarm}M", "END:VALARM"


def times(invitation: Invitation) -> tuple[tuple[str, ...], str, str]:
    """Return the VTIMEZONE and both times; in UTC where local time cannot say them.

    A TZID time in the repeated hour of October means its first pass (RFC 5545 3.3.5), but libical takes it for the
    second: neither pass gets a local name.
    """
    zone = ZoneInfo(invitation.zone)
    start, end = invitation.start.astimezone(zone), invitation.end.astimezone(zone)
    if invitation.zone == "UTC" or _twice(start) or _twice(end):
        return (), f":{utc(start)}", f":{utc(end)}"
    stamp = f";TZID={invitation.zone}:"
    return timezone(invitation.zone, start.year, start.year), f"{stamp}{_local(start)}", f"{stamp}{_local(end)}"


def _twice(at: datetime) -> bool:
    """Say whether this local time comes twice on its day."""
    return at.replace(fold=0).utcoffset() != at.replace(fold=1).utcoffset()


@lru_cache(maxsize=256)
def timezone(zone: str, first: int, last: int) -> tuple[str, ...]:
    """Return the lines of a VTIMEZONE that is true from the year before the first event to the year after the last."""
    component = Timezone.from_tzid(zone, first_date=date(first - 1, 1, 1), last_date=date(last + 2, 1, 1))
    component.pop("comment", None)
    return tuple(component.to_ical().decode().replace("\r\n ", "").splitlines())


def _organizer(organizer: str) -> str:
    return _person(*mailbox(organizer))


def _person(name: str, address: str) -> str:
    """Write the common name, always quoted, and the address (RFC 5545 3.2, RFC 6868 for the quote)."""
    if not _ADDRESS.fullmatch(address):
        raise Invalid("This is not an address that a calendar can carry.", address=address)
    common = people.clean(name, _LONGEST_LINE).replace("^", "^^").replace('"', "^'")
    return f';CN="{common}":mailto:{address}' if common else f":mailto:{address}"


def checked_uid(uid: str) -> str:
    """Return a UID that a content line can hold as it is (RFC 5545 3.8.4.7); raises `Invalid` for another."""
    if not 0 < len(uid.encode()) <= _LONGEST_UID or people.unsafe(uid) or _NOT_IN_A_UID.search(uid):
        raise Invalid("This is not a UID that a calendar can carry.", uid=uid)
    return uid


def escaped(value: str) -> str:
    """Write text as a property has it (RFC 5545 3.3.11)."""
    written = people.clean_lines(value, _LONGEST_TEXT)
    for character, escape in _ESCAPES:
        written = written.replace(character, escape)
    return written


def _folded(line: str) -> str:
    octets = line.encode()
    parts = []
    start, room = 0, MAX_OCTETS
    while len(octets) - start > room:
        stop = start + room
        while octets[stop] & 0xC0 == 0x80:  # noqa: PLR2004 - the bits of an octet that continues a character
            stop -= 1
        parts.append(octets[start:stop])
        start, room = stop, MAX_OCTETS - 1
    parts.append(octets[start:])
    return b"\r\n ".join(parts).decode()


def utc(at: datetime) -> str:
    """Write a moment in UTC (RFC 5545 3.3.5)."""
    return f"{_local(at.astimezone(UTC))}Z"


def _local(at: datetime) -> str:
    return f"{at.year:04}{at.month:02}{at.day:02}T{at.hour:02}{at.minute:02}{at.second:02}"


def _hour(at: datetime) -> str:
    return f"{at.hour % 12 or 12}:{at.minute:02}{'am' if at.hour < 12 else 'pm'}"  # noqa: PLR2004 - noon


def _bare(address: str) -> str:
    return re.sub("^mailto:", "", str(address), flags=re.IGNORECASE)


def _several(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]
