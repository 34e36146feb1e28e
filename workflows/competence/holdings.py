"""What is kept of people's competences."""

from __future__ import annotations

from typing import Final

from engine.privacy.personal import Holding
from workflows.competence.tables import awards, reminders

HOLDINGS: Final = (
    Holding(
        table=awards,
        title="Competences",
        person="person",
        kind="award",
        shown=("competence", "state", "starts_on", "ends_on", "source"),
        erased={"source": {}},
    ),
    Holding(
        table=reminders,
        title="Reminders of competences that end",
        person="person",
        shown=("competence", "ends_on", "stage", "at"),
        gone=True,
    ),
)
