"""The value spaces of a data model, and the times of both versions of SCORM as seconds. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Self

LONGEST_TIMESPAN = 9999 * 3600 + 59 * 60 + 59.99
"""Seconds; the most that `HHHH:MM:SS.SS` can say (RTE 1.2 3.4, CMITimespan)."""

_DURATION = re.compile(
    r"P(?:([0-9]+)Y)?(?:([0-9]+)M)?(?:([0-9]+)D)?(?:T(?:([0-9]+)H)?(?:([0-9]+)M)?(?:([0-9]+(?:\.[0-9]+)?)S)?)?",
    re.ASCII,
)
_UNITS = (365 * 86_400, 30 * 86_400, 86_400, 3600, 60, 1)
"""Seconds of a year, month, day, hour, minute and second; ISO 8601 leaves the first two open, ADL counts them so."""

_TIMESPAN = re.compile(r"([0-9]{2,4}):([0-9]{2}):([0-9]{2}(?:\.[0-9]{1,2})?)", re.ASCII)


_SHORT: Final = 40
_MOST_FOUND: Final = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Space:
    """A value space, as `types` in the table states it (model/README.md); `only` and `unlike` are for its array.

    `found` are short values that were found to be legal: learners say the same of the same course.
    """

    values: frozenset[str] = frozenset()
    pattern: re.Pattern[str] | None = None
    longest: int | None = None
    least: float | None = None
    most: float | None = None
    apart: str | None = None
    rising: str | None = None
    only: bool = False
    unlike: bool = False
    found: set[str] = field(default_factory=set, compare=False, repr=False)

    @classmethod
    def stated(cls, rules: Mapping[str, Any]) -> Self:
        """Read one entry of the table's `types`."""
        least, most = rules.get("range", (None, None))
        pattern = rules.get("pattern")
        return cls(
            values=frozenset(rules.get("values", ())),
            pattern=re.compile(pattern, re.ASCII) if pattern is not None else None,
            longest=rules.get("max"),
            least=least,
            most=most,
            apart=rules.get("apart"),
            rising=rules.get("rising"),
            only=rules.get("only", False),
            unlike=rules.get("unlike", False),
        )

    def holds(self, value: str) -> bool:
        """Is this value legal here?"""
        return not self.fault(value)

    def fault(self, value: str) -> str:
        """Say `type` for a value that is not of the type whatever its size as a number, `range` for one outside it."""
        if value in self.values or value in self.found:
            return ""
        fault = self._judged(value)
        if not fault and len(value) <= _SHORT:
            if len(self.found) >= _MOST_FOUND:
                self.found.clear()
            self.found.add(value)
        return fault

    def _judged(self, value: str) -> str:
        typed = not self.values if self.pattern is None else self.pattern.fullmatch(value) is not None
        if not typed or not (self.longest is None or self._fits(value, self.longest)) or self._disordered(value):
            return "type"
        ranged = self.least is not None or self.most is not None
        return "range" if ranged and value and self._outside(value) else ""

    def _disordered(self, value: str) -> bool:
        return (self.apart is not None and not self._distinct(value)) or (
            self.rising is not None and not self._rises(value)
        )

    def _outside(self, value: str) -> bool:
        number = float(value)
        return (self.least is not None and number < self.least) or (self.most is not None and number > self.most)

    def same(self, first: str, second: str) -> bool:
        """Do two values say the same? In a set the order says nothing."""
        if self.apart is None:
            return first == second
        return sorted(first.split(self.apart)) == sorted(second.split(self.apart))

    def _fits(self, value: str, longest: int) -> bool:
        # A character is one unit or two, so that most need not be counted.
        return len(value) * 2 <= longest or units(value) <= longest

    def _distinct(self, value: str) -> bool:
        parts = value.split(self.apart)
        return len(set(parts)) == len(parts)

    def _rises(self, value: str) -> bool:
        ends = value.split(self.rising)
        return "" in ends or ends == sorted(ends, key=float)


def units(text: str) -> int:
    """Count UTF-16 code units, which is what a browser calls the length of a string."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def joined(first: str, second: str) -> str:
    """Put two strings together as a browser does: halves of one character that meet become that character."""
    return (first + second).encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")


def number(text: str) -> float | None:
    """Read a decimal that the model let pass; None for an empty one."""
    return float(text) if text else None


def seconds(timespan: str) -> float:
    """Read a CMITimespan `HHHH:MM:SS.SS` as seconds; anything else is no time at all."""
    match = _TIMESPAN.fullmatch(timespan)
    if match is None:
        return 0.0
    hours, minutes, rest = match.groups()
    return int(hours) * 3600 + int(minutes) * 60 + float(rest)


def timespan(total: float) -> str:
    """Write seconds as a CMITimespan `HHHH:MM:SS.SS`, at most 9999:59:59.99."""
    hundredths = round(min(max(total, 0.0), LONGEST_TIMESPAN) * 100)
    whole, fraction = divmod(hundredths, 100)
    minutes, rest = divmod(whole, 60)
    return f"{minutes // 60:04}:{minutes % 60:02}:{rest:02}.{fraction:02}"


def elapsed(text: str) -> float:
    """Read an ISO 8601 duration such as `PT1H30M` as seconds (RTE 2004 4.1.1); anything else is no time at all."""
    match = _DURATION.fullmatch(text)
    parts = match.groups() if match else ()
    return sum(float(part) * unit for part, unit in zip(parts, _UNITS, strict=False) if part)


def duration(total: float) -> str:
    """Write seconds as an ISO 8601 duration `PT1H2M3.5S`, in hundredths; its hours have no end."""
    whole, fraction = divmod(round(max(total, 0.0) * 100), 100)
    minutes, rest = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    end = f"{rest}.{fraction:02}".rstrip("0") if fraction else str(rest)
    return f"PT{hours}H{minutes}M{end}S"
