"""What an installation is told about calendars and reminders of classes. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from engine.errors import SettingError

_MOST_DAYS: Final = 90
_MOST_MINUTES: Final = 20_160


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendars:
    """When people are reminded of classes: `reminders` are days before one starts, at which a letter goes.

    `alarm_minutes` before a session calendars remind, where neither class nor course says so; 0: as their owner set it.
    """

    reminders: tuple[int, ...] = (7, 1)
    alarm_minutes: int = 0


def read(environment: Mapping[str, str]) -> Calendars:
    """Read the settings from environment variables. Raises `SettingError` with one sentence that names the setting."""
    return Calendars(
        reminders=_reminders(environment.get("PRECEPTOR_CLASS_REMINDERS", "7 1")),
        alarm_minutes=_minutes(environment.get("PRECEPTOR_CALENDAR_ALARM", "0")),
    )


def _reminders(value: str) -> tuple[int, ...]:
    days = value.split()
    if not all(day.isdecimal() and 0 < int(day) <= _MOST_DAYS for day in days):
        raise SettingError(f"PRECEPTOR_CLASS_REMINDERS must be days before a class such as “7 1”, not {value!r}.")
    return tuple(sorted(set(map(int, days)), reverse=True))


def _minutes(value: str) -> int:
    if not (value.isdecimal() and int(value) <= _MOST_MINUTES):
        raise SettingError(f"PRECEPTOR_CALENDAR_ALARM must be minutes, 0 to {_MOST_MINUTES}, not {value!r}.")
    return int(value)
