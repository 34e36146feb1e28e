"""Dates and times as pages write them. Pure."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

ZONE = "Europe/London"


def day(value: date | datetime | None, zone: str = ZONE) -> str:
    """Write a date as `4 January 2027`; a moment counts as the day that it falls on in the zone."""
    if value is None:
        return ""
    local = value.astimezone(ZoneInfo(zone)) if isinstance(value, datetime) else value
    return f"{local.day} {local:%B %Y}"


def moment(value: datetime | None, zone: str = ZONE) -> str:
    """Write an aware datetime as `4 January 2027 at 9:30am`, in the zone."""
    if value is None:
        return ""
    return f"{day(value, zone)} at {hour(value, zone)}"


def hour(value: datetime, zone: str = ZONE) -> str:
    """Write an aware datetime's time of day as `9:30am`, in the zone; a full hour is `9am`."""
    local = value.astimezone(ZoneInfo(zone))
    minutes = f":{local:%M}" if local.minute else ""
    return f"{local.hour % 12 or 12}{minutes}{'am' if local.hour < 12 else 'pm'}"  # noqa: PLR2004 - noon
