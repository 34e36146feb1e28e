"""A connection that was lost is replaced, whoever notices it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import sqlalchemy
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from engine import database
from tests.databases import close, postgres_database


@pytest.fixture
def pool(postgres_server: str) -> Iterator[sqlalchemy.Engine]:
    with postgres_database(postgres_server) as url:
        opened = database.connect(url)
        yield opened
        close(opened)


def cut_off(pool: sqlalchemy.Engine) -> None:
    """Have the server end every connection of this pool but the one that says so."""
    others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> :own"
    saying = sqlalchemy.create_engine(pool.url, poolclass=sqlalchemy.pool.NullPool, isolation_level="AUTOCOMMIT")
    with saying.connect() as connection:
        own = connection.scalar(text("SELECT pg_backend_pid()"))
        connection.execute(text(others), {"own": own})


def answer(connection: sqlalchemy.Connection) -> int:
    return int(database.run(connection, "SELECT 7").fetchone()[0])


def test_a_connection_that_rested_is_asked_whether_it_lives_before_it_is_used(pool, monkeypatch):
    monkeypatch.setattr(database, "_RESTED_SECONDS", -1.0)
    with database.writing(pool) as connection:
        answer(connection)
    cut_off(pool)

    with database.writing(pool) as connection:
        found = answer(connection)

    assert found == 7


def test_a_connection_that_is_lost_in_use_fails_once_and_takes_the_others_with_it(pool):
    with database.writing(pool), database.writing(pool):
        pass
    cut_off(pool)

    with pytest.raises(OperationalError) as lost, database.writing(pool) as connection:
        answer(connection)

    assert lost.value.connection_invalidated
    with database.writing(pool) as one, database.writing(pool) as other:
        assert (answer(one), answer(other)) == (7, 7)
