"""The API's resources that belong to the engine."""

from __future__ import annotations

from typing import Final

from engine.settings import Settings
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
    webhooks,
)

OPERATIONS: Final[tuple[Operation, ...]] = (
    *organisations.OPERATIONS,
    *coverage.OPERATIONS,
    *roles.OPERATIONS,
    *absences.OPERATIONS,
    *approvals.OPERATIONS,
    *question_periods.OPERATIONS,
    *messages.OPERATIONS,
    *history.OPERATIONS,
)


def operations(settings: Settings) -> tuple[Operation, ...]:
    """Return all of them for an installation."""
    return (*OPERATIONS, *webhooks.operations(settings))
