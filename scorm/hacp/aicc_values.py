"""How AICC writes a status, a score and a time, and how the SCORM data model does. Pure.

SCORM 1.2 took its elements from CMI001, which is more lenient: of a word only the first letter counts (6.4.2).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from scorm.runtime.values import seconds

_STATUSES: Final = ("passed", "completed", "failed", "incomplete", "browsed", "not attempted")
_EXITS: Final[Mapping[str, str]] = {"t": "time-out", "s": "suspend", "l": "logout"}
_RESULTS: Final[Mapping[str, str]] = {"c": "correct", "w": "wrong", "u": "unanticipated", "n": "neutral"}
_KINDS: Final = (
    "true-false",
    "choice",
    "fill-in",
    "matching",
    "performance",
    "sequencing",
    "likert",
    "numeric",
)
_TIME: Final = re.compile(r"(?:([0-9]{1,4}):)?([0-9]{1,2}):([0-9]{1,2})(?:\.([0-9]*))?", re.ASCII)
_NUMBER: Final = re.compile(r"[+-]?(?:[0-9]{1,9}(?:\.[0-9]{0,20})?|\.[0-9]{1,20})", re.ASCII)
_WHOLE: Final = 100.0


def status(said: str) -> str:
    """Read a status by its first letter; anything else stays as it is."""
    return _by_letter(said, _STATUSES)


def ending(said: str) -> str:
    """Read the flag of a session's end: `time-out`, `suspend`, `logout`, or "" for a normal one."""
    return _EXITS.get(said[:1].lower(), "")


def kind(said: str) -> str:
    """Read the type of an interaction by its first letter."""
    return _by_letter(said, _KINDS)


def result(said: str) -> str:
    """Read what came of an interaction: a word by its first letter, or a number."""
    return said if _NUMBER.fullmatch(said) else _RESULTS.get(said[:1].lower(), said)


def score(said: str) -> tuple[str, str, str]:
    """Read `raw,max,min` (any behind may be missing); a scale that goes beyond 100 is brought to 0 to 100.

    A mastery score is on the same scale as the raw one, so that a scale within 0 to 100 is left as it is.
    """
    raw, most, least = [part.strip() for part in [*said.split(","), "", ""][:3]]
    if not all(_NUMBER.fullmatch(part) for part in (raw, most)):
        return raw, most, least
    low = float(least) if _NUMBER.fullmatch(least) else 0.0
    if (float(most) <= _WHOLE and low >= 0) or float(most) <= low:
        return raw, most, least
    scaled = (float(raw) - low) / (float(most) - low) * _WHOLE
    return f"{min(max(scaled, 0.0), _WHOLE):.7g}", "100", "0"


def timespan(said: str) -> str:
    """Read `H:MM:SS.SS` or `MM:SS` as a CMITimespan; anything else stays as it is."""
    match = _TIME.fullmatch(said)
    if match is None:
        return said
    hours, minutes, rest, fraction = match.groups()
    return f"{int(hours or 0):04}:{int(minutes):02}:{int(rest):02}" + (f".{fraction[:2]}" if fraction else "")


def clock_time(said: str) -> str:
    """Read a time of day as a CMITime."""
    match = _TIME.fullmatch(said)
    return said if match is None else ":".join(f"{int(part or 0):02}" for part in match.groups()[:3])


def hours(said: str) -> str:
    """Write a CMITimespan as `HH:MM:SS`."""
    minutes, rest = divmod(int(seconds(said)), 60)
    return f"{minutes // 60:02}:{minutes % 60:02}:{rest:02}"


def _by_letter(said: str, words: tuple[str, ...]) -> str:
    return next((word for word in words if said and word[0] == said[0].lower()), said)
