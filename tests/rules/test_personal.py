"""What is kept of people: somebody has said of every table what it keeps of whom."""

import importlib
from pathlib import Path

from engine.tables import metadata
from workflows import wiring

NOTHING_OF_PEOPLE = {
    "attempt_rules",
    "calendar_days",
    "classes",
    "competences",
    "courses",
    "heartbeats",
    "jobs",
    "mail_styles",
    "move_orders",
    "offerings",
    "organisations",
    "package_checks",
    "package_files",
    "package_versions",
    "packages",
    "question_periods",
    "rates",
    "reminder_nights",
    "requirements",
    "roles",
    "seals",
    "sessions",
    "shipped_texts",
    "template_rules",
    "template_versions",
    "text_places",
    "timers",
    "webhook_deliveries",
    "webhooks",
    "working_calendars",
}
"""Tables that keep nothing of people beyond the id of an account that wrote them."""
KEPT_TWO_DAYS = {"idempotency"}
BY_HASH = {"call_values"}
"""Values over 1 KiB that courses recorded, once for all who said the same; they go with the last call (retention)."""


def test_somebody_has_said_of_every_table_what_it_keeps_of_people():
    for path in Path().glob("*/**/*tables.py"):
        if path.parts[0] in {"engine", "scorm", "workflows"}:
            importlib.import_module(".".join(path.with_suffix("").parts))

    known = frozenset(metadata.tables)
    said = wiring.REGISTER.tables | NOTHING_OF_PEOPLE | KEPT_TWO_DAYS | BY_HASH | {"journal"}

    assert sorted(known - said) == []
    assert sorted(said - known) == []
