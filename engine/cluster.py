"""The job engine for many machines: Procrastinate carries the jobs, our own table remains their ledger.

A job and whoever enqueued it are one commit. Procrastinate finds the next job, holds back those of a trust that is
busy, and knows by heartbeats which worker died; its own asynchronous worker is not used, for ours runs in threads that
share one pool, outlive a restarted database and stop when told. Everything goes through the versioned SQL functions of
its schema, so its command line and its views show the same jobs. Its time is the database's: one clock for all.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from importlib import resources
from importlib.metadata import version
from typing import Any, Final

import sqlalchemy
from procrastinate import schema
from procrastinate.sql import queries
from procrastinate.types import JobToDefer
from psycopg.types.json import Jsonb
from sqlalchemy import Connection, RowMapping, and_, null, select, update
from sqlalchemy.exc import InterfaceError, OperationalError

from engine.errors import SettingError
from engine.jobs import EPOCH, KEPT, EmbeddedJobs, Job, Progress, Schedule, Work, added, finished, leased
from engine.storage import database
from engine.tables import jobs

SILENCE: Final = 30.0
"""Seconds without a heartbeat after which a worker is taken for dead."""

_BEAT: Final = 10.0
_LIBRARY: Final = "procrastinate"
_STANDS: Final = "SELECT obj_description(to_regclass('procrastinate_jobs'), 'pg_class')"
_WAITING: Final = """
SELECT 1 FROM procrastinate_jobs
WHERE status = 'todo' AND queue_name = ANY(%(queues)s) AND (scheduled_at IS NULL OR scheduled_at <= now()) LIMIT 1
"""
_ANY: Final = {"queue": None, "task_name": None}
_FINAL: Final = {"queue": None, "statuses": ["succeeded", "failed", "cancelled", "aborted"]}
_log = logging.getLogger(__name__)


def upgrade(url: str) -> None:
    """Bring Procrastinate's schema to the version of the library that is installed; raises `SettingError` on SQLite."""
    base = _connected(url)
    with database.writing(base) as connection:
        for statements in _missing(_version(connection)):
            connection.exec_driver_sql(statements.replace("%", "%%"))
        connection.exec_driver_sql(f"COMMENT ON TABLE procrastinate_jobs IS '{version(_LIBRARY)}'")
    base.dispose()


def is_current(url: str) -> bool:
    """Say whether Procrastinate's schema is there in the version that is installed; raises `SettingError` on SQLite."""
    base = _connected(url)
    with database.reading(base) as connection:
        current = _version(connection) == version(_LIBRARY)
    base.dispose()
    return current


def steps_since(stands: str, names: Sequence[str]) -> list[str]:
    """Return those of the library's migrations (`03.04.00_01_pre_….sql`) that are newer than a version, in order."""
    return sorted(name for name in names if name.endswith(".sql") and _numbers(name[:8]) > _numbers(stands))


