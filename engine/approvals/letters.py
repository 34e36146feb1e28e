"""The letters about approvals that no workflow words itself: reminder, request for information, cancellation. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from engine.approvals.records import STANDING, Approval, Status
from engine.letters import Letter, Recipient, Relevant
from engine.machine import Case

CANCELLED: Final = "SYS-06-question-cancelled"
MORE_INFORMATION: Final = "SYS-07-more-information"
INFORMATION_GIVEN: Final = "SYS-10-information-given"
REMINDER: Final = "SYS-11-question-reminder"
NOBODY: Final = Recipient(name="", email="")


def reminder(case: Case[Approval]) -> Letter:
    """Say that an answer is still wanted."""
    reason = "You get this message because you were asked, and nobody has answered yet."
    letter = _letter(case, REMINDER, reason, {}, (case.record.state or Status.OPEN,))
    return replace(letter, approval=case.record.id)


def more_information(case: Case[Approval]) -> Letter:
    """Ask somebody for what the one who decides wants to know."""
    asker = case.actor.name
    said = {"asker_name": asker, "question": case.facts["question"]}
    reason = f"You get this message because {asker} asks you for information."
    return _letter(case, MORE_INFORMATION, reason, said, (Status.MORE_INFO,))


def information_given(case: Case[Approval]) -> Letter:
    """Bring what somebody said to the one who asked."""
    said = {"answerer_name": case.actor.name, "answer": case.facts["answer"]}
    reason = "You get this message because you asked for this information."
    return _letter(case, INFORMATION_GIVEN, reason, said, STANDING)


def cancelled(case: Case[Approval]) -> Letter:
    """Say that no answer is wanted any more."""
    reason = "You get this message because you were asked, and it has been settled without your answer."
    return _letter(case, CANCELLED, reason, {}, (Status.CANCELED, Status.TIMED_OUT))


def _letter(
    case: Case[Approval], notice: str, reason: str, said: Mapping[str, Any], states: tuple[Status, ...]
) -> Letter:
    approval = case.record
    due = {"deadline": approval.due_at.isoformat()} if approval.due_at else {}
    return Letter(
        notice=notice,
        to=NOBODY,
        subject=approval.itself,
        organisation=approval.organisation,
        reason=reason,
        context={"title": approval.title, "worklist_link": approval.link, **due, **said},
        relevant=Relevant(name="still_in", facts={"states": [str(state) for state in states]}),
    )
