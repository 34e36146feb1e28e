"""How Welsh says days and times, as `calendar` does English. Pure."""

from __future__ import annotations

from datetime import date, datetime
from typing import Final
from zoneinfo import ZoneInfo

_DAYS: Final = ("Llun", "Mawrth", "Mercher", "Iau", "Gwener", "Sadwrn", "Sul")
_MONTHS: Final = (
    *("Ionawr", "Chwefror", "Mawrth", "Ebrill", "Mai", "Mehefin"),
    *("Gorffennaf", "Awst", "Medi", "Hydref", "Tachwedd", "Rhagfyr"),
)
_NOON: Final = 12


def when(start: datetime, end: datetime, zone: str) -> str:
    """Say when a session is: `Dydd Llun 4 Ionawr 2027, 9:30yb tan 12:30yp`."""
    begins, ends = start.astimezone(ZoneInfo(zone)), end.astimezone(ZoneInfo(zone))
    if begins.date() == ends.date():
        return f"{day(begins)}, {_hour(begins)} tan {_hour(ends)}"
    return f"{day(begins)}, {_hour(begins)} tan {day(ends)}, {_hour(ends)}"


def moment(at: datetime, zone: str) -> str:
    """Say when something is: `Dydd Llun 4 Ionawr 2027 am 9:30yb`."""
    local = at.astimezone(ZoneInfo(zone))
    return f"{day(local)} am {_hour(local)}"


def day(on: date) -> str:
    """Say a day: `Dydd Llun 4 Ionawr 2027`."""
    return f"Dydd {_DAYS[on.weekday()]} {on.day} {_MONTHS[on.month - 1]} {on.year}"


def _hour(at: datetime) -> str:
    return f"{at.hour % _NOON or _NOON}:{at:%M}{'yb' if at.hour < _NOON else 'yp'}"
