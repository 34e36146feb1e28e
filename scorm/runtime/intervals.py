"""Time intervals of SCORM 2004 (`P1DT2H3.5S`) as seconds and back (RTE 4.1.1.7, timeinterval(second,10,2)). Pure."""

from __future__ import annotations

import re

_INTERVAL = re.compile(
    r"P(?:(\d{1,12})Y)?(?:(\d{1,12})M)?(?:(\d{1,12})D)?"
    r"(?:T(?:(\d{1,12})H)?(?:(\d{1,12})M)?(?:(\d{1,12}(?:\.\d{1,2})?)S)?)?",
    re.ASCII,
)
# A year or a month has no fixed length; these are those by which content and other run-times reckon.
_UNITS = (365 * 86_400, 30 * 86_400, 86_400, 3_600, 60, 1)


def seconds(interval: str) -> float:
    """Read an interval as seconds; anything else is no time at all."""
    match = _INTERVAL.fullmatch(interval)
    if match is None:
        return 0.0
    return sum(float(part or 0) * unit for part, unit in zip(match.groups(), _UNITS, strict=True))


def interval(total: float) -> str:
    """Write seconds as hours, minutes and seconds, to a hundredth."""
    hundredths = round(max(total, 0.0) * 100)
    whole, fraction = divmod(hundredths, 100)
    minutes, rest = divmod(whole, 60)
    shown = f"{rest}.{fraction:02}" if fraction else str(rest)
    return f"PT{minutes // 60}H{minutes % 60}M{shown}S"
