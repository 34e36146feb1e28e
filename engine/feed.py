"""A calendar to subscribe to: the meetings of one person and the days by which something is due. Pure.

It has no METHOD, for nobody is asked anything by it, and neither ORGANIZER nor ATTENDEE; the UID of a meeting is that
of its invitation, so that a program which knows both shows one (RFC 5545 3.7.2, RFC 7986 5).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from engine import calendar
from engine.letters import Invitation

_REFRESH: Final = "PT4H"


@dataclass(frozen=True, slots=True, kw_only=True)
class Meeting:
    """A session with the SEQUENCE that was last said of it, and when it last changed."""

    invitation: Invitation
    sequence: int
    changed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """A day by which something is due; it blocks nobody's time."""

    uid: str
    on: date
    summary: str
    description: str
    url: str
    changed_at: datetime


def text(name: str, meetings: Sequence[Meeting], dues: Sequence[Due]) -> bytes:
    """Return the calendar, folded, with CRLF; it is the same bytes as long as nothing in it changes."""
    head = ["BEGIN:VCALENDAR", f"PRODID:{calendar.PRODUCT}", "VERSION:2.0", "CALSCALE:GREGORIAN"]
    called = calendar.escaped(name)
    named = [f"NAME:{called}", f"X-WR-CALNAME:{called}", f"REFRESH-INTERVAL;VALUE=DURATION:{_REFRESH}"]
    shown = [line for one in meetings for line in _meeting(one)]
    days = [line for one in dues for line in _due(one)]
    return calendar.fold([*head, *named, *_zones(meetings), *shown, *days, "END:VCALENDAR"])


def _zones(meetings: Sequence[Meeting]) -> Iterator[str]:
    """Yield each zone that a time is written in once, true for all years of its meetings."""
    years: dict[str, list[int]] = {}
    for one in meetings:
        if calendar.times(one.invitation)[0]:
            zone = one.invitation.zone
            years.setdefault(zone, []).append(one.invitation.start.astimezone(ZoneInfo(zone)).year)
    for zone, found in sorted(years.items()):
        yield from calendar.timezone(zone, min(found), max(found))


def _meeting(one: Meeting) -> Iterator[str]:
    _zone, starts, ends = calendar.times(one.invitation)
    yield from (
        "BEGIN:VEVENT",
        f"UID:{calendar.checked_uid(one.invitation.uid)}",
        *_stamps(one.changed_at),
        f"DTSTART{starts}",
        f"DTEND{ends}",
        f"SEQUENCE:{one.sequence}",
        f"SUMMARY:{calendar.escaped(one.invitation.summary)}",
        "STATUS:CONFIRMED",
        "TRANSP:OPAQUE",
        *calendar.about(one.invitation),
        "END:VEVENT",
    )


def _due(one: Due) -> Iterator[str]:
    yield from (
        "BEGIN:VEVENT",
        f"UID:{calendar.checked_uid(one.uid)}",
        *_stamps(one.changed_at),
        f"DTSTART;VALUE=DATE:{one.on:%Y%m%d}",
        f"DTEND;VALUE=DATE:{one.on + timedelta(days=1):%Y%m%d}",
        f"SUMMARY:{calendar.escaped(one.summary)}",
        "TRANSP:TRANSPARENT",
        f"DESCRIPTION:{calendar.escaped(one.description)}",
        f"URL:{one.url}",
        "END:VEVENT",
    )


def _stamps(changed_at: datetime) -> tuple[str, str]:
    """Return when it last changed, twice: without a METHOD both say the same (RFC 5545 3.8.7.2)."""
    return f"DTSTAMP:{calendar.utc(changed_at)}", f"LAST-MODIFIED:{calendar.utc(changed_at)}"
