"""How long before a session a calendar reminds of it, as people choose and read it. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

MOST_MINUTES: Final = 20_160
_WORDS: Final = {
    None: "As the course has it",
    0: "None of ours: as their own calendar is set",
    15: "15 minutes before",
    30: "30 minutes before",
    60: "1 hour before",
    120: "2 hours before",
    1440: "1 day before",
    2880: "2 days before",
    10_080: "1 week before",
}


def words(minutes: int | None) -> str:
    """Say a reminder in words."""
    return _WORDS.get(minutes, f"{minutes} minutes before")


def choices(present: int | None) -> list[tuple[str, str]]:
    """Return what a form offers, the present reminder among it."""
    return [("" if each is None else str(each), words(each)) for each in dict.fromkeys(_offered(present))]


def minutes(text: Any) -> int | None:
    """Read a choice; anything else is as the course has it."""
    said = str(text)
    return int(said) if said.isdecimal() and int(said) <= MOST_MINUTES else None


def _offered(present: int | None) -> Iterator[int | None]:
    yield from _WORDS
    yield present
