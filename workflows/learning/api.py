"""The API's resources of learning."""

from __future__ import annotations

from engine.settings import Settings
from engine.web.operations import Operation
from workflows.learning import catalogue_api, class_api, enrolment_api, play_api, version_api
from workflows.learning.attempts import api as attempts_api


def operations(settings: Settings) -> tuple[Operation, ...]:
    """Return courses, offerings, classes, enrolments, packages, launches and attempts."""
    return (
        *catalogue_api.OPERATIONS,
        *class_api.OPERATIONS,
        *enrolment_api.OPERATIONS,
        *play_api.operations(settings),
        *attempts_api.operations(settings),
        *version_api.operations(settings),
    )
