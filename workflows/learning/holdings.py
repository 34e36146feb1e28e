"""What is kept of people's learning; after erasure the bare records stay for the counts, without a name."""

from __future__ import annotations

from typing import Final

from engine.privacy.personal import Holding
from scorm.holdings import ATTEMPTS
from workflows.learning.calendar_tables import calendar_feeds, class_reminders
from workflows.learning.tables import enrolments, launches, performances, stuck_attempts
from workflows.learning.version_tables import attempt_moves

ENROLMENTS: Final = Holding(
    table=enrolments,
    title="Enrolments",
    person="person",
    kind="enrolment",
    shown=("course_class", "state", "email", "joined_at", "position", "reason", "updated_at"),
    erased={"email": None, "reason": None},
)

HOLDINGS: Final = (
    ENROLMENTS,
    Holding(
        table=class_reminders,
        title="Reminders of classes",
        through=("enrolment", ENROLMENTS),
        shown=("enrolment", "starts_at", "days", "at"),
        gone=True,
    ),
    Holding(
        table=calendar_feeds,
        title="Calendar feed",
        person="person",
        shown=("made_at",),
        gone=True,
    ),
    Holding(
        table=performances,
        title="Results",
        person="person",
        kind="performance",
        shown=("offering", "state", "score", "attempts", "updated_at"),
    ),
    Holding(
        table=launches,
        title="Launches",
        person="person",
        kind="attempt",
        shown=("enrolment", "state", "period", "updated_at"),
    ),
    Holding(
        table=attempt_moves,
        title="Attempts that went on with another version",
        through=("attempt", ATTEMPTS),
        shown=("attempt", "package", "keeps", "afresh", "moved_at", "undone_at", "refused"),
        erased={"course": None},
    ),
    Holding(
        table=stuck_attempts,
        title="E-learning that seemed done",
        person="person",
        kind="stuck",
        shown=("course", "state", "sign", "raised_at", "ended_at", "ended_by_name", "reason"),
        erased={"reason": None},
    ),
)
