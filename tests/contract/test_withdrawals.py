"""Withdrawing a letter that waits: never silently, and never so that a calendar stays wrong."""

import pytest
from sqlalchemy import update

from engine import messages
from engine.errors import Missing, Refused
from engine.outgoing import withdrawals
from engine.outgoing.outbox import Delivery
from engine.storage import database
from engine.tables import invitations
from tests.clock import START
from tests.contract.waiting_letters import TRUST, invitation, letter, queue, stored
from tests.trial import TRUST_HOLDER, engine_on


@pytest.fixture
def engine(database_url, clock):
    built = engine_on(database_url, clock)
    yield built
    built.database.dispose()


def withdraw(engine, identifier):
    with database.writing(engine.database) as connection:
        withdrawals.withdraw(connection, TRUST, identifier, by=TRUST_HOLDER, reason="It was a mistake.", now=START)


def test_a_letter_that_waits_is_withdrawn_with_who_did_it_and_why_and_may_go_after_all(engine):
    [identifier] = queue(engine.database, letter())

    withdraw(engine, identifier)
    [row] = stored(engine.database)
    assert (row["state"], row["answer"]) == (Delivery.SUPPRESSED, "Withdrawn by Tom Reid: It was a mistake.")

    with database.writing(engine.database) as connection:
        assert messages.resend(connection, TRUST, identifier, START) == identifier
    assert stored(engine.database)[0]["state"] == Delivery.QUEUED


def test_a_link_to_sign_in_that_is_withdrawn_is_forgotten(engine):
    [identifier] = queue(engine.database, letter(kind="account"))

    withdraw(engine, identifier)

    assert stored(engine.database)[0]["context"] == {}
    with database.writing(engine.database) as connection, pytest.raises(Refused, match="for once"):
        messages.resend(connection, TRUST, identifier, START)


@pytest.mark.parametrize(
    ("state", "why"), [(Delivery.SENDING, withdrawals.GOING), (Delivery.SENT, withdrawals.OVER)], ids=["going", "over"]
)
def test_what_is_going_or_over_is_not_withdrawn(engine, state, why):
    [identifier] = queue(engine.database, letter(state=state))

    with pytest.raises(Refused, match=why[:20]):
        withdraw(engine, identifier)


@pytest.mark.parametrize(
    ("delivered", "refused"),
    [(None, False), ("METHOD:CANCEL", False), ("METHOD:REQUEST", True)],
    ids=["never-invited", "taken-back", "invited"],
)
def test_what_makes_a_calendar_right_is_not_withdrawn(engine, delivered, refused):
    [identifier] = queue(engine.database, letter(**invitation("u", 1, "CANCEL")))
    with database.writing(engine.database) as connection:
        connection.execute(update(invitations).values(delivered=delivered))

    if refused:
        with pytest.raises(Refused, match="calendar has an earlier invitation"):
            withdraw(engine, identifier)
    else:
        withdraw(engine, identifier)

    assert (stored(engine.database)[0]["state"] == Delivery.SUPPRESSED) is not refused


def test_what_does_not_exist_is_not_withdrawn(engine):
    with pytest.raises(Missing):
        withdraw(engine, "none")
