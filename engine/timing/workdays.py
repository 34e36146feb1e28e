"""Working days, with the bank holidays of the three divisions, and moments in local time. Pure.

The holidays are GOV.UK's, as the library `govuk-bank-holidays` carries them; substitute days are among them, and the
days that they stand for are weekends. Beyond the last year that was announced only weekends are known.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from functools import cache
from importlib import resources
from typing import Final
from zoneinfo import ZoneInfo

from engine.errors import Invalid

LONDON: Final = ZoneInfo("Europe/London")
MOST_DAYS: Final = 1000
_SATURDAY: Final = 5


class Division(StrEnum):
    """A part of the kingdom with bank holidays of its own; stored in `working_calendars.division`."""

    ENGLAND_AND_WALES = "england-and-wales"
    SCOTLAND = "scotland"
    NORTHERN_IRELAND = "northern-ireland"


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendar:
    """Which days are worked: not weekends, not holidays by name, but the days that are `opened` whatever they are."""

    holidays: dict[date, str]
    opened: frozenset[date] = frozenset()

    def works(self, day: date) -> bool:
        """Say whether a day is worked."""
        return day in self.opened or (day.weekday() < _SATURDAY and day not in self.holidays)

    def changed(self, closed: dict[date, str], opened: Iterable[date]) -> Calendar:
        """Return the calendar with days of one's own; what is said of a day last stands."""
        again = frozenset(opened)
        kept = {day: title for day, title in {**self.holidays, **closed}.items() if day not in again}
        return replace(self, holidays=kept, opened=(self.opened | again) - closed.keys())

    @property
    def known_until(self) -> date | None:
        """Return the last holiday that is known."""
        return max(self.holidays, default=None)


@cache
def national(division: Division) -> Calendar:
    """Return the bank holidays of a division."""
    # The data file alone is read: the library's module would import an HTTP client, which nothing here needs.
    text = resources.files("govuk_bank_holidays").joinpath("bank-holidays.json").read_text(encoding="utf-8")
    events = json.loads(text)[str(division)]["events"]
    return Calendar(holidays={date.fromisoformat(event["date"]): event["title"] for event in events})


def add_working_days(calendar: Calendar, day: date, days: int) -> date:
    """Return the day that lies so many working days after another (before it, where negative).

    The day itself does not count; no days after one that is not worked is the next that is. Raises `Invalid` where
    more than 1,000 are asked for, or no day is worked within ten years.
    """
    if abs(days) > MOST_DAYS:
        raise Invalid(f"At most {MOST_DAYS} working days can be counted.")
    step, left, found = timedelta(days=-1 if days < 0 else 1), abs(days), day
    for _ in range(10 * 366):
        if left == 0 and calendar.works(found):
            return found
        found += step
        if calendar.works(found):
            left = max(left - 1, 0)
    raise Invalid("This calendar has too few working days.")


def due(calendar: Calendar, now: datetime, days: int, zone: ZoneInfo = LONDON) -> datetime:
    """Return the end of the last of so many working days from now: the midnight after it, there, in UTC."""
    last = add_working_days(calendar, now.astimezone(zone).date(), days)
    return at_local(last + timedelta(days=1), time.min, zone)


def at_local(day: date, at: time, zone: ZoneInfo = LONDON) -> datetime:
    """Return a local time of a day in UTC, summer and winter.

    A time that the clocks skip falls an hour later; of a time that comes twice it is the first.
    """
    return datetime.combine(day, at.replace(fold=0), zone).astimezone(UTC)


def later(now: datetime, days: int, zone: ZoneInfo = LONDON) -> datetime:
    """Return the same local time so many calendar days later, also where the clocks change between."""
    here = now.astimezone(zone)
    return at_local(here.date() + timedelta(days=days), here.timetz().replace(tzinfo=None), zone)
