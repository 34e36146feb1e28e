"""A message as its reader sees it: its texts, its meetings in plain words, and its HTML where it can do nothing.

The HTML is a document of its own in a sandboxed frame: no scripts, no forms, nothing fetched from anywhere; its links
open in a new tab (SECURITY 9).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any, Final

from flask import Response, make_response

from engine import calendar
from engine.calendar import Reading
from engine.errors import Invalid
from engine.letters import Method
from engine.web import dates

SANDBOX: Final = "allow-popups allow-popups-to-escape-sandbox"
_POLICY: Final = (
    f"sandbox {SANDBOX}; default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'none'; "
    "frame-ancestors 'self'"
)
_HEAD: Final = re.compile(r"<head[^>]*>", re.IGNORECASE)
_NEW_TAB: Final = '<base target="_blank">'


@dataclass(frozen=True, slots=True, kw_only=True)
class Meeting:
    """A calendar part in plain words."""

    does: str
    summary: str
    when: str
    location: str
    description: str
    organizer: str
    attendees: tuple[str, ...] = ()
    uid: str = ""
    sequence: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """What is in a message; what cannot be read is empty."""

    subject: str
    sender: str
    to: str
    date: str
    text: str
    html: str
    meetings: tuple[Meeting, ...]


def opened(raw: bytes) -> Opened:
    """Read the bytes of a message of our own making."""
    message = message_from_bytes(raw, _class=EmailMessage, policy=policy.default)
    return Opened(
        subject=str(message["subject"] or ""),
        sender=str(message["from"] or ""),
        to=str(message["to"] or ""),
        date=dates.moment(getattr(message["date"], "datetime", None)),
        text=_content(message.get_body(("plain",))),
        html=_content(message.get_body(("html",))),
        meetings=tuple(_meetings(message)),
    )


def headers(raw: bytes) -> EmailMessage:
    """Read the header block alone."""
    return message_from_bytes(raw.partition(b"\r\n\r\n")[0], _class=EmailMessage, policy=policy.default)


def enclosed(html: str) -> Response:
    """Answer with a message's HTML, to be shown in a frame of ours and nowhere else."""
    head = _HEAD.search(html)
    page = html[: head.end()] + _NEW_TAB + html[head.end() :] if head else _NEW_TAB + html
    response = make_response(page)
    response.headers["Content-Type"] = "text/html; charset=utf-8"
    response.headers["Content-Security-Policy"] = _POLICY
    response.headers["X-Frame-Options"] = "SAMEORIGIN"
    return response


def meeting(reading: Reading) -> Meeting:
    """Put a calendar object in plain words."""
    asked = "Puts a meeting in the calendar" if reading.sequence == 0 else "Changes a meeting in the calendar"
    return Meeting(
        does="Takes a meeting out of the calendar" if reading.method == Method.CANCEL else asked,
        summary=reading.summary,
        when=_when(reading),
        location=reading.location,
        description=reading.description,
        organizer=reading.organizer,
        attendees=reading.attendees,
        uid=reading.uid,
        sequence=reading.sequence,
    )


def _when(reading: Reading) -> str:
    if isinstance(reading.start, datetime) and isinstance(reading.end, datetime):
        return calendar.when(reading.start, reading.end, reading.zone)
    return str(reading.start or "")


def _meetings(message: EmailMessage) -> Iterator[Meeting]:
    for part in message.walk():
        if part.get_content_type() == "text/calendar":
            try:
                yield meeting(calendar.read(_content(part).encode()))
            except Invalid:
                continue  # the text and the raw message still show what came


def _content(part: Any) -> str:
    if part is None:
        return ""
    try:
        return str(part.get_content())
    except (LookupError, UnicodeError):
        return ""
