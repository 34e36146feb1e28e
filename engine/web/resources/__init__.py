"""The API's resources that belong to the engine."""

from __future__ import annotations

from typing import Final

from engine.settings import Settings
from engine.web import nearby
from engine.web.answer_facts import Declared
from engine.web.nearby import Workplaces
from engine.web.operations import Operation
from engine.web.resources import (
    absences,
    approvals,
    coverage,
    history,
    messages,
    organisations,
    question_periods,
    roles,
    template_changes,
    templates,
    webhooks,
)

_ANYWAY: Final[tuple[Operation, ...]] = (
    *organisations.OPERATIONS,
    *coverage.OPERATIONS,
    *roles.OPERATIONS,
    *absences.OPERATIONS,
    *question_periods.OPERATIONS,
    *messages.OPERATIONS,
    *history.OPERATIONS,
    *templates.OPERATIONS,
    *template_changes.OPERATIONS,
)


OPERATIONS: Final = (*_ANYWAY, *approvals.operations())
"""What needs no setting, where no answer brings more than a reason."""


def operations(
    settings: Settings, declared: Declared, works: Workplaces = nearby.nowhere_else
) -> tuple[Operation, ...]:
    """Return all of them for an installation; `declared` is what answers to questions bring along, by kind."""
    return (*_ANYWAY, *approvals.operations(declared, works), *webhooks.operations(settings))
