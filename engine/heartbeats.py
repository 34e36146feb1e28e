"""Which workers are alive: each writes down every few seconds that it is, so that “no worker” can be seen."""

from __future__ import annotations

import os
import secrets
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Final

import sqlalchemy
from sqlalchemy import Connection, delete, select
from sqlalchemy.dialects import postgresql, sqlite

from engine.incident_tables import heartbeats
from engine.storage import database
from engine.transaction import Engine

EVERY: Final = timedelta(seconds=10)
SILENT: Final = timedelta(minutes=1)
"""After so long without a beat a worker counts as gone."""
_FORGOTTEN: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Beat:
    """When a part of a worker was last heard of, and since when it has worked."""

    worker: str
    part: str
    started_at: datetime
    seen_at: datetime


class Pulse:
    """The heartbeat of one worker; every part of it says so itself."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._worker = f"{socket.gethostname()[:50]}:{os.getpid()}:{secrets.token_hex(3)}"
        self._started: datetime | None = None
        self._last: dict[str, datetime] = {}

    def beat(self, part: str) -> None:
        """Write down that a part is alive, if it has not been said lately."""
        now = self._engine.clock()
        if part in self._last and now - self._last[part] < EVERY:
            return
        self._started = self._started or now
        row = {"worker": self._worker, "part": part, "started_at": self._started, "seen_at": now}
        with database.writing(self._engine.database) as connection:
            connection.execute(_beating(connection.dialect.name), row)
            connection.execute(delete(heartbeats).where(heartbeats.c.seen_at < now - _FORGOTTEN))
        self._last[part] = now

    def end(self) -> None:
        """Say nothing more: this worker ended in good order."""
        with database.writing(self._engine.database) as connection:
            connection.execute(delete(heartbeats).where(heartbeats.c.worker == self._worker))


def beats(connection: Connection) -> Sequence[Beat]:
    """Return what was heard of every worker during the last day, the latest first."""
    rows = connection.execute(select(heartbeats).order_by(heartbeats.c.seen_at.desc(), heartbeats.c.worker))
    return [Beat(**row) for row in rows.mappings()]


@cache
def _beating(dialect: str) -> sqlalchemy.Insert:
    insert = sqlite.insert if dialect == "sqlite" else postgresql.insert
    added = insert(heartbeats)
    key = [heartbeats.c.worker, heartbeats.c.part]
    beaten: sqlalchemy.Insert = added.on_conflict_do_update(
        index_elements=key, set_={"seen_at": added.excluded.seen_at}
    )
    return beaten
