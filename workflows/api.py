"""The API's resources that belong to the workflows, one tuple of operations from each subject area."""

from __future__ import annotations

from engine.settings import Settings
from engine.web.operations import Operation


def operations(settings: Settings) -> tuple[Operation, ...]:  # noqa: ARG001
    """Return what `/api/v1` offers beside the engine's own resources."""
    return ()
