"""What accounts may hold and roles are called, in the words of ESR (catalogue D). Pure."""

from __future__ import annotations

from typing import Final

from engine.incident import WORKFLOW_ADMINISTRATOR

LEARNING_ADMINISTRATOR: Final = "learning-administrator"
CLASS_ADMINISTRATOR: Final = "class-administrator"
RECRUITER: Final = "recruiter"
TEMPLATE_ADMINISTRATOR: Final = "template-administrator"
SYSTEM_ADMINISTRATOR: Final = "system-administrator"
CAREER_MANAGEMENT: Final = "career-management"

STAT_AND_MAND: Final = "stat-and-mand"
"""The role that reviews what a new starter brings (S2 5.3); it is allocated to holders, not granted."""

WORKFLOWS: Final = WORKFLOW_ADMINISTRATOR
"""The role that is asked what to do with what failed (catalogue D4); it is allocated to holders, not granted."""

RUNS_CLASSES: Final = (LEARNING_ADMINISTRATOR, CLASS_ADMINISTRATOR)
"""Who creates classes and moves enrolments (catalogue D2)."""

GRANTED: Final = (
    LEARNING_ADMINISTRATOR,
    CLASS_ADMINISTRATOR,
    RECRUITER,
    TEMPLATE_ADMINISTRATOR,
    SYSTEM_ADMINISTRATOR,
    CAREER_MANAGEMENT,
)
"""All that an account may be granted; everything else is a role, which is allocated to holders."""
