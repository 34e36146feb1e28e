"""Dates and times as pages write them. Pure."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

ZONE = "Europe/London"


def day(value: date | datetime | None, zone: str = ZONE) -> str:
    """Write a date as `4 January 2027`; a moment counts as the day that it falls on in the zone."""
    if value is None:
        return ""
    local = value.astimezone(ZoneInfo(zone)) if isinstance(value, datetime) else value
    return f"{local.day} {local:%B %Y}"


def iso_day(value: str | None) -> str:
    """Write a date that was kept as `2027-01-04` as `4 January 2027`; nothing is ""."""
    return day(date.fromisoformat(value)) if value else ""


def moment(value: datetime | None, zone: str = ZONE) -> str:
    """Write an aware datetime as `4 January 2027 at 9:30am`, in the zone."""
    if value is None:
        return ""
    return f"{day(value, zone)} at {hour(value, zone)}"


def due(value: datetime | None, zone: str = ZONE) -> str:
    """Write until when something can be done, as `moment`; midnight is `the end of 3 January 2027`, the day before."""
    if value is None:
        return ""
    local = value.astimezone(ZoneInfo(zone))
    if (local.hour, local.minute) == (0, 0):
        return f"the end of {day(local.date() - timedelta(days=1))}"
    return moment(value, zone)


def hour(value: datetime, zone: str = ZONE) -> str:
    """Write an aware datetime's time of day as `9:30am`, in the zone; a full hour is `9am`."""
    local = value.astimezone(ZoneInfo(zone))
    minutes = f":{local:%M}" if local.minute else ""
    return f"{local.hour % 12 or 12}{minutes}{'am' if local.hour < 12 else 'pm'}"  # noqa: PLR2004 - noon
