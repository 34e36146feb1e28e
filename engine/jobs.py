"""The port to a job engine (enqueue in our transaction, run, schedule, requeue), and the embedded engine behind it.

A job is at least once: it is taken by lease like a letter, so its work must bear being done again. Each occurrence of
a schedule has a unique key, so any number of schedulers may run (SECURITY 18).
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum
from typing import Any, Final, Protocol
from zoneinfo import ZoneInfo

import sqlalchemy
from sqlalchemy import (
    ColumnElement,
    Connection,
    RowMapping,
    Select,
    and_,
    delete,
    exists,
    literal_column,
    null,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from engine.errors import Missing
from engine.storage import database
from engine.tables import jobs

EVERYWHERE: Final = "*"
KEPT: Final = timedelta(days=2)
MOST_ATTEMPTS: Final = 5
EPOCH: Final = datetime(2000, 1, 1, tzinfo=UTC)
_LONDON: Final = ZoneInfo("Europe/London")
_BACK_OFF: Final = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60))
_ONE_AT_A_TIME: Final = "SELECT pg_advisory_xact_lock(7071, 1)"
_log = logging.getLogger(__name__)


class Progress(StrEnum):
    """How far a job has come; stored in `jobs.state`."""

    WAITING = "WAITING"
    RUNNING = "RUNNING"
    DONE = "DONE"
    DEAD = "DEAD"


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """Work to be done once, from `due_at` on; a second one with the same trust and key is the same job.

    `arguments` are plain JSON; a job for all trusts belongs to `EVERYWHERE`.
    """

    key: str
    name: str
    due_at: datetime
    trust: str = EVERYWHERE
    arguments: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What is done for jobs of one name; after `lease` without an end it is begun again by whoever is there.

    Of work that is `alone` at most one job of a trust runs at a time.
    """

    run: Callable[[Mapping[str, Any]], object]
    lease: timedelta = timedelta(minutes=30)
    alone: bool = False


class Rhythm(Protocol):
    """When the occurrences of a schedule are."""

    def latest(self, now: datetime) -> datetime:
        """Return the last occurrence that is not after `now`."""


@dataclass(frozen=True, slots=True)
class Every:
    """At all multiples of a step."""

    step: timedelta

    def latest(self, now: datetime) -> datetime:
        """Return the last occurrence that is not after `now`."""
        return now - (now - EPOCH) % self.step


@dataclass(frozen=True, slots=True)
class Daily:
    """Once a day at a local time of day, summer and winter; a time that the clocks skip falls an hour later."""

    at: time
    zone: ZoneInfo = _LONDON

    def latest(self, now: datetime) -> datetime:
        """Return the last occurrence that is not after `now`."""
        today = now.astimezone(self.zone).date()
        moments = (
            datetime.combine(today - timedelta(days=days), self.at, self.zone).astimezone(UTC) for days in (0, 1, 2)
        )
        return next(moment for moment in moments if moment <= now)


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """A job that falls due again and again; of occurrences that were missed only the last is made up for."""

    name: str
    rhythm: Rhythm


class Jobs(Protocol):
    """What we ask of a job engine."""

    def enqueue(self, connection: Connection, job: Job) -> None:
        """Add a job in the transaction of the caller; it exists if that commits."""

    def schedule(self) -> int:
        """Add what the schedules make due now, and return how many were new."""

    def run(self, stop: Callable[[], bool]) -> int:
        """Do what is due, until nothing is or `stop` says so; return how many jobs were taken."""

    def requeue(self, trust: str, key: str) -> None:
        """Have a job that was given up done again; raises `Missing`."""


