"""How long what came with an applicant is kept where nobody accepted it (catalogue P33)."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from sqlalchemy import select, tuple_

from engine.privacy.retention import Rule
from workflows.onboarding.records import TransferState
from workflows.onboarding.tables import transfer_lines, transfers


def _never_accepted(last: datetime) -> Any:
    over = select(transfers.c.trust, transfers.c.id).where(
        transfers.c.state.in_((TransferState.REJECTED, TransferState.LAPSED)), transfers.c.updated_at <= last
    )
    return tuple_(transfer_lines.c.trust, transfer_lines.c.transfer).in_(over)


RULES: Final = (
    Rule(
        name="transfers",
        sentence="What came with an applicant and was rejected or never answered.",
        days=365,
        table=transfer_lines,
        over=_never_accepted,
    ),
)
