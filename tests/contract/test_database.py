"""A connection that was lost is replaced, whoever notices it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, suppress

import pytest
import sqlalchemy
from sqlalchemy import text
from sqlalchemy.exc import OperationalError, PendingRollbackError

from engine.storage import database
from engine.storage import pool as pools
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
    return int(pools.run(connection, "SELECT 7").fetchone()[0])


def test_a_connection_that_rested_is_asked_whether_it_lives_before_it_is_used(pool, monkeypatch):
    monkeypatch.setattr(pools, "RESTED_SECONDS", -1.0)
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


def go_on_after_a_loss(pool: sqlalchemy.Engine, connection: sqlalchemy.Connection) -> None:
    cut_off(pool)
    with suppress(OperationalError):
        answer(connection)
    connection.execute(text("CREATE TABLE half (a integer)"))


def test_what_the_second_half_says_after_a_loss_is_not_kept_even_where_the_loss_was_overlooked(pool):
    with pytest.raises(PendingRollbackError), database.writing(pool) as connection:
        go_on_after_a_loss(pool, connection)

    with database.writing(pool) as connection:
        assert connection.scalar(text("SELECT to_regclass('half')")) is None


def written(connection: sqlalchemy.Connection) -> int:
    return int(connection.scalar(text("SELECT count(*) FROM seals")))


def write_both_ways(connection: sqlalchemy.Connection) -> None:
    row = "INSERT INTO seals VALUES ('northshire', {}, '2026-11-22 09:00:00', 1, '', '', '')"
    pools.run(connection, row.format(1))
    connection.execute(text(row.format(2)))


@pytest.fixture
def opened(database_url: str) -> Iterator[sqlalchemy.Engine]:
    made = database.connect(database_url)
    yield made
    close(made)


def test_what_the_driver_and_sqlalchemy_wrote_is_kept_as_one(opened):
    with database.writing(opened) as connection:
        write_both_ways(connection)

    with database.reading(opened) as connection:
        assert written(connection) == 2


def test_an_error_undoes_what_either_wrote(opened):
    with suppress(ZeroDivisionError), database.writing(opened) as connection:
        write_both_ways(connection)
        raise ZeroDivisionError

    with database.reading(opened) as connection:
        assert written(connection) == 0


def test_a_connection_rests_between_two_transactions_and_is_not_in_use_then(opened):
    with database.writing(opened) as first:
        used = opened.pool.checkedout()

    with database.reading(opened) as second:
        assert second is first
    assert (used, opened.pool.checkedout()) == (1, 0)


def test_no_more_connections_rest_than_the_pool_keeps(opened):
    with ExitStack() as open_at_once:
        for _ in range(opened.pool.size() + 2):
            open_at_once.enter_context(database.reading(opened))

    assert len(opened.pool.resting) == opened.pool.size()


def test_a_connection_of_a_pool_that_was_closed_meanwhile_does_not_come_back(opened):
    with database.writing(opened):
        opened.dispose()

    assert opened.pool.resting == []
