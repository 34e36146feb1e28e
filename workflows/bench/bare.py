"""The limit of W3: a WSGI callable that stores what is posted in one row of its own commit, and does nothing else."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import Engine

from engine.storage import database

_TABLE: Final = "CREATE TABLE IF NOT EXISTS bench_raw_commits (path text PRIMARY KEY, body text NOT NULL)"
_KEEP: Final = (
    "INSERT INTO bench_raw_commits (path, body) VALUES (?, ?) ON CONFLICT (path) DO UPDATE SET body = excluded.body"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bare:
    """Stores bodies by the path that they came to; every thread has a connection of the driver's own."""

    base: Engine
    local: threading.local = field(default_factory=threading.local)

    def __call__(self, environment: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        """Answer one request when what it brought is durable."""
        body = environment["wsgi.input"].read(int(environment["CONTENT_LENGTH"]))
        connection, cursor, statement = self._driver()
        if self.base.dialect.name == "sqlite":
            cursor.execute("BEGIN IMMEDIATE")
        cursor.execute(statement, (environment["PATH_INFO"], body.decode()))
        connection.commit()
        start("200 OK", [("Content-Type", "application/json"), ("Content-Length", "2")])
        return [b"{}"]

    def _driver(self) -> tuple[Any, Any, str]:
        if not hasattr(self.local, "driver"):
            connection = self.base.raw_connection()
            mark = "?" if self.base.dialect.name == "sqlite" else "%s"
            self.local.driver = connection, connection.cursor(), _KEEP.replace("?", mark)
        driver: tuple[Any, Any, str] = self.local.driver
        return driver


def application(url: str, synchronous: str) -> Bare:
    """Return the callable over a database, with its table made."""
    base = database.connect(url, synchronous=synchronous)
    with database.writing(base) as connection:
        connection.exec_driver_sql(_TABLE)
    return Bare(base=base)
