"""Takes the clock of a trial forward, and fires what falls due on the way, in order: for `due --until`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import func, select

from engine.errors import Invalid
from engine.jobs import Jobs
from engine.tables import timers as timer_table
from engine.timing import timers
from engine.transaction import Engine

STEP: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Fired:
    """How many timers fired and how many jobs were done on the way."""

    timers: int
    jobs: int


def advance(engine: Engine, until: datetime, jobs_of: Callable[[Engine], Jobs]) -> Fired:
    """Fire each timer at its own moment and do scheduled work hour by hour, until the clock stands at `until`.

    Every decision sees the moment at which it would have been taken. Raises `Invalid` where `until` has passed.
    """
    moment = engine.clock()
    if until < moment:
        raise Invalid("A clock goes forward only: this moment has passed.")
    standing = [moment]
    moved = replace(engine, clock=lambda: standing[0])
    jobs, fired, done = jobs_of(moved), 0, 0
    while True:
        fired += _fire(moved)
        jobs.schedule()
        done += jobs.run(lambda: False)
        if standing[0] >= until:
            return Fired(fired, done)
        standing[0] = _next(moved, standing[0], until)


def _fire(engine: Engine) -> int:
    """Fire all that is due, in batches; what fires may make more due."""
    total = 0
    while fired := timers.fire_due(engine):
        total += fired
    return total


def _next(engine: Engine, now: datetime, until: datetime) -> datetime:
    """Return the next moment at which something may be due."""
    ahead = (timer_table.c.due_at > now, timer_table.c.incident.is_(None))
    with engine.reading() as connection:
        timer: datetime | None = connection.scalar(select(func.min(timer_table.c.due_at)).where(*ahead))
    return min(until, now + STEP, *([timer] if timer else []))
