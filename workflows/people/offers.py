"""What somebody may do with a subject now, and why some of it is refused: what buttons a page shows. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from engine.machine import Case, Workflow, plain, reason_given


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """One trigger that the actor may fire out of the state; with `refusals` it would be refused just now."""

    trigger: StrEnum
    refusals: tuple[str, ...]
    needs_reason: bool

    @property
    def possible(self) -> bool:
        """Say whether it would be accepted, if the form brings what it asks for."""
        return not self.refusals

    @property
    def words(self) -> str:
        """Return the trigger as a button says it."""
        return plain(self.trigger).capitalize()


def offers(workflow: Workflow, case: Case[Any], *, answers: bool = False) -> tuple[Offer, ...]:
    """Return what the actor of a case may do, in the table's order; the facts are what a form could bring.

    What answers a question is done in the worklist, and offered only where `answers` says that nobody is asked.
    """
    found: dict[StrEnum, Offer] = {}
    for step in workflow.steps:
        if case.record.state not in step.sources or (step.answer and not answers):
            continue
        if not step.permits(case.actor, case.record):
            continue
        failed = next((guard.sentence for guard in step.when if not guard(case)), None)
        before = found.get(step.trigger)
        if before is not None and (before.possible or failed is not None):
            continue
        found[step.trigger] = Offer(
            trigger=step.trigger,
            refusals=(failed,) if failed else (),
            needs_reason=reason_given in step.when,
        )
    return tuple(found.values())
