"""Competences, what requires them and who holds them, as plain records. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any, Final

from engine.errors import Invalid
from engine.letters import Recipient

ON_THE_FORM: Final = ("NHS|MAND", "NHS|CSTF", "NHS|CCF", "NHS|EDU")
"""The frameworks that the stat & mand form carries (S2 5.3.1)."""


_SEPARATORS: Final = re.compile(r"[|() ]+")


class AwardState(StrEnum):
    """Whether an award counts; stored in `awards.state`.

    EXPIRING and EXPIRED of the catalogue are not here: they follow from the dates (decision 1). PENDING_APPROVAL and
    REJECTED come with direct addition.
    """

    HELD = "HELD"
    SUPERSEDED = "SUPERSEDED"
    END_DATED = "END_DATED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Competence:
    """One thing to be known, by its full name (`NHS|CSTF|Fire Safety - 1 Year|`); months None is for ever."""

    trust: str
    id: str
    name: str
    framework: str
    validity_months: int | None
    national: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Requirement:
    """A competence that everybody with an assignment in this organisation or below it must hold."""

    trust: str
    competence: str
    organisation: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Award:
    """A competence on somebody's profile, valid from `starts_on` through `ends_on` (None is for ever).

    `source` names what made it: plain JSON with a `kind`, and what that kind knows.
    """

    trust: str
    id: str
    state: AwardState | None
    revision: int
    head: str
    organisation: str
    organisations: tuple[str, ...]
    person: str
    holder: Recipient
    competence: Competence
    starts_on: date
    ends_on: date | None
    source: Mapping[str, Any]
    current: bool
    """Whether it counts from now on; an award that ends before the one held is kept as history only."""
    origin: str


def framework_of(name: str) -> str:
    """Return the framework in a competence's name: its first two parts, however they are bracketed.

    `NHS|CSTF|Fire Safety|`, `NHS(CSTF)Fire Safety` and `NHS CSTF Fire Safety` are one name in three renderings (S1).
    """
    return "|".join(_SEPARATORS.split(name)[:2])


def day(text: str) -> date:
    """Read an ISO date; raises `Invalid`."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Invalid("A date is written as year-month-day, as in 2026-11-22.", value=text) from None
