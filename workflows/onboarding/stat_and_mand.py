"""The stat & mand form of the worklist: what is offered beside what is required, with dates that may be changed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from sqlalchemy import Connection

from engine.approvals.approval import Approval
from engine.errors import Missing
from engine.text import clean
from engine.transaction import Engine
from engine.web.presenting import Reading, Typed, View
from workflows.onboarding import transfer
from workflows.onboarding.records import Line, Transfer
from workflows.onboarding.transfer import Trigger

_REASON: Final = 300
_CHOICES: Final[Mapping[str, str]] = {
    Trigger.ACCEPT: "Accept all as they came",
    Trigger.ACCEPT_WITH_EDITS: "Accept with the changes",
    Trigger.REJECT: "Reject all",
}


_ALONE: Final = frozenset({Trigger.ACCEPT_WITH_EDITS})


class StatAndMand:
    """The presenter of transfers (`engine.web.worklist.Presenter`)."""

    choices = _CHOICES

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def view(self, connection: Connection, approval: Approval) -> View:
        """Show each line that came, and the target's competences that it may be taken as."""
        found = self._transfer(connection, approval)
        context = {"transfer": found, "known": sorted(found.competences.values(), key=lambda one: one.name)}
        return View(template="onboarding/_form.html", context=context, choices=_CHOICES, alone=_ALONE)

    def facts(self, connection: Connection, approval: Approval, typed: Typed) -> Reading:
        """Read the changes of the lines; only an answer with changes takes any along."""
        found = self._transfer(connection, approval)
        problems: dict[str, str] = {}
        lines = {line.number: said for line in found.lines if (said := _said(line, typed, problems))}
        if typed.get("choice") == Trigger.ACCEPT_WITH_EDITS:
            return Reading(facts={"lines": lines}, problems=problems)
        if typed.get("choice") == Trigger.ACCEPT and (lines or problems):
            return Reading(problems={"choice": "You changed something: accept with the changes, or undo them."})
        return Reading()

    def _transfer(self, connection: Connection, approval: Approval) -> Transfer:
        subject = approval.subject
        kept = self._engine.kept(transfer.KIND)[1]
        found = kept.load(connection, subject.trust, [subject.id], self._engine.clock()).get(subject.id)
        if not isinstance(found, Transfer):
            raise Missing("There is no such transfer.")
        return found


def _said(line: Line, typed: Typed, problems: dict[str, str]) -> Mapping[str, Any]:
    """Return what differs from what came, and note what is wrong by the id of its input."""
    if f"ends-{line.number}" not in typed:
        return {}
    reason = clean(typed.get(f"reason-{line.number}", ""), _REASON)
    if f"take-{line.number}" not in typed:
        return {"accepted": False, "reason": reason}
    said: dict[str, Any] = {}
    chosen = typed.get(f"as-{line.number}", "")
    if chosen and (line.competence is None or chosen != line.competence.id):
        said["competence"] = chosen
    said |= _end(line, typed.get(f"ends-{line.number}", "").strip(), reason, problems)
    return {**said, "reason": reason} if said and reason else said


def _end(line: Line, text: str, reason: str, problems: dict[str, str]) -> dict[str, Any]:
    """Read an end date; one that is empty is for ever."""
    try:
        ends_on = date.fromisoformat(text) if text else None
    except ValueError:
        problems[f"ends-{line.number}"] = f"{line.name}: enter a date such as 2027-01-31."
        return {}
    if ends_on == line.ends_on:
        return {}
    if ends_on and ends_on < line.starts_on:
        problems[f"ends-{line.number}"] = f"{line.name}: it cannot end before it starts."
    elif (ends_on or date.max) > (line.ends_on or date.max) and not reason:
        problems[f"reason-{line.number}"] = f"{line.name}: an end later than the source's needs a reason."
    return {"ends_on": text}
