"""Writes that steps ask for on people's profiles, as data. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from engine.effects import Effect
from workflows.competence.award import Trigger


@dataclass(frozen=True, slots=True, kw_only=True)
class PutOnProfile(Effect):
    """Put a competence on somebody's profile; what it ends is superseded in the same commit."""

    trust: str
    person: str
    competence: str
    trigger: Trigger
    starts_on: date
    ends_on: date | None
    source: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeBack(Effect):
    """End-date what one enrolment awarded, and nothing else (catalogue A1-T18)."""

    trust: str
    person: str
    enrolment: str
