"""What an approval is opened with: the question's words, its choices, and who was found to be asked. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.approvals.letters import NOBODY
from engine.effects import Ask
from engine.machine import Case, Workflow
from engine.roles.routing import Route


def fields(workflow: Workflow, case: Case[Any], effect: Ask, routed: Route) -> Mapping[str, Any]:
    """Return the fields of a new approval, as its journal keeps them."""
    question = workflow.questions[effect.state]
    return {
        "subject": effect.subject,
        "subject_revision": effect.revision,
        "subject_person": case.record.person,
        "sender": None if case.actor.system else case.actor.id,
        "title": question.title(case),
        "asking": str(effect.state),
        "subject_organisation": case.record.organisation,
        "role": question.role,
        "in_role": question.role,
        "choices": tuple(map(str, workflow.answers(effect.state))),
        "notice": question.letter(case, NOBODY, "").notice,
        "opened_at": case.now,
        "due_at": question.due(case),
        "lapse": str(question.lapse) if question.lapse else None,
        "escalation": question.escalation,
        **reached(routed),
        **effect.fields,
    }


def reached(routed: Route) -> Mapping[str, Any]:
    """Return where the role was found, who was told, and who has it by the rules of whoever is away."""
    owner, delegate = routed.owner, routed.delegate
    return {
        "organisation": routed.organisation,
        "told": tuple(holder.account for holder in routed.holders),
        "owner": owner.account if owner else None,
        "owner_name": owner.recipient.name if owner else None,
        "delegate": delegate.account if delegate else None,
        "delegate_name": delegate.recipient.name if delegate else None,
    }
