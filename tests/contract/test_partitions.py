"""Large tables divided by trust: nothing is missing afterwards, and nobody who works notices."""

import re

import pytest
from sqlalchemy import MetaData, func, inspect, select, text

from engine import partitions
from engine.errors import Invalid
from engine.storage import database
from tests import databases, northshire
from tests.databases import postgres_database, sqlite_database
from workflows.commands.databases import LARGE

MODULUS = 3


@pytest.fixture
def engine(postgres_server, clock):
    with postgres_database(postgres_server) as url:
        made = northshire.engine_on(url, clock)
        northshire.found(made, clock)
        northshire.offer(made)
        key = northshire.open_class(made, clock)
        for name in ("ann", "bob"):
            northshire.enrol(made, key, name)
        yield made
        databases.close(made.database)


def rows(engine):
    tables = MetaData()
    tables.reflect(engine.database, only=LARGE)
    with engine.reading() as connection:
        return {
            table.name: sorted(map(str, connection.execute(select(*table.c[tuple(sorted(table.c.keys()))])).all()))
            for table in tables.sorted_tables
            if table.name in LARGE
        }


def is_part(table):
    return re.search(r"_p\d$", table) is not None


def shape(engine):
    """Return keys, foreign keys and indexes of every table that is no partition."""
    seen = inspect(engine.database)
    tables = [name for name in seen.get_table_names() if not is_part(name)]
    return {
        name: (
            seen.get_pk_constraint(name),
            sorted(str(key) for key in seen.get_foreign_keys(name) if not is_part(key["referred_table"])),
            sorted((index["name"], str(index["column_names"]), index["unique"]) for index in seen.get_indexes(name)),
            [(column["name"], column["nullable"], str(column["type"])) for column in seen.get_columns(name)],
        )
        for name in tables
    }


def divided(engine):
    kinds = text("SELECT relname FROM pg_class WHERE relkind = 'p'")
    with engine.reading() as connection:
        return set(connection.execute(kinds).scalars())


def test_rows_keys_and_indexes_are_the_same_afterwards(engine):
    before, looked = rows(engine), shape(engine)

    done = list(partitions.divide(engine.database, LARGE, MODULUS))

    assert {one.table: one.rows for one in done} == {name: len(kept) for name, kept in before.items()}
    assert divided(engine) == set(LARGE)
    assert rows(engine) == before
    assert shape(engine) == looked


def test_work_goes_on_in_divided_tables(engine, clock):
    list(partitions.divide(engine.database, LARGE, MODULUS))

    key = northshire.open_class(engine, clock)
    enrolment = northshire.enrol(engine, key, "cat")
    northshire.fire(engine, northshire.HELEN, "enrolment", enrolment, "WITHDRAW")

    assert northshire.standing(engine, key)["cat"][0] == "WITHDRAWN"
    with pytest.raises(Exception, match="violates foreign key"), database.writing(engine.database) as connection:
        connection.execute(text("DELETE FROM persons WHERE id = 'cat'"))


def test_what_was_interrupted_goes_on_where_it_stopped(engine):
    beginning = partitions.divide(engine.database, LARGE, MODULUS)
    next(beginning)
    next(beginning)
    beginning.close()

    done = list(partitions.divide(engine.database, LARGE, MODULUS))

    assert [one.table for one in done if not one.statements] == list(LARGE[:2])
    assert divided(engine) == set(LARGE)


def test_a_dry_run_says_what_would_be_done_and_does_nothing(engine):
    (planned,) = partitions.divide(engine.database, ["journal"], MODULUS, dry_run=True)

    assert sum("PARTITION OF" in statement for statement in planned.statements) == MODULUS
    assert divided(engine) == set()


@pytest.mark.parametrize(
    ("tables", "modulus", "sentence"),
    [
        (["journal"], 1, "divided into 2 to 1024 partitions, not 1"),
        (["nowhere"], 4, "There is no table nowhere"),
        (["api_tokens"], 4, "api_tokens has a key without the trust"),
    ],
)
def test_what_cannot_be_divided_is_said(engine, tables, modulus, sentence):
    with pytest.raises(Invalid, match=sentence):
        list(partitions.divide(engine.database, tables, modulus))

    assert divided(engine) == set()


def test_sqlite_has_no_partitions(tmp_path):
    with sqlite_database(tmp_path) as url:
        base = database.connect(url)
        with pytest.raises(Invalid, match="Only PostgreSQL"):
            list(partitions.divide(base, LARGE, MODULUS))
        base.dispose()


def test_rows_lie_in_the_partition_of_their_trust(engine):
    list(partitions.divide(engine.database, ["journal"], MODULUS))

    with engine.reading() as connection:
        parts = [text(f"SELECT count(*) FROM journal_p{number}") for number in range(MODULUS)]  # noqa: S608 - ours
        counts = [connection.execute(part).scalar_one() for part in parts]
        whole = connection.execute(select(func.count()).select_from(text("journal"))).scalar_one()
    assert sorted(counts) == [0, 0, whole]
