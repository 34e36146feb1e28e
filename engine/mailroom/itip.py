"""What calendar parts of replies say: what real clients write is taken, and what cannot be read is left out. Pure.

`COUNTER` comes as such, or as a tentative reply with other times (RULES of the house: clients differ).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from icalendar import Calendar

from engine import text
from engine.mailroom import mime
from engine.mailroom.mime import Mail
from engine.mailroom.records import Rsvp

CALENDARS: Final = frozenset({"text/calendar", "application/ics", "text/x-vcalendar"})
_MOST: Final = 20
_MAILTO: Final = re.compile(r"^mailto:", re.IGNORECASE)
_KNOWN: Final = re.compile(r"[A-Z-]{1,20}")
_LONGEST: Final = 200_000
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
    calendar = Calendar.from_ical(raw[:_LONGEST].lstrip(b"\xef\xbb\xbf\r\n\t "))
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
                comment=_comment(event),
            )


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
    value = getattr(event.get(name), "dt", None)
    if not isinstance(value, datetime):
        return (
            "" if not isinstance(value, date) else datetime(value.year, value.month, value.day, tzinfo=UTC).isoformat()
        )
    try:
        return (value if value.tzinfo else value.replace(tzinfo=_ZONE)).astimezone(UTC).isoformat()
    except (ValueError, OverflowError):
        return ""


def _comment(event: Any) -> str:
    return text.clean_lines("\n".join(map(str, _several(event.get("comment"))[:3])), 500)


def _several(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]
