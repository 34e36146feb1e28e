"""Whether a mail was sent by a machine, and until when somebody says that they are away. Pure."""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from engine.mailroom import mime
from engine.mailroom.mime import Mail

_ZONE: Final = ZoneInfo("Europe/London")
_PRECEDENCES: Final = frozenset({"bulk", "junk", "list", "auto_reply", "auto-reply"})
_MARKS: Final = (
    "X-Auto-Response-Suppress",
    "X-Autoreply",
    "X-Autorespond",
    "X-Autoresponder",
    "X-AutoReply-From",
    "X-Mail-Autoreply",
    "Feedback-ID",
)
_MACHINES: Final = re.compile(r"(mailer-daemon|postmaster|no-?reply|do-?not-?reply|bounces?)[+@.-]", re.IGNORECASE)
_AWAY: Final = re.compile(
    r"\s*(automatic reply|auto(matic)?[ -]?(reply|response|answer)|out of (the )?office|auto:|autoreply|"
    r"i am away|away from|on (annual )?leave|annual leave)",
    re.IGNORECASE,
)
_MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH: Final = rf"(?P<month>{'|'.join(_MONTHS)})[a-z]*\.?"
_DAY: Final = r"(?P<day>\d{1,2})(?:st|nd|rd|th)?"
_DATES: Final = (
    re.compile(r"(?P<year>\d{4})-(?P<month>\d{2})-(?P<day>\d{2})"),
    re.compile(r"(?P<day>\d{1,2})[/.](?P<month>\d{1,2})[/.](?P<year>\d{4})"),
    re.compile(rf"{_DAY}\s+(?:of\s+)?{_MONTH}(?:,?\s+(?P<year>\d{{4}}))?", re.IGNORECASE),
    re.compile(rf"{_MONTH}\s+{_DAY}(?:,?\s+(?P<year>\d{{4}}))?", re.IGNORECASE),
)
_CUES: Final = re.compile(
    r"\b(?P<through>until and including|through|until|till|to)\b|\b(?P<back>back|return(?:ing)?)\b",
    re.IGNORECASE,
)
_NEAR: Final = 45
_LONGEST: Final = timedelta(days=366)


def why(mail: Mail, address: str) -> str:
    """Say by which sign a mail is a machine's (RFC 3834 2, RFC 2919, and what programs do); "" for a person's."""
    submitted = mime.header(mail, "Auto-Submitted").lower()
    if submitted and not re.match(r"no\b", submitted):
        return f"Auto-Submitted is “{submitted[:60]}”"
    if mime.header(mail, "Precedence").lower() in _PRECEDENCES:
        return f"Precedence is “{mime.header(mail, 'Precedence')[:60]}”"
    known = next((name for name in _MARKS if name in mail), "")
    listed = next((name for name in mail.keys() if name.lower().startswith("list-")), "")  # noqa: SIM118
    if known or listed:
        return f"it has the header {known or listed[:60]}"
    if mail.get_content_type() == "multipart/report":
        return "it is a report"
    if mime.header(mail, "Return-Path") == "<>":
        return "its Return-Path is empty"
    return "its sender is a machine" if _MACHINES.match(address) else ""


def away(mail: Mail) -> bool:
    """Say whether an automatic mail looks like an out-of-office reply."""
    if mail.get_content_type() == "multipart/report":
        return False
    replied = mime.header(mail, "Auto-Submitted").lower().startswith("auto-replied")
    marked = any(name in mail for name in ("X-Autoreply", "X-Autorespond", "X-Autoresponder", "X-AutoReply-From"))
    return replied or marked or bool(_AWAY.match(mime.header(mail, "Subject")))


def until(said: str, now: datetime) -> datetime | None:
    """Return when somebody is back by their own words, or None where they do not say a day within a year.

    “Until” counts the day that it names, “back” does not; a day without a year is the next one.
    """
    today = now.astimezone(_ZONE).date()
    found = (_end(said, cue, today) for cue in _CUES.finditer(said[:4000]))
    ends = next((one for one in found if one), None)
    return datetime.combine(ends, time(), _ZONE) if ends else None


def _end(whole: str, cue: re.Match[str], today: date) -> date | None:
    near = whole[cue.end() : cue.end() + _NEAR]
    dates = [hit for pattern in _DATES if (hit := pattern.search(near))]
    said = min(dates, key=lambda hit: hit.start(), default=None)
    day = said and _day(said["year"], said["month"], said["day"], today)
    if day is None:
        return None
    ends = day + timedelta(days=1) if cue["through"] else day
    return ends if today < ends <= today + _LONGEST else None


def _day(year: str | None, month: str, day: str, today: date) -> date | None:
    number = int(month) if month.isdecimal() else _MONTHS.index(month[:3].lower()) + 1
    try:
        if year:
            return date(int(year), number, int(day))
        this = date(today.year, number, int(day))
        return this if this >= today else date(today.year + 1, number, int(day))
    except ValueError:
        return None
