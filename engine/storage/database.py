"""Connections to SQLite or PostgreSQL, set up so that the same code is safe on both.

SQLite: WAL, synchronous FULL, foreign keys, 10 s of patience, and `BEGIN IMMEDIATE` for whoever writes (SECURITY 17).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from contextlib import closing
from functools import cache
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import URL, Engine, create_engine, event, inspect, make_url
from sqlalchemy.exc import ArgumentError

from engine import json_text
from engine.errors import SettingError
from engine.storage.pool import WRITING, Pool, Turn

BUSY_MILLISECONDS = 10_000
_CONNECT_SECONDS = 5


def connect(url: str, *, synchronous: str = "FULL") -> Engine:
    """Open a pool of connections; nothing is read or written yet.

    `synchronous` is SQLite's durability; PostgreSQL's is the server's own setting.
    Raises `SettingError` where the address is no database of ours.
    """
    name = _address(url).get_backend_name()
    if name == "sqlite":
        return _sqlite(url, synchronous)
    if name == "postgresql":
        return _postgresql(url)
    raise SettingError(f"PRECEPTOR_DATABASE_URL must be sqlite or postgresql, not {name}.")


def writing(database: Engine) -> Turn:
    """Begin a transaction that writes: committed at the end, rolled back on an error."""
    return Turn(database, WRITING if database.dialect.name == "sqlite" else "")


def reading(database: Engine) -> Turn:
    """Begin a transaction that only reads and never waits for a writer."""
    return Turn(database, "BEGIN" if database.dialect.name == "sqlite" else "")


def migrate(url: str) -> None:
    """Bring the schema to the newest revision."""
    command.upgrade(migration_config(url), "head")


def suffices(stands: str | None) -> bool:
    """Say whether a schema serves this version: at its newest revision, or at one that only a later version knows.

    A later version's migrations only add (expand, migrate, contract), so that both run while one replaces the other.
    """
    newest, known = _ours()
    return stands == newest or (stands is not None and stands not in known)


@cache
def _ours() -> tuple[str | None, frozenset[str]]:
    scripts = ScriptDirectory.from_config(migration_config(""))
    return scripts.get_current_head(), frozenset(script.revision for script in scripts.walk_revisions())


def revisions(url: str) -> tuple[str | None, str | None]:
    """Return the revision at which the schema stands, and the newest; a file that is not there is not made."""
    newest = ScriptDirectory.from_config(migration_config(url)).get_current_head()
    file = file_of(url)
    if file is not None and not file.exists():
        return None, newest
    opened = connect(url)
    try:
        with reading(opened) as connection:
            return MigrationContext.configure(connection).get_current_revision(), newest
    finally:
        opened.dispose()


def lacking(url: str, tables: Iterable[str]) -> tuple[str, ...]:
    """Return which of these tables are not there, by name."""
    opened = connect(url)
    try:
        return tuple(sorted(set(tables).difference(inspect(opened).get_table_names())))
    finally:
        opened.dispose()


def copy(source: Path, target: Path) -> None:
    """Copy an SQLite database while others write to it, whole as of one moment."""
    with closing(sqlite3.connect(source)) as original, closing(sqlite3.connect(target)) as made:
        original.backup(made)


def file_of(url: str) -> Path | None:
    """Return the file of an SQLite database; None where there is none."""
    parts = _address(url)
    kept = parts.get_backend_name() == "sqlite" and parts.database not in {None, "", ":memory:"}
    return Path(str(parts.database)) if kept else None


def migration_config(url: str) -> Config:
    """Return Alembic's configuration for our migrations, which lie beside this module."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).resolve().parent.parent / "migrations"))
    config.attributes["url"] = url
    return config


def _sqlite(url: str, synchronous: str) -> Engine:
    if file := file_of(url):
        file.parent.mkdir(parents=True, exist_ok=True)
    patience = {"timeout": BUSY_MILLISECONDS / 1000}
    database = create_engine(
        url, poolclass=Pool, connect_args=patience, hide_parameters=True, json_serializer=json_text.written
    )

    @event.listens_for(database, "connect")
    def prepare(connection: Any, _record: object) -> None:
        connection.isolation_level = None
        for pragma in ("journal_mode=WAL", f"synchronous={synchronous}", "foreign_keys=ON"):
            connection.execute(f"PRAGMA {pragma}")

    return database


def _postgresql(url: str) -> Engine:
    address = _address(url).set(drivername="postgresql+psycopg")
    said = {"prepare_threshold": 3, "connect_timeout": _CONNECT_SECONDS}
    return create_engine(
        address,
        poolclass=Pool,
        pool_size=10,
        max_overflow=20,
        pool_pre_ping=True,
        json_serializer=json_text.written,
        hide_parameters=True,
        connect_args=said,
    )


def _address(url: str) -> URL:
    try:
        return make_url(url)
    except ArgumentError:
        raise SettingError("PRECEPTOR_DATABASE_URL is not the address of a database.") from None
