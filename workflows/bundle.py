"""All that is checked before it runs: every workflow with its examples, who serves its effects, and what else fires."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

from engine import approvals
from engine.approvals import Approval
from engine.checking.findings import Bundle
from engine.exploring import Examples
from engine.letters import Subject
from engine.machine import Actor
from workflows import wiring
from workflows.competence import examples as competence_examples
from workflows.learning import examples as learning_examples
from workflows.learning import playing
from workflows.onboarding import examples as onboarding_examples

_NOW: Final = datetime(2027, 1, 4, 9, 30, tzinfo=UTC)
_ROLE: Final = "role"
_HOLDER: Final = Actor(id="holder", name="Holder", person="holder", grants=frozenset({(_ROLE, "ward")}))
_APPROVAL: Final = Approval(
    trust="trust",
    id="approval",
    organisation="ward",
    subject=Subject(kind="transfer", trust="trust", id="transfer"),
    subject_revision=1,
    subject_person="learner",
    title="May this be?",
    role=_ROLE,
    choices=("ACCEPT", "REJECT"),
    opened_at=_NOW,
    due_at=_NOW + timedelta(days=14),
    lapse="LAPSE",
)
_APPROVALS: Final = Examples(
    records=(_APPROVAL,),
    now=_NOW,
    actors=(_HOLDER,),
    facts={
        approvals.Trigger.OPEN: ({}, {"holders": ["holder"]}),
        approvals.Trigger.ANSWER: ({"choice": "ACCEPT"}, {"choice": "NEITHER"}),
    },
)

EXAMPLES: Final[Mapping[str, Examples]] = {
    approvals.KIND: _APPROVALS,
    **competence_examples.EXAMPLES,
    **learning_examples.EXAMPLES,
    **onboarding_examples.EXAMPLES,
}

BUNDLE: Final = Bundle(
    workflows=wiring.WORKFLOWS,
    handlers=wiring.HANDLERS,
    examples=EXAMPLES,
    roots=(wiring.works, playing.on_outcome, playing.launch),
)
"""What `preceptor workflows check` proves sound; a new workflow brings its examples here."""
