"""Writes that a step asks for, as data; the engine's own. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from engine.letters import Subject


class Effect:
    """A write that a step asks for; `Transaction.fire` has it done by the handler of its type."""

    __slots__ = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Fire(Effect):
    """Fire a trigger of another subject as the system, or as whoever acts (`as_actor`), with their permissions."""

    subject: Subject
    trigger: str
    facts: Mapping[str, Any] = field(default_factory=dict)
    as_actor: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Start(Effect):
    """Start a new subject of a workflow."""

    kind: str
    trust: str
    trigger: str
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule(Effect):
    """Fire a trigger at a moment; a later one with the same key takes its place."""

    key: str
    subject: Subject
    trigger: str
    at: datetime
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Unschedule(Effect):
    """Forget what was scheduled under a key."""

    trust: str
    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask(Effect):
    """Open the question of a state that a subject has entered, by the move of this revision."""

    subject: Subject
    revision: int
    state: StrEnum


@dataclass(frozen=True, slots=True, kw_only=True)
class Close(Effect):
    """Cancel what is still asked about a subject that has moved on."""

    subject: Subject
