"""What is kept of a person is given to somebody, or erased: each time one record says who asked, and why. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from engine.effects import Effect
from engine.machine import SELF, Case, Step, Workflow, guard, reason_given
from workflows.people.responsibilities import SYSTEM_ADMINISTRATOR

KIND: Final = "record-request"


class State(StrEnum):
    """What became of a request; stored in `record_requests.state`."""

    GIVEN = "GIVEN"
    ERASED = "ERASED"


class Trigger(StrEnum):
    """What is asked for; the journal keeps it."""

    GIVE = "GIVE"
    ERASE = "ERASE"


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordRequest:
    """A request for all that is kept of one person; `needed` where they work here or have applied."""

    trust: str
    id: str
    organisation: str
    organisations: tuple[str, ...]
    person: str
    needed: bool
    form: str | None = None
    state: State | None = None
    revision: int = 0
    head: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Erase(Effect):
    """Erase what names a person, everywhere."""

    trust: str
    person: str


@guard("This person works here or has applied, so the record is still needed: end the post or the application first.")
def is_not_needed(case: Case[RecordRequest]) -> bool:
    """Hold where the person has no post and no application."""
    return not case.record.needed


@guard("Somebody else must erase what is kept about you.")
def is_somebody_else(case: Case[RecordRequest]) -> bool:
    """Hold where whoever asks is not the person."""
    return case.actor.person != case.record.person


def _erased(case: Case[RecordRequest]) -> Iterator[Effect]:
    yield Erase(trust=case.record.trust, person=case.record.person)


WORKFLOW: Final = Workflow(
    kind=KIND,
    title="Record request",
    states=State,
    triggers=Trigger,
    finals=(State.GIVEN, State.ERASED),
    steps=(
        Step(id="RR-T01", trigger=Trigger.GIVE, sources=(), target=State.GIVEN, by=(SELF, SYSTEM_ADMINISTRATOR)),
        Step(
            id="RR-T02",
            trigger=Trigger.ERASE,
            sources=(),
            target=State.ERASED,
            by=(SYSTEM_ADMINISTRATOR,),
            when=(reason_given, is_somebody_else, is_not_needed),
            effects=_erased,
        ),
    ),
)