class EmbeddedJobs:
    """The job engine that needs nothing but our own database."""

    def __init__(
        self,
        base: sqlalchemy.Engine,
        clock: Callable[[], datetime],
        works: Mapping[str, Work],
        schedules: Sequence[Schedule] = (),
    ) -> None:
        self._base = base
        self._clock = clock
        self._works = works
        self._schedules = schedules
        self._scheduled: set[str] = set()
        self._stop: Callable[[], bool] = lambda: False

    def stopping(self) -> bool:
        """Say whether work that takes long should end early, for whoever runs it is told to stop."""
        return self._stop()

    def enqueue(self, connection: Connection, job: Job) -> None:
        """Add a job in the transaction of the caller; it exists if that commits."""
        self._add(connection, [job])

    def schedule(self) -> int:
        """Add what the schedules make due now, forget what was done long ago; return how many were new."""
        now = self._clock()
        occurrences = [_occurrence(schedule, now) for schedule in self._schedules]
        fresh = [job for job in occurrences if job.key not in self._scheduled]
        if not fresh:
            return 0
        standing = {job.key for job in occurrences}
        with database.writing(self._base) as connection:
            added = self._add(connection, fresh)
            connection.execute(delete(jobs).where(_over(now), jobs.c.key.not_in(standing)))
        self._scheduled = standing
        return added

    def run(self, stop: Callable[[], bool] = lambda: False) -> int:
        """Do what is due, until nothing is or `stop` says so; return how many jobs were taken."""
        self._stop = stop
        taken = 0
        while not stop() and (job := self._lease()):
            taken += 1
            self._finish(job, self._do(job))
        return taken

    def requeue(self, trust: str, key: str) -> None:
        """Have a job that was given up done again; raises `Missing`."""
        dead = and_(jobs.c.trust == trust, jobs.c.key == key, jobs.c.state == Progress.DEAD)
        fresh = {"state": Progress.WAITING, "due_at": self._clock(), "attempts": 0, "finished_at": None}
        with database.writing(self._base) as connection:
            revived = connection.execute(update(jobs).where(dead).values(**fresh).returning(*jobs.c)).mappings().first()
            if revived is None:
                raise Missing("There is no such job that was given up.", trust=trust, key=key)
            self._revive(connection, revived)

    def _add(self, connection: Connection, wanted: Sequence[Job]) -> int:
        return len(added(connection, wanted))

    def _revive(self, connection: Connection, job: RowMapping) -> None:
        """Say nothing to anybody: the row itself is what is looked for."""

    def _lease(self) -> RowMapping | None:
        now = self._clock()
        with database.reading(self._base) as connection:
            if connection.execute(self._due(now)).first() is None:
                return None
        with database.writing(self._base) as connection:
            if connection.dialect.name == "postgresql":
                # Two that take at once would each not see that the other took a job of the same trust.
                connection.exec_driver_sql(_ONE_AT_A_TIME)
            due = connection.execute(self._due(now).with_for_update(skip_locked=True)).mappings().first()
            return leased(connection, due["trust"], due["key"], now + self._works[due["name"]].lease) if due else None

    def _due(self, now: datetime) -> Select[Any]:
        chosen = (_unfinished(), jobs.c.due_at <= now, jobs.c.name.in_(self._works), ~self._held(now))
        return select(jobs).where(*chosen).order_by(jobs.c.due_at).limit(1)

    def _held(self, now: datetime) -> ColumnElement[bool]:
        """Say that the job is of a kind of which one of the same trust is running."""
        other = jobs.alias("other")
        running = (other.c.state == Progress.RUNNING, other.c.leased_until > now, other.c.key != jobs.c.key)
        of_its_kind = (other.c.trust == jobs.c.trust, other.c.name == jobs.c.name)
        alone = [name for name, work in self._works.items() if work.alone]
        return and_(jobs.c.name.in_(alone), exists().where(*running, *of_its_kind))

    def _do(self, job: RowMapping) -> str:
        """Return what went wrong, or nothing."""
        if job["attempts"] > MOST_ATTEMPTS:
            return "It was begun five times and never ended."
        try:
            self._works[job["name"]].run(job["arguments"])
        except Exception as error:  # noqa: BLE001 - one job's fault, whatever it is, must not stop the others
            _log.exception("job failed name=%s key=%s", job["name"], job["key"])
            return type(error).__name__
        return ""

    def _finish(self, job: RowMapping, trouble: str) -> None:
        with database.writing(self._base) as connection:
            finished(connection, job, trouble, self._clock())


def _over(now: datetime) -> ColumnElement[bool]:
    """Be true of what was done long ago; what was given up stays until somebody decides."""
    return and_(jobs.c.finished_at < now - KEPT, jobs.c.state == Progress.DONE)


def added(connection: Connection, wanted: Sequence[Job]) -> set[tuple[str, str]]:
    """Write down jobs that are wanted, and return the (trust, key) of those that were new."""
    insert = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    adding = insert(jobs).values([_row(job) for job in wanted]).on_conflict_do_nothing()
    return {(row.trust, row.key) for row in connection.execute(adding.returning(jobs.c.trust, jobs.c.key))}


def leased(connection: Connection, trust: str, key: str, until: datetime) -> RowMapping:
    """Write down that a job is begun, and return its row; whoever began it before has lost it."""
    taken = {"state": Progress.RUNNING, "leased_until": until, "due_at": until}
    counted = {"attempts": jobs.c.attempts + 1, "fence": jobs.c.fence + 1}
    same = and_(jobs.c.trust == trust, jobs.c.key == key)
    leasing = update(jobs).where(same).values(**taken, **counted).returning(*jobs.c)
    return connection.execute(leasing).mappings().one()


def finished(connection: Connection, job: RowMapping, trouble: str, now: datetime) -> RowMapping | None:
    """Write down how a job ended, and return its row: done, to be tried again, or given up; None if it is not ours."""
    again = next_attempt(job["attempts"], now) if trouble else None
    state = Progress.WAITING if again else Progress.DEAD if trouble else Progress.DONE
    told = {"state": state, "due_at": again or now, "finished_at": None if again else now, "answer": trouble}
    same = and_(jobs.c.trust == job["trust"], jobs.c.key == job["key"])
    ours = and_(same, jobs.c.fence == job["fence"], jobs.c.state == Progress.RUNNING)
    ending = update(jobs).where(ours).values(**told, leased_until=null()).returning(*jobs.c)
    return connection.execute(ending).mappings().first()


def next_attempt(attempts: int, now: datetime) -> datetime | None:
    """Return when a job that failed so many times is begun again: 1, 5, 15, 60 minutes; or None."""
    return now + _BACK_OFF[attempts - 1] if attempts < MOST_ATTEMPTS else None


def _occurrence(schedule: Schedule, now: datetime) -> Job:
    due = schedule.rhythm.latest(now)
    return Job(key=f"{schedule.name}@{due:%Y-%m-%dT%H:%M:%SZ}", name=schedule.name, due_at=due)


def _row(job: Job) -> dict[str, Any]:
    asked = {"trust": job.trust, "key": job.key, "name": job.name, "arguments": dict(job.arguments)}
    return {**asked, "state": Progress.WAITING, "due_at": job.due_at, "attempts": 0, "fence": 0}


def _unfinished() -> ColumnElement[bool]:
    """Say it in literals: SQLite uses a partial index only where the statement repeats its words."""
    literals: list[ColumnElement[str]] = [literal_column(f"'{s}'") for s in (Progress.WAITING, Progress.RUNNING)]
    unfinished: ColumnElement[bool] = jobs.c.state.in_(literals)
    return unfinished
