"""What calendar parts of replies say: what real clients write is taken, and what cannot be read is left out. Pure.

`COUNTER` comes as such, or as a tentative reply with other times (RULES of the house: clients differ).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from icalendar import Calendar
from icalendar.error import BrokenCalendarProperty

from engine import text
from engine.mailroom import mime
from engine.mailroom.mime import Mail
from engine.mailroom.records import Rsvp

CALENDARS: Final = frozenset({"text/calendar", "application/ics", "text/x-vcalendar"})
_MOST: Final = 20
_MAILTO: Final = re.compile(r"^mailto:", re.IGNORECASE)
_KNOWN: Final = re.compile(r"[A-Z-]{1,20}")
_LONGEST: Final = 200_000
_FOLD: Final = re.compile(rb"\r?\n[ \t]")
_NAME: Final = re.compile(rb"[;:]")
_TZID: Final = re.compile(rb";TZID=[^:]*(?=:)", re.IGNORECASE)
_KEPT: Final = frozenset({b"VCALENDAR", b"VEVENT"})
_EDGES: Final = frozenset({b"BEGIN", b"END"})
_SAY: Final = frozenset(
    {b"METHOD", b"UID", b"ATTENDEE", b"DTSTAMP", b"DTSTART", b"DTEND", b"SEQUENCE", b"COMMENT", b"VERSION"}
)
_ZONE: Final = ZoneInfo("Europe/London")


def replies(mail: Mail) -> tuple[tuple[Rsvp, ...], list[str]]:
    """Return what the calendar parts say of attendees, each once, and sentences about parts that cannot be read."""
    found: dict[Rsvp, None] = {}
    doubts: list[str] = []
    for part in mime.leaves(mail):
        kind = part.get_content_type()
        if kind in CALENDARS or (part.get_filename() or "").lower().endswith(".ics"):
            try:
                found.update(dict.fromkeys(said(mime.octets(part))))
            except Exception:  # noqa: BLE001 - whatever a stranger's calendar does to the library, the mail is shown
                doubts.append("A calendar part of it cannot be read.")
        elif kind == "application/ms-tnef" or (part.get_filename() or "").lower() == "winmail.dat":
            doubts.append("It has a winmail.dat, which only Outlook can read: its sender must send plain text or HTML.")
    return tuple(found)[:_MOST], doubts


def said(raw: bytes) -> Iterator[Rsvp]:
    """Yield what one calendar object says; raises whatever its reader does."""
    calendar = _read(raw[:_LONGEST].lstrip(b"\xef\xbb\xbf\r\n\t "))
    method = _word(calendar.get("method"))
    for event in calendar.walk("VEVENT")[:_MOST]:
        for attendee in _several(event.get("attendee"))[:_MOST]:
            yield Rsvp(
                method=method,
                uid=text.clean(str(event.get("uid", "")), 255),
                attendee=text.clean(_MAILTO.sub("", str(attendee)), 254).lower(),
                partstat=_word(getattr(attendee, "params", {}).get("partstat")) or "NEEDS-ACTION",
                sequence=_number(event.get("sequence")),
                stamp=_moment(event, "dtstamp"),
                start=_moment(event, "dtstart"),
                end=_moment(event, "dtend"),
                comment=_comment(event, attendee),
            )


def _read(raw: bytes) -> Any:
    """Return the object; where its reader refuses it, what is left of it without the lines that we do not need."""
    try:
        return Calendar.from_ical(raw)
    except (ValueError, KeyError):
        lines = _FOLD.sub(b"", raw).splitlines()
        return Calendar.from_ical(b"\r\n".join(_needed(lines)) + b"\r\n")


def _needed(lines: Sequence[bytes]) -> Iterator[bytes]:
    """Yield the lines of the object and its events that say who answers what; zones and alarms go."""
    within: list[bytes] = []
    for line in lines:
        name = _NAME.split(line, maxsplit=1)[0].upper()
        part = line.partition(b":")[2].strip().upper()
        if name == b"BEGIN":
            within.append(part)
        ours = all(one in _KEPT for one in within)
        if ours and (name in _SAY or (name in _EDGES and part in _KEPT)):
            yield _TZID.sub(b"", line)
        if name == b"END" and within:
            within.pop()


def _word(value: Any) -> str:
    found = str(value or "").strip().upper()
    return found if _KNOWN.fullmatch(found) else ""


def _number(value: Any) -> int | None:
    try:
        return min(max(int(str(value)), 0), 2**31 - 1)
    except ValueError:
        return None


def _moment(event: Any, name: str) -> str:
    """Return a moment in UTC; a zone that nobody knows is read as London, where our classes are."""
    try:
        value = getattr(event.get(name), "dt", None)
    except BrokenCalendarProperty:
        return ""
    if not isinstance(value, datetime):
        return (
            "" if not isinstance(value, date) else datetime(value.year, value.month, value.day, tzinfo=UTC).isoformat()
        )
    try:
        return (value if value.tzinfo else value.replace(tzinfo=_ZONE)).astimezone(UTC).isoformat()
    except (ValueError, OverflowError):
        return ""


def _comment(event: Any, attendee: Any) -> str:
    """Return the attendee's own words: Google says them in a parameter, everybody else as a comment."""
    own = getattr(attendee, "params", {}).get("x-response-comment") or ""
    return text.clean_lines("\n".join(map(str, _several(event.get("comment"))[:3])) or str(own), 500).strip()


def _several(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]
