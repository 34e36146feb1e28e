"""Writes that a step asks for, as data; the engine's own. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from engine.letters import Letter, Subject


class Effect:
    """A write that a step asks for; `Transaction.fire` has it done by the handler of its type."""

    __slots__ = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Fire(Effect):
    """Fire a trigger of another subject as the system, or as whoever acts (`as_actor`), with their permissions.

    `lent` are the (responsibility, organisation) pairs that whoever acts has for this one move.
    """

    subject: Subject
    trigger: str
    facts: Mapping[str, Any] = field(default_factory=dict)
    as_actor: bool = False
    lent: frozenset[tuple[str, str]] = frozenset()


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
    """Open the question of a state that a subject has entered, by the move of this revision.

    `place` is the one organisation where the role is looked for (without it, from the subject's own upward), `fields`
    what the approval has otherwise than the question declares, `again` the approval that is asked once more.
    """

    subject: Subject
    revision: int
    state: StrEnum
    place: str | None = None
    fields: Mapping[str, Any] = field(default_factory=dict)
    again: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Close(Effect):
    """Cancel what is still asked about a subject that has moved on."""

    subject: Subject


@dataclass(frozen=True, slots=True, kw_only=True)
class Tell(Effect):
    """Write the same letter to those of these accounts that are active; its own recipient is nobody yet.

    With `role`, a role and its organisation, only to those who hold it now.
    """

    accounts: tuple[str, ...]
    letter: Letter
    role: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Pass(Effect):
    """Make an account the `owner` or `delegate` of an approval, or the one who is `asked_of`: the name of a column.

    `barred` is the person that it must not be.
    """

    approval: Subject
    to: str
    part: str
    barred: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark(Effect):
    """Keep what somebody said about an approval with a move of it: `attachments` are plain facts of stored files."""

    approval: Subject
    revision: int
    text: str
    attachments: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AskNext(Effect):
    """Ask the next level what nobody answered."""

    approval: Subject


@dataclass(frozen=True, slots=True, kw_only=True)
class AskAgain(Effect):
    """Ask once more what nobody could be asked."""

    approval: Subject
