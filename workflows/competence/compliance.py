"""What colour a competence has for somebody today: derived from dates, never stored (A7, decision 1). Pure."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Final

from dateutil.relativedelta import relativedelta

AMBER_MONTHS: Final = 3


class Colour(StrEnum):
    """Compliance as pages show it; it is stored nowhere."""

    RED = "RED"
    AMBER = "AMBER"
    GREEN = "GREEN"
    BLUE = "BLUE"


def colour(*, required: bool, held: bool, ends_on: date | None, today: date) -> Colour | None:
    """Return the colour of one competence of one person; None where it is neither required nor held.

    An award is valid through its last day: red when that is before today, amber when it is at most three calendar
    months away. Blue is held and not required, whatever its dates (S1).
    """
    if not required:
        return Colour.BLUE if held else None
    if not held:
        return Colour.RED
    if ends_on is None:
        return Colour.GREEN
    if ends_on < today:
        return Colour.RED
    return Colour.AMBER if ends_on <= today + relativedelta(months=AMBER_MONTHS) else Colour.GREEN


def expiry(completed_on: date, validity_months: int | None) -> date | None:
    """Return the last day on which an award is valid; 31 January and a month is the last of February."""
    if validity_months is None:
        return None
    last: date = completed_on + relativedelta(months=validity_months)
    return last
