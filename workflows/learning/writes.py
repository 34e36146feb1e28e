"""Writes that steps of learning ask for, as data. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from engine.effects import Effect
from workflows.learning.records import EnrolmentState, Session


@dataclass(frozen=True, slots=True, kw_only=True)
class Settle(Effect):
    """Give free places to the waitlist, then call the class full or not: the last-place guarantee (A1-T09)."""

    trust: str
    course_class: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CloseRanks(Effect):
    """Move everybody behind a position of the waitlist up by one, so that positions stay 1 to n."""

    trust: str
    course_class: str
    position: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MoveEnrolments(Effect):
    """Fire one trigger on the enrolments of a class that are in certain states.

    `in_turn` fires one by one, where each is decided on what the one before it left.
    """

    trust: str
    course_class: str
    trigger: StrEnum
    states: tuple[EnrolmentState, ...]
    facts: Mapping[str, Any] = field(default_factory=dict)
    in_turn: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteSessions(Effect):
    """Write the sessions of a class as they are from now on."""

    trust: str
    course_class: str
    sessions: tuple[Session, ...]
