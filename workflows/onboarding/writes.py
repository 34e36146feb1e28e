"""Writes that steps of onboarding ask for, as data. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from engine.effects import Effect
from workflows.onboarding.records import Line
from workflows.people.records import Assignment, AssignmentStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class AddAssignment(Effect):
    """Give somebody an assignment; an applicant's bears the applicant's id."""

    assignment: Assignment


@dataclass(frozen=True, slots=True, kw_only=True)
class SetAssignment(Effect):
    """Change whether somebody works in a post, and since when."""

    trust: str
    assignment: str
    status: AssignmentStatus
    starts_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteLines(Effect):
    """Write the lines of a transfer as they came."""

    trust: str
    transfer: str
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class KeepDecision(Effect):
    """Write beside each line what was decided of it; the line itself stays as it came."""

    trust: str
    transfer: str
    decided: Mapping[str, Mapping[str, Any]]
