"""What an answer to the stat & mand form says of each line, and whether that may be. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from engine.machine import Case, guard
from workflows.competence.records import ON_THE_FORM, Competence, day, framework_of
from workflows.onboarding.records import ApplicantState, Line, Transfer


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """One line as it is to be written; `edited` where that differs from what came."""

    line: Line
    accepted: bool
    competence: Competence | None
    level: str | None
    starts_on: date
    ends_on: date | None
    reason: str | None

    @property
    def edited(self) -> bool:
        """Say whether this differs from what came."""
        line = self.line
        came = (True, line.competence, line.level, line.starts_on, line.ends_on)
        return (self.accepted, self.competence, self.level, self.starts_on, self.ends_on) != came

    def as_json(self) -> dict[str, Any]:
        """Return what is kept beside the line."""
        if not self.accepted:
            return {"accepted": False, "reason": self.reason}
        return {
            "accepted": True,
            "edited": self.edited,
            "competence": self.competence.name if self.competence else None,
            "level": self.level,
            "starts_on": self.starts_on.isoformat(),
            "ends_on": self.ends_on.isoformat() if self.ends_on else None,
            "reason": self.reason,
        }


def as_offered(case: Case[Transfer]) -> tuple[Decided, ...]:
    """Return every line as it came."""
    return tuple(_decided(line, {}, case.record) for line in case.record.lines)


def as_edited(case: Case[Transfer]) -> tuple[Decided, ...]:
    """Return every line as the answer would have it.

    `facts["lines"]` holds by number {accepted, competence, level, starts_on, ends_on, reason}; what it leaves out
    stays as it came. An empty `ends_on` is for ever.
    """
    said: Mapping[str, Mapping[str, Any]] = case.facts.get("lines") or {}
    return tuple(_decided(line, said.get(line.number) or {}, case.record) for line in case.record.lines)


@guard("There is nothing to transfer.")
def has_lines(case: Case[Transfer]) -> bool:
    """Hold where a competence came."""
    return bool(case.record.lines)


@guard(f"Only competences of {', '.join(ON_THE_FORM)} come by this form.")
def on_the_form(case: Case[Transfer]) -> bool:
    """Hold where every line is of a framework that the form carries (S2 5.3.1)."""
    return all(framework_of(line.name) in ON_THE_FORM for line in case.record.lines)


@guard("The applicant has withdrawn.")
def applicant_stays(case: Case[Transfer]) -> bool:
    """Hold until the applicant withdraws."""
    return case.record.applicant_state is not ApplicantState.WITHDRAWN


@guard("Nobody decides on what they bring along themselves.")
def not_own(case: Case[Transfer]) -> bool:
    """Hold for everybody but the applicant (catalogue D5), and whoever may be they: an account without a person."""
    return case.actor.system or case.actor.person not in {None, case.record.person}


@guard("A competence that came has no counterpart here: choose one for it, or leave it out.")
def all_known(case: Case[Transfer]) -> bool:
    """Hold where the target has a competence for every line."""
    return all(line.competence is not None for line in case.record.lines)


@guard("A competence that came has no counterpart here: choose one for it, or leave it out.")
def accepted_known(case: Case[Transfer]) -> bool:
    """Hold where the target has a competence for every line that is accepted."""
    return all(one.competence is not None for one in as_edited(case) if one.accepted)


@guard("The form names a line that is not part of this transfer.")
def lines_known(case: Case[Transfer]) -> bool:
    """Hold where the answer speaks only of lines that came."""
    return set(case.facts.get("lines") or ()) <= {line.number for line in case.record.lines}


@guard("Nothing was changed: accept the competences as they are.", typed=True)
def something_edited(case: Case[Transfer]) -> bool:
    """Hold where at least one line differs from what came."""
    return any(one.edited for one in as_edited(case))


@guard("Every line is left out: reject the transfer instead, with a reason.")
def something_accepted(case: Case[Transfer]) -> bool:
    """Hold where at least one line is accepted."""
    return any(one.accepted for one in as_edited(case))


@guard("A competence cannot expire before it starts.")
def dates_in_order(case: Case[Transfer]) -> bool:
    """Hold where every line that is accepted ends on or after its first day."""
    return all(one.ends_on is None or one.starts_on <= one.ends_on for one in as_edited(case) if one.accepted)


@guard("An expiry later than the source's needs a reason.")
def expiry_within_source(case: Case[Transfer]) -> bool:
    """Hold where no accepted line expires later than at its source, unless a reason is given with it."""
    return all(one.reason or not _later(one) for one in as_edited(case) if one.accepted)


def _later(one: Decided) -> bool:
    return (one.ends_on or date.max) > (one.line.ends_on or date.max)


def _decided(line: Line, said: Mapping[str, Any], transfer: Transfer) -> Decided:
    chosen = said.get("competence")
    return Decided(
        line=line,
        accepted=bool(said.get("accepted", True)),
        competence=transfer.competences.get(chosen) if chosen else line.competence,
        level=said.get("level", line.level) or None,
        starts_on=day(said["starts_on"]) if said.get("starts_on") else line.starts_on,
        ends_on=_end(said, line),
        reason=str(said.get("reason") or "").strip() or None,
    )


def _end(said: Mapping[str, Any], line: Line) -> date | None:
    if "ends_on" not in said:
        return line.ends_on
    return day(said["ends_on"]) if said["ends_on"] else None
