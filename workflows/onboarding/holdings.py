"""What is kept of applicants, and what was transferred for them."""

from __future__ import annotations

from typing import Final

from engine.privacy.personal import Holding
from workflows.onboarding.tables import applicants, transfer_lines, transfers

APPLICANTS: Final = Holding(
    table=applicants,
    title="Applications",
    person="person",
    kind="applicant",
    shown=("position", "state", "hire_on", "person_type", "checks_complete", "reason"),
    erased={"reason": None},
)
TRANSFERS: Final = Holding(
    table=transfers,
    title="Transfers",
    through=("applicant", APPLICANTS),
    kind="transfer",
    shown=("source_organisation", "state", "reason"),
    erased={"reason": None},
)

HOLDINGS: Final = (
    APPLICANTS,
    TRANSFERS,
    Holding(
        table=transfer_lines,
        title="What came with them",
        through=("transfer", TRANSFERS),
        shown=("name", "level", "starts_on", "ends_on", "decided"),
        gone=True,
    ),
)
