"""Where approvals are kept: rows to records and back (`Keep`)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, RowMapping, Table, select

from engine.approvals import duties, levels
from engine.approvals.records import STANDING, Approval, Status, Trigger
from engine.letters import Subject
from engine.machine import Case, Decision
from engine.tables import approvals

_LISTS: Final = ("choices", "told", "escalation")
_PLAIN: Final = (
    "trust",
    "id",
    "organisation",
    "subject_revision",
    "subject_person",
    "title",
    "role",
    "opened_at",
    "due_at",
    "lapse",
    "revision",
    "head",
    "choice",
    "answered_by",
    "answered_by_name",
    "closed_at",
    "comment",
    "owner",
    "owner_name",
    "claimed",
    "delegate",
    "delegate_name",
    "asked_by",
    "asked_of",
    "asked_of_name",
    "asking",
    "in_role",
    "subject_organisation",
    "sender",
    "notice",
    "reminders",
    "remind_minutes",
    "reminded",
    "escalates_at",
    "level",
    "before",
)
_KEY: Final = frozenset({"trust", "id", "organisation", "revision", "head"})


class Approvals:
    """Where approvals are kept (`Keep`); `origin` is that of the pages, to which letters link."""

    table: Table = approvals

    def __init__(self, origin: str = "") -> None:
        self._origin = origin

    def load(self, connection: Connection, trust: str, ids: Sequence[str], now: datetime) -> Mapping[str, Approval]:
        """Return approvals by id; those whose time has come know their next level."""
        chosen = select(approvals).where(approvals.c.trust == trust, approvals.c.id.in_(ids))
        found = {row["id"]: read(row, self._origin) for row in connection.execute(chosen).mappings()}
        standing = (one for one in found.values() if one.state in STANDING)
        waited = [one for one in standing if one.escalates_at and one.escalates_at <= now]
        return {**found, **levels.known(connection, trust, waited, now)} if waited else found

    def draft(self, _connection: Connection, trust: str, identifier: str, facts: Mapping[str, Any]) -> Approval:
        """Return the approval that a question opens; `facts["approval"]` has its fields."""
        return Approval(trust=trust, id=identifier, origin=self._origin, **facts["approval"])

    def row(self, case: Case[Approval], _decision: Decision) -> Mapping[str, Any]:
        """Return the columns of a new approval."""
        opened = case.record
        lists = {name: list(getattr(opened, name)) for name in _LISTS}
        plain = {name: getattr(opened, name) for name in _PLAIN if name not in _KEY}
        return {"kind": opened.subject.kind, "subject": opened.subject.id, **plain, **lists}

    def changes(self, case: Case[Approval], decision: Decision) -> Mapping[str, Any]:
        """Return what the step changes: who has it, what was asked, or how it ended."""
        step = decision.step
        ended = {} if step.target in STANDING else {"closed_at": case.now}
        return {**ended, **_CHANGES.get(Trigger(step.trigger), _nothing)(case)}


def read(row: RowMapping, origin: str = "") -> Approval:
    """Make a stored row an approval."""
    return Approval(
        subject=Subject(kind=row["kind"], trust=row["trust"], id=row["subject"]),
        state=Status(row["state"]),
        origin=origin,
        choices=tuple(row["choices"]),
        told=tuple(row["told"]),
        escalation=tuple(row["escalation"]),
        **{name: row[name] for name in _PLAIN},
    )


def _nothing(_case: Case[Approval]) -> Mapping[str, Any]:
    return {}


def _answered(case: Case[Approval]) -> Mapping[str, Any]:
    answer = {"choice": case.facts["choice"], "comment": case.facts.get("comment")}
    return {**answer, "answered_by": case.actor.id, "answered_by_name": case.actor.name}


def _claimed(case: Case[Approval]) -> Mapping[str, Any]:
    return {"owner": case.actor.id, "owner_name": case.actor.name, "claimed": True}


def _delegated(case: Case[Approval]) -> Mapping[str, Any]:
    """A holder who delegates what nobody owns owns it from then on; the delegate is written by the effect."""
    return _claimed(case) if case.record.owner is None and duties.holds(case.actor, case.record) else {}


def _taken_back(case: Case[Approval]) -> Mapping[str, Any]:
    return _informed(case) if case.record.state is Status.MORE_INFO else _undelegated(case)


def _undelegated(_case: Case[Approval]) -> Mapping[str, Any]:
    return {"delegate": None, "delegate_name": None}


def _released(case: Case[Approval]) -> Mapping[str, Any]:
    return {"owner": None, "owner_name": None, "claimed": False, **_undelegated(case)}


def _asked(case: Case[Approval]) -> Mapping[str, Any]:
    return {"asked_by": case.actor.id}


def _informed(_case: Case[Approval]) -> Mapping[str, Any]:
    return {"asked_by": None, "asked_of": None, "asked_of_name": None}


def _reminded(case: Case[Approval]) -> Mapping[str, Any]:
    return {"reminded": case.record.reminded + 1}


_CHANGES: Final[Mapping[Trigger, Callable[[Case[Approval]], Mapping[str, Any]]]] = {
    Trigger.ANSWER: _answered,
    Trigger.CLAIM: _claimed,
    Trigger.RELEASE: _released,
    Trigger.DELEGATE: _delegated,
    Trigger.TRANSFER: _undelegated,
    Trigger.TAKE_BACK: _taken_back,
    Trigger.ASK: _asked,
    Trigger.REPLY: _informed,
    Trigger.REMIND: _reminded,
    Trigger.VACATE: _undelegated,
}
