"""Questions that are prepared answer as SQLAlchemy does, on both databases."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, bindparam, insert, select, update

from engine.roles.directory_tables import organisations
from engine.storage import database
from engine.storage.prepared import KEYS, TRUST, Asked, Noted
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


@pytest.mark.parametrize(
    ("stood", "beside", "expected"), [("Even", "y", "axy"), ("Even", None, "ax"), ("Odd", "y", "")]
)
def test_a_change_is_noted_with_what_goes_beside_it_or_nothing_is_written(base, stood, beside, expected):
    named = (organisations.c.trust == bindparam("_trust"), organisations.c.name == bindparam("_name"))
    change = update(organisations).where(*named, organisations.c.id == bindparam("_id")).values(name=bindparam("name"))
    place = (organisations, ("trust", "id", "parent", "name"))
    noted = Noted(change, place, place)
    row = {"_trust": HOME, "_name": stood, "_id": "a", "name": "New"}
    note = {"trust": HOME, "id": "x", "parent": None, "name": "New"}

    with database.writing(base) as connection:
        changed = noted.write_one(connection, row, note, beside and {**note, "id": beside})

    with database.reading(base) as connection:
        written = select(organisations.c.id).where(organisations.c.name == "New").order_by(organisations.c.id)
        assert (changed, "".join(connection.execute(written).scalars())) == (min(len(expected), 1), expected)
