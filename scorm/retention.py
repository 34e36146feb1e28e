"""How long the call log is kept: what an attempt came to stays for ever, the single calls do not."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from sqlalchemy import Table, select, tuple_

from engine.retention import Rule
from scorm.tables import attempts, calls, divergences

_SIX_YEARS: Final = 2190


def _of_old_attempts(table: Table, last: datetime) -> Any:
    old = select(attempts.c.trust, attempts.c.id).where(attempts.c.active_at <= last)
    return tuple_(table.c.trust, table.c.attempt).in_(old)


RULES: Final = (
    Rule(
        name="disagreements",
        sentence="Where a browser and the server disagreed about a call; kept no longer than the calls.",
        days=_SIX_YEARS,
        table=divergences,
        over=lambda last: _of_old_attempts(divergences, last),
    ),
    Rule(
        name="calls",
        sentence="Every call that a course made; what the attempt came to stays.",
        days=_SIX_YEARS,
        table=calls,
        over=lambda last: _of_old_attempts(calls, last),
    ),
)
