"""What one decided case is to write: its journal row, its columns, the questions it opens or closes. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from engine import journal
from engine.effects import Ask, Close, Effect
from engine.errors import EngineError
from engine.letters import Subject
from engine.machine import Case, Decision, Workflow


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """A move that was written: `revision` names its row in the journal."""

    subject: Subject
    source: StrEnum | None
    target: StrEnum
    step: str
    revision: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcomes:
    """What became of each subject of `fire_many`, by id."""

    moved: Mapping[str, Moved]
    refused: Mapping[str, EngineError]


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """A decision about a subject that is about to be written; `entry` is its row in the journal."""

    case: Case[Any]
    decision: Decision
    entry: dict[str, Any]

    @property
    def subject(self) -> Subject:
        """Return what is moved."""
        return Subject(kind=self.entry["kind"], trust=self.entry["trust"], id=self.entry["subject"])

    @property
    def moved(self) -> Moved:
        """Return what was written."""
        step = self.decision.step
        return Moved(
            subject=self.subject,
            source=self.decision.source,
            target=step.target,
            step=step.id,
            revision=self.entry["revision"],
        )


def written(workflow: Workflow, case: Case[Any], decision: Decision, because: str | None) -> dict[str, Any]:
    """Return the row of the journal for a decision, chained to the one before it."""
    record = case.record
    entry = {
        "trust": record.trust,
        "kind": workflow.kind,
        "subject": record.id,
        "revision": record.revision + 1,
        "step": decision.step.id,
        "trigger": str(decision.step.trigger),
        "source": str(decision.source) if decision.source else None,
        "target": str(decision.step.target),
        "actor": case.actor.id,
        "at": case.now,
        "because": because,
        "definition": workflow.version,
        "previous": record.head or journal.GENESIS,
    }
    return journal.entry(entry, journal.payload(case.facts, case.actor.name))


def changed(workflow: Workflow, move: Move, own: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a move writes into its subject's row, its `own` columns too; after an underscore how it stood."""
    record = move.case.record
    return {
        "_trust": record.trust,
        "_id": record.id,
        "_state": str(record.state),
        "_revision": record.revision,
        **own,
        **moved_columns(workflow, move),
    }


def moved_columns(workflow: Workflow, move: Move) -> dict[str, Any]:
    """Return what every move writes into the subject's own row."""
    entry = move.entry
    return {
        "state": entry["target"],
        "revision": entry["revision"],
        "head": entry["hash"],
        "definition": workflow.version,
        "updated_at": entry["at"],
    }


def questions_of(workflow: Workflow, move: Move) -> Sequence[Effect]:
    """Close the question of the state that is left, open that of the state that is entered."""
    source, target = move.decision.source, move.decision.step.target
    if source == target or not workflow.questions:
        return ()
    closing = [Close(subject=move.subject)] if source in workflow.questions else []
    if target not in workflow.questions:
        return closing
    return [*closing, Ask(subject=move.subject, revision=move.entry["revision"], state=target)]


def cause(moves: Sequence[Move], otherwise: str | None) -> str | None:
    """Name the one move that caused what follows; of many, what caused them all."""
    if len(moves) > 1:
        return otherwise
    return journal.reference(moves[0].subject, moves[0].entry["revision"])
