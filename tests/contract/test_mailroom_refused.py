"""A mail that is refused while it is acted on: a person gets it, and nothing else of it is kept."""

from __future__ import annotations

import pytest
from sqlalchemy import select, update

from engine import return_addresses
from engine.errors import Refused
from engine.mailroom import processing, reading, store
from engine.return_addresses import Use
from engine.roles.directory_tables import accounts
from tests import approvals, mail_in
from tests.mail_in import HOUSE, KEY, plain
from tests.trial import TRUST


@pytest.fixture
def engine(database_url, clock):
    with approvals.engines(database_url, clock) as on:
        yield on()


def refusing(tx, _house, _mail):
    tx.connection.execute(update(accounts).values(name="Changed"))
    raise Refused("It is not to be.")


def test_what_is_refused_is_left_to_a_person_and_read_once(engine):
    address = mail_in.address(Use.REPLY, TRUST, "letter-1")
    with engine.transaction() as tx:
        signed = return_addresses.read(KEY, address, [TRUST])
        mail = store.Arrived(peer="", sender="a@x.example", recipient=address, raw=plain("Hello"), address=signed)
        store.keep(tx.connection, mail_in.jobs_of(engine), [mail], tx.now)
    identifier = mail_in.rows(engine)[0]["id"]

    outcome = processing.read(engine, HOUSE, identifier, reading.read, [refusing])
    again = processing.read(engine, HOUSE, identifier, reading.read, [refusing])

    with engine.reading() as connection:
        names = set(connection.execute(select(accounts.c.name)).scalars())
    assert (outcome.state, outcome.sentence) == ("PERSON", "Nothing was done: It is not to be.")
    assert (again, "Changed" in names) == (None, False)