class ClusterJobs(EmbeddedJobs):
    """The port on Procrastinate; the ledger, the schedules and the back-off are the embedded engine's.

    A job goes through a queue that bears its name, so that during an upgrade an older worker leaves alone what it does
    not know.
    """

    def __init__(
        self,
        base: sqlalchemy.Engine,
        clock: Callable[[], datetime],
        works: Mapping[str, Work],
        schedules: Sequence[Schedule] = (),
    ) -> None:
        super().__init__(base, clock, works, schedules)
        self._worker: int | None = None

    def schedule(self) -> int:
        """Add what the schedules make due now, forget what failed long ago; return how many were new."""
        new = super().schedule()
        if new:
            with database.writing(self._base) as connection:
                _call(connection, "delete_old_jobs", **_FINAL, nb_hours=KEPT // timedelta(hours=1))
        return new

    def run(self, stop: Callable[[], bool] = lambda: False) -> int:
        """Do what is due, until nothing is or `stop` says so; return how many jobs were taken."""
        self._recover()
        if not self._anything():
            return 0
        with self._alive():
            return super().run(stop)

    def _add(self, connection: Connection, wanted: Sequence[Job]) -> int:
        fresh = added(connection, wanted)
        carried = [job for job in wanted if (job.trust, job.key) in fresh]
        if carried:
            rows = _call(connection, "defer_jobs", jobs=[self._carried(job) for job in carried])
            for job, row in zip(carried, rows, strict=True):
                ours = and_(jobs.c.trust == job.trust, jobs.c.key == job.key)
                connection.execute(update(jobs).where(ours).values(carrier=row["id"]))
        return len(fresh)

    def _carried(self, job: Job) -> JobToDefer:
        work = self._works.get(job.name)
        arguments: Any = Jsonb({"trust": job.trust, "key": job.key})
        return JobToDefer(
            queue_name=job.name,
            task_name=job.name,
            priority=_priority(job.due_at),
            lock=f"{job.name}/{job.trust}" if work and work.alone else None,
            queueing_lock=f"{job.trust}/{job.key}",
            args=arguments,
            scheduled_at=job.due_at,
        )

    def _revive(self, connection: Connection, job: RowMapping) -> None:
        _again(connection, job["carrier"], job["due_at"])

    def _anything(self) -> bool:
        with database.reading(self._base) as connection:
            return connection.exec_driver_sql(_WAITING, {"queues": list(self._works)}).first() is not None

    def _lease(self) -> RowMapping | None:
        with database.writing(self._base) as connection:
            (taken,) = _call(connection, "fetch_job", queues=list(self._works), worker_id=self._worker)
            if taken["id"] is None:
                return None
            until = self._clock() + self._works[taken["task_name"]].lease
            return leased(connection, taken["args"]["trust"], taken["args"]["key"], until)

    def _finish(self, job: RowMapping, trouble: str) -> None:
        with database.writing(self._base) as connection:
            row = finished(connection, job, trouble, self._clock())
            if row is None:
                return
            if row["state"] == Progress.WAITING:
                _again(connection, row["carrier"], row["due_at"])
            else:
                status = "failed" if trouble else "succeeded"
                _call(connection, "finish_job", job_id=row["carrier"], status=status, delete_job=not trouble)

    def _recover(self) -> None:
        """Have others' work begun again: of workers that fell silent, and work that outlived its lease."""
        now = self._clock()
        with database.writing(self._base) as connection:
            silent = _call(connection, "select_stalled_jobs_by_heartbeat", **_ANY, seconds_since_heartbeat=SILENCE)
            late = and_(jobs.c.state == Progress.RUNNING, jobs.c.leased_until <= now, jobs.c.carrier.is_not(None))
            stalled = {row["id"] for row in silent} | set(
                connection.execute(select(jobs.c.carrier).where(late)).scalars()
            )
            lost = update(jobs).where(jobs.c.carrier.in_(stalled), jobs.c.state == Progress.RUNNING)
            again = lost.values(state=Progress.WAITING, due_at=now, fence=jobs.c.fence + 1, leased_until=null())
            for carrier in connection.execute(again.returning(jobs.c.carrier)).scalars().all() if stalled else ():
                _log.warning("job begun again carrier=%d", carrier)
                _again(connection, carrier, now)

    @contextmanager
    def _alive(self) -> Iterator[None]:
        """Be a worker that beats while it works; one that stumbles is forgotten like one that was killed."""
        with database.writing(self._base) as connection:
            _call(connection, "prune_stalled_workers", seconds_since_heartbeat=SILENCE)
            (row,) = _call(connection, "register_worker")
            self._worker = row["worker_id"]
            _call(connection, "update_heartbeat", worker_id=self._worker)
        done = threading.Event()
        beating = threading.Thread(target=self._beat, args=(self._worker, done), name="heartbeat", daemon=True)
        beating.start()
        try:
            yield
        finally:
            done.set()
            beating.join()
        with database.writing(self._base) as connection:
            _call(connection, "unregister_worker", worker_id=self._worker)

    def _beat(self, worker: int, done: threading.Event) -> None:
        while not done.wait(_BEAT):
            try:
                with database.writing(self._base) as connection:
                    _call(connection, "update_heartbeat", worker_id=worker)
            except (OperationalError, InterfaceError):
                _log.warning("heartbeat not written worker=%d", worker)


def _call(connection: Connection, query: str, **arguments: Any) -> Sequence[RowMapping]:
    """Run one of the library's own statements in our transaction, so that its errors are those of our database."""
    answer = connection.exec_driver_sql(queries[query], arguments)
    return answer.mappings().all() if answer.returns_rows else ()


def _again(connection: Connection, carrier: int, at: datetime) -> None:
    changed = {"new_priority": _priority(at), "new_queue_name": None, "new_lock": None}
    _call(connection, "retry_job", job_id=carrier, retry_at=at, **changed)


def _priority(due: datetime) -> int:
    """Put first what is due first: else a job of tomorrow would hold back those of today that share its lock."""
    return -int((due - EPOCH).total_seconds())


def _connected(url: str) -> sqlalchemy.Engine:
    base = database.connect(url)
    if base.dialect.name != "postgresql":
        raise SettingError("PRECEPTOR_JOBS=procrastinate needs PostgreSQL: SQLite has the embedded job engine.")
    return base


def _version(connection: Connection) -> str | None:
    stands: str | None = connection.exec_driver_sql(_STANDS).scalar_one()
    return stands


def _missing(stands: str | None) -> list[str]:
    if stands is None:
        return [schema.SchemaManager.get_schema()]
    folder = resources.files("procrastinate.sql") / "migrations"
    names = steps_since(stands, [file.name for file in folder.iterdir()])
    return [(folder / name).read_text(encoding="utf-8") for name in names]


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split("."))
