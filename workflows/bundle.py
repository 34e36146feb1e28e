"""All that is checked before it runs: every workflow with its examples, who serves its effects, and what else fires."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from engine.approvals import stranded
from engine.checking import examples
from engine.checking.findings import Bundle
from engine.exploring import Examples
from engine.timing import timers
from workflows import wiring
from workflows.competence import examples as competence_examples
from workflows.learning import examples as learning_examples
from workflows.learning import playing, versioning
from workflows.onboarding import examples as onboarding_examples
from workflows.people import examples as people_examples

EXAMPLES: Final[Mapping[str, Examples]] = {
    **examples.EXAMPLES,
    **people_examples.EXAMPLES,
    **competence_examples.EXAMPLES,
    **learning_examples.EXAMPLES,
    **onboarding_examples.EXAMPLES,
}

BUNDLE: Final = Bundle(
    workflows=wiring.WORKFLOWS,
    handlers=wiring.HANDLERS,
    examples=EXAMPLES,
    roots=(
        wiring.works,
        timers.fire_due,
        stranded.route_again,
        playing.on_outcome,
        playing.launch,
        versioning.publish,
        versioning.upload,
    ),
)
"""What `preceptor workflows check` proves sound; a new workflow brings its examples here."""
