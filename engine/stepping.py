"""Takes the clock of a copy from due moment to due moment, and does at each what a worker would; nothing leaves."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Column, ColumnElement, RowMapping, and_, bindparam, func, literal_column, select, update

from engine import relevance
from engine.jobs import Progress, Rhythm, Schedule, Work
from engine.outgoing import pacing
from engine.outgoing.outbox import Delivery, standing
from engine.storage import database
from engine.tables import invitations, jobs
from engine.tables import outbox as outbox_table
from engine.tables import timers as timers_table
from engine.timing import timers
from engine.transaction import Engine

_LETTERS: Final = 500
_FURTHEST: Final = timedelta(days=32)
_SECOND: Final = timedelta(seconds=1)
_log = logging.getLogger(__name__)
Watch = Callable[[float], None]


def unwatched(_part: float) -> None:
    """Tell nobody how far it has come."""


class Clock:
    """The clock of a copy: it stands where it was set."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        """Return the moment."""
        return self.now


class Stepper:
    """Takes the clock of a copy from due moment to due moment."""

    def __init__(self, engine: Engine, clock: Clock, works: Mapping[str, Work], schedules: Sequence[Schedule]) -> None:
        self._engine = engine
        self._clock = clock
        self._works = works
        self._due = {schedule.name: (clock.now, schedule.rhythm) for schedule in schedules}
        self.troubles: list[str] = []

    def run(self, until: datetime, watch: Watch) -> None:
        """Do what is due now, and at every later moment that is not after `until`."""
        start = self._clock.now
        moment: datetime | None = start
        while moment is not None and moment <= until:
            self._clock.now = moment
            watch((moment - start) / (until - start) if until > start else 1.0)
            self._at_this_moment()
            moment = self._next()
        self._clock.now = until
        watch(1.0)

    def _at_this_moment(self) -> None:
        """Do as the worker does: jobs, then timers, then letters."""
        for name, (due, rhythm) in self._due.items():
            if due <= self._clock.now:
                self._work(name, {})
                self._due[name] = (after(rhythm, self._clock.now), rhythm)
        self._jobs()
        while timers.fire_due(self._engine):
            pass
        while self._deliver():
            pass

    def _work(self, name: str, arguments: Mapping[str, Any]) -> None:
        try:
            self._works[name].run(arguments)
        except Exception as error:  # noqa: BLE001 - what would fail is part of the forecast
            _log.warning("forecast: job would fail name=%s error=%s", name, type(error).__name__)
            self.troubles.append(f"{name}: {type(error).__name__}")

    def _jobs(self) -> None:
        """Do what was enqueued once, and is work that a forecast may do."""
        due = and_(_waiting_jobs(self._works), jobs.c.due_at <= self._clock.now)
        with self._engine.reading() as connection:
            found = connection.execute(select(jobs).where(due)).mappings().all()
        for job in found:
            self._work(job["name"], job["arguments"])
        if found:
            with database.writing(self._engine.database) as connection:
                connection.execute(update(jobs).where(due).values(state=Progress.DONE))

    def _deliver(self) -> int:
        """Settle one chunk of what is to be sent now: gone, or not, as it is no longer true or not wanted."""
        now = self._clock.now
        due = (_UNSENT, outbox_table.c.due_at <= now)
        with database.writing(self._engine.database) as connection:
            rows = connection.execute(select(outbox_table).where(*due).limit(_LETTERS)).mappings().all()
            if not rows:
                return 0
            unwanted = pacing.pace(connection, rows, now, self._engine.outgoing).unwanted
            untrue = {**unwanted, **relevance.untrue(self._engine, connection, rows)}
            connection.execute(_SETTLING, [_settled(row, untrue.get(row["id"]), now) for row in rows])
            arrived = [_arrival(row) for row in rows if row["invitation"] and row["id"] not in untrue]
            if arrived:
                connection.execute(_ARRIVING, arrived)
        return len(rows)

    def _next(self) -> datetime | None:
        """Return the next moment at which something is due; None where nothing is any more."""
        now = self._clock.now
        waiting = {
            timers_table.c.due_at: timers_table.c.incident.is_(None),
            outbox_table.c.due_at: _UNSENT,
            jobs.c.due_at: _waiting_jobs(self._works),
        }
        with self._engine.reading() as connection:
            found = [
                connection.execute(select(func.min(due)).where(where, due > now)).scalar_one()
                for due, where in waiting.items()
            ]
        return min([*(due for due, _ in self._due.values()), *(due for due in found if due)], default=None)


def after(rhythm: Rhythm, now: datetime) -> datetime:
    """Return the first occurrence of a rhythm that is after a moment, to the second."""
    low, high = now, now + _FURTHEST
    while high - low > _SECOND:
        middle = low + (high - low) / 2
        low, high = (low, middle) if rhythm.latest(middle) > now else (middle, high)
    return rhythm.latest(high)


def _waiting_jobs(works: Mapping[str, Work]) -> ColumnElement[bool]:
    return and_(jobs.c.name.in_(tuple(works)), _in_words(jobs.c.state, (Progress.WAITING, Progress.RUNNING)))


def _in_words(state: Column[str], values: Iterable[str]) -> ColumnElement[bool]:
    """Say it in literals: SQLite uses a partial index only where the statement repeats its words."""
    literals: list[ColumnElement[str]] = [literal_column(f"'{value}'") for value in values]
    return state.in_(literals)


def _settled(row: RowMapping, untrue: str | None, now: datetime) -> dict[str, Any]:
    state = Delivery.SUPPRESSED if untrue else Delivery.SENT
    return {"of_trust": row["trust"], "of_id": row["id"], "to_state": state, "at": now, "said": untrue}


def _arrival(row: RowMapping) -> dict[str, Any]:
    return {"of_trust": row["trust"], "of_uid": row["uid"], "arrived": row["invitation"]["sequence"]}


_UNSENT: Final = standing(outbox_table)
_SETTLING: Final = (
    update(outbox_table)
    .where(outbox_table.c.trust == bindparam("of_trust"), outbox_table.c.id == bindparam("of_id"))
    .values(state=bindparam("to_state"), sent_at=bindparam("at"), answer=bindparam("said"))
)
_ARRIVING: Final = (
    update(invitations)
    .where(invitations.c.trust == bindparam("of_trust"), invitations.c.uid == bindparam("of_uid"))
    .values(delivered_sequence=bindparam("arrived"))
)
