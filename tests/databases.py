"""A fresh, migrated database for each test: a copy of a template, made once for each version of the schema."""

import functools
import hashlib
import shutil
import sqlite3
import time
import uuid
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy
from sqlalchemy import text
from sqlalchemy.engine import make_url
from sqlalchemy.pool import NullPool

from tests.servers import kept_folder, locked

_ROOT = Path(__file__).resolve().parent.parent


@contextmanager
def sqlite_database(folder: Path) -> Iterator[str]:
    """Yield the URL of a new SQLite file in a folder."""
    compile_once()
    database = folder / f"{uuid.uuid4().hex}.db"
    shutil.copyfile(_sqlite_template(), database)
    yield f"sqlite:///{database}"


@contextmanager
def copied(url: str, folder: Path) -> Iterator[str]:
    """Yield the URL of a copy of a database that nobody is connected to; on SQLite it is a file in the folder."""
    original = make_url(url)
    if original.get_backend_name() == "sqlite":
        database = folder / f"{uuid.uuid4().hex}.db"
        _fold_the_log_in(Path(str(original.database)))
        shutil.copyfile(str(original.database), database)
        yield f"sqlite:///{database}"
    else:
        with _throwaway(_named(url, "postgres"), str(original.database)) as copy:
            yield copy


def close(database: sqlalchemy.Engine) -> None:
    """Close a pool once the last request has given its connection back, which may outlive the server that took it."""
    deadline = time.monotonic() + 5.0
    while database.pool.checkedout() and time.monotonic() < deadline:
        time.sleep(0.01)
    database.dispose()


@contextmanager
def postgres_database(server: str) -> Iterator[str]:
    """Yield the URL of a new database on a PostgreSQL server, and drop it afterwards, whoever is still connected."""
    compile_once()
    with _throwaway(server, _postgres_template(server)) as url:
        yield url


@contextmanager
def empty_database(server: str) -> Iterator[str]:
    """Yield the URL of a new database without any table."""
    with _throwaway(server, "template0") as url:
        yield url


@functools.cache
def compile_once() -> None:
    """Let this process's pools of one kind share what they compile: a test's own pool would compile it all again."""
    from engine.storage import database  # noqa: PLC0415 - tests without a database do not wait for Alembic

    make = database.create_engine
    first: dict[str, sqlalchemy.Engine] = {}

    def sharing(*arguments: Any, **options: Any) -> sqlalchemy.Engine:
        made = make(*arguments, **options)
        name = made.dialect.name
        if known := first.get(name):
            # The dialect is part of the cache's key, and asks its first connection how the server is set.
            made.dialect = made.pool._dialect = known.dialect
            made._compiled_cache = known._compiled_cache
        else:
            sqlalchemy.event.listen(made.pool, "connect", lambda *_: first.setdefault(name, made), once=True)
        return made

    database.create_engine = sharing


@contextmanager
def _throwaway(server: str, template: str) -> Iterator[str]:
    name = f"test_{uuid.uuid4().hex}"
    # Copying the files costs half of what writing every block to the log does, which nobody replays.
    _run(server, f'CREATE DATABASE "{name}" TEMPLATE "{template}" STRATEGY FILE_COPY')
    try:
        yield _named(server, name)
    finally:
        _run(server, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def _sqlite_template() -> Path:
    folder = kept_folder("sqlite")
    template = folder / f"{_schema_version()}.db"
    with locked(folder / "lock"):
        if not template.exists():
            half_made = folder / f"{uuid.uuid4().hex}.half"
            _migrate(f"sqlite:///{half_made}")
            _fold_the_log_in(half_made)
            half_made.rename(template)
    return template


def _fold_the_log_in(database: Path) -> None:
    """Leave one file that can be copied: what SQLite still keeps in its write-ahead log moves into it."""
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _postgres_template(server: str) -> str:
    name = f"template_{_schema_version()}"
    with locked(kept_folder("pg") / "template.lock"):
        if not _exists(server, name):
            half_made = f"half_{uuid.uuid4().hex}"
            _run(server, f'CREATE DATABASE "{half_made}"')
            _migrate(_named(server, half_made))
            _run(server, f'ALTER DATABASE "{half_made}" RENAME TO "{name}"')
    return name


def _schema_version() -> str:
    """Return a digest of all that decides the schema, so that a template is never stale."""
    sources = [
        *_ROOT.glob("engine/migrations/**/*.py"),
        *_ROOT.glob("engine/storage/database.py"),
        *(path for package in ("engine", "scorm", "workflows") for path in _ROOT.glob(f"{package}/**/*tables.py")),
    ]
    digest = hashlib.sha256()
    for path in sorted(sources):
        digest.update(str(path.relative_to(_ROOT)).encode() + path.read_bytes())
    return digest.hexdigest()[:16]


def _migrate(url: str) -> None:
    from engine.storage import database  # noqa: PLC0415 - tests without a database do not wait for Alembic

    database.migrate(url)


def _named(server: str, name: str) -> str:
    return make_url(server).set(database=name).render_as_string(hide_password=False)


def _run(server: str, statement: str) -> None:
    engine = sqlalchemy.create_engine(server, poolclass=NullPool, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(statement))


def _exists(server: str, name: str) -> bool:
    engine = sqlalchemy.create_engine(server, poolclass=NullPool)
    with engine.connect() as connection:
        question = text("SELECT count(*) FROM pg_database WHERE datname = :name")
        return bool(connection.execute(question, {"name": name}).scalar_one())
