"""When mail goes out and how fast, as an installation is told. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from engine.errors import SettingError

ALWAYS: Final = "always"
_WORKING: Final = "mon-fri"
_HOURS: Final = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-3]):([0-5]\d)( mon-fri)?")
_AT: Final = re.compile(r"([01]\d|2[0-3]):([0-5]\d)")
_RATE: Final = re.compile(r"(\*|[a-z0-9.-]{1,253})=([1-9]\d{0,5})")
_OTHERS: Final = "*"
_SATURDAY: Final = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Hours:
    """The local hours in which mail goes; on Saturdays and Sundays too unless `working_days`."""

    opens: time
    closes: time
    working_days: bool = False

    def opening(self, now: datetime, zone: ZoneInfo) -> datetime | None:
        """Return when they begin next where `zone` is; None while they last."""
        today = now.astimezone(zone).date()
        for day in (today + timedelta(days=number) for number in range(8)):
            if self.working_days and day.weekday() >= _SATURDAY:
                continue
            begin, end = (datetime.combine(day, at, zone).astimezone(UTC) for at in (self.opens, self.closes))
            if now < end:
                return None if begin <= now else begin
        return None

    def __str__(self) -> str:
        """Write them as they are read."""
        return f"{self.opens:%H:%M}-{self.closes:%H:%M}{f' {_WORKING}' if self.working_days else ''}"

    @property
    def words(self) -> str:
        """Say them in words."""
        days = "on weekdays" if self.working_days else "every day"
        return f"from {self.opens:%H:%M} to {self.closes:%H:%M} {days}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """When mail goes and how fast: `hours` (None: always), most a minute by domain, and when a day's digest goes."""

    hours: Hours | None = None
    rates: Mapping[str, int] = field(default_factory=dict)
    digest_at: time = time(7)

    def most(self, domain: str) -> int | None:
        """Return how many a minute may go to a domain; None for any number."""
        return self.rates.get(domain, self.rates.get(_OTHERS))


def read(environment: Mapping[str, str]) -> Outgoing:
    """Read the settings from environment variables. Raises `SettingError` with one sentence that names the setting."""
    return Outgoing(
        hours=_hours(environment.get("PRECEPTOR_MAIL_HOURS", "")),
        rates=_rates(environment.get("PRECEPTOR_MAIL_RATES", "")),
        digest_at=_at(environment.get("PRECEPTOR_DIGEST_AT", "07:00")),
    )


def hours(value: str) -> Hours | None:
    """Read hours such as `07:00-21:00` or `07:00-21:00 mon-fri`, or `always`. Raises `ValueError`."""
    if value == ALWAYS:
        return None
    found = _HOURS.fullmatch(value)
    if found is None:
        raise ValueError(value)
    opens, closes = time(int(found[1]), int(found[2])), time(int(found[3]), int(found[4]))
    if opens >= closes:
        raise ValueError(value)
    return Hours(opens=opens, closes=closes, working_days=bool(found[5]))


def _hours(value: str) -> Hours | None:
    try:
        return hours(value or ALWAYS)
    except ValueError:
        said = "hours of a day such as “07:00-21:00” or “07:00-21:00 mon-fri”"
        raise SettingError(f"PRECEPTOR_MAIL_HOURS must be {said}, not {value!r}.") from None


def _rates(value: str) -> Mapping[str, int]:
    found = [_RATE.fullmatch(part) for part in value.lower().split()]
    if not all(found):
        said = "messages a minute by domain such as “nhs.net=300 *=600”"
        raise SettingError(f"PRECEPTOR_MAIL_RATES must be {said}, not {value!r}.")
    return {one[1]: int(one[2]) for one in found if one}


def _at(value: str) -> time:
    found = _AT.fullmatch(value)
    if found is None:
        raise SettingError(f"PRECEPTOR_DIGEST_AT must be a time of day such as 07:00, not {value!r}.")
    return time(int(found[1]), int(found[2]))
