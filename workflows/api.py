"""The API's resources that belong to the workflows."""

from __future__ import annotations

from typing import Final

from engine.settings import Settings
from engine.web.answer_facts import Declared
from engine.web.operations import Operation
from workflows.competence import api as competence
from workflows.competence import award_api
from workflows.learning import api as learning
from workflows.onboarding import api as onboarding
from workflows.onboarding import transfer
from workflows.people import api as people

ANSWERS: Final[Declared] = {transfer.KIND: onboarding.ANSWER}
"""What answers bring along, by kind of subject."""


def operations(settings: Settings) -> tuple[Operation, ...]:
    """Return what `/api/v1` offers beside the engine's own resources (`engine.web.resources`)."""
    return (
        *people.OPERATIONS,
        *competence.OPERATIONS,
        *award_api.OPERATIONS,
        *learning.operations(settings),
        *onboarding.OPERATIONS,
    )
