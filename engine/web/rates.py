"""How often something was tried: counters in fixed windows of time, which name nobody."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, delete, select
from sqlalchemy.dialects import postgresql, sqlite

from engine import accounts
from engine.roles.directory_tables import rates

WINDOW = timedelta(minutes=15)
_KEPT = timedelta(days=1)
_INSERTS: Mapping[str, Callable[..., Any]] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


def bucket(kind: str, value: str) -> str:
    """Name a counter without keeping in clear what it is about."""
    return f"{kind}:{accounts.digest(value.strip().lower())}"


def hits(conn: Connection, bucket: str, now: datetime) -> int:
    """Return how often a bucket was hit in the window that `now` falls into."""
    query = select(rates.c.hits).where(rates.c.bucket == bucket, rates.c.window == _start(now))
    return conn.execute(query).scalar_one_or_none() or 0


def hit(conn: Connection, bucket: str, now: datetime) -> int:
    """Count one more, and return the count; the bucket's windows of a day ago are forgotten."""
    start = _start(now)
    conn.execute(delete(rates).where(rates.c.bucket == bucket, rates.c.window < start - _KEPT))
    first = _INSERTS[conn.dialect.name](rates).values(bucket=bucket, window=start, hits=1)
    counted = first.on_conflict_do_update(index_elements=["bucket", "window"], set_={"hits": rates.c.hits + 1})
    return int(conn.execute(counted.returning(rates.c.hits)).scalar_one())


def _start(now: datetime) -> datetime:
    seconds = int(WINDOW.total_seconds())
    return datetime.fromtimestamp(int(now.timestamp()) // seconds * seconds, tz=now.tzinfo)
