"""Questions that are prepared answer as SQLAlchemy does, on both databases."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, bindparam, insert, select

from engine.roles.directory_tables import organisations
from engine.storage import database
from engine.storage.prepared import KEYS, TRUST, Asked
from tests.people import TRUST as HOME

NAMES = ("a", "b", "c", "d", "e", "f")
QUERY = (
    select(organisations.c.id, organisations.c.parent)
    .where(organisations.c.trust == TRUST, organisations.c.id.in_(KEYS), organisations.c.name.in_(["Odd", "Even"]))
    .where(organisations.c.name != bindparam("but"))
    .order_by(organisations.c.id)
)


@pytest.fixture
def base(database_url: str) -> Iterator[Engine]:
    opened = database.connect(database_url)
    with database.writing(opened) as connection:
        for number, one in enumerate(NAMES):
            row = {"trust": HOME, "id": one, "parent": None, "name": "Odd" if number % 2 else "Even"}
            connection.execute(insert(organisations), row)
    yield opened
    opened.dispose()


@pytest.mark.parametrize("keys", [(), ("a",), ("a", "b", "zz"), NAMES])
def test_rows_are_those_of_sqlalchemy_however_many_keys_there_are(base, keys):
    asked = Asked(QUERY)

    with database.reading(base) as connection:
        found = [asked.rows(connection, trust=HOME, keys=keys, but="Odd") for _ in range(2)]
        expected = connection.execute(QUERY, {"trust": HOME, "keys": keys, "but": "Odd"}).all()

    assert [[tuple(row) for row in rows] for rows in found] == [[tuple(row) for row in expected]] * 2


def test_a_row_is_read_by_the_names_of_its_columns(base):
    with database.reading(base) as connection:
        found = Asked(QUERY).one(connection, trust=HOME, keys=("c",), but="Odd")

    assert (found.id, found.parent) == ("c", None)


def test_where_nothing_is_found_there_is_no_first_row(base):
    with database.reading(base) as connection:
        assert Asked(QUERY).one(connection, trust=HOME, keys=("zz",), but="") is None
