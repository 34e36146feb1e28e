"""The letters as people look at them."""

from datetime import timedelta

import pytest
from sqlalchemy import update

from engine import messages
from engine.errors import Invalid, Missing, Refused
from engine.letters import Subject
from engine.messages import UNKNOWN
from engine.outgoing.outbox import Delivery
from engine.storage import database
from engine.tables import outbox
from tests.clock import START
from tests.contract.waiting_letters import TRUST, letter, queue, stored
from tests.trial import LEARNER, Turn, engine_on


@pytest.fixture
def engine(database_url, clock):
    built = engine_on(database_url, clock)
    yield built
    built.database.dispose()


def resend(engine, identifier):
    with database.writing(engine.database) as connection:
        return messages.resend(connection, TRUST, identifier, START + timedelta(hours=1))


def test_messages_come_in_pages_the_newest_first(engine):
    ids = queue(engine.database, *(letter(number) for number in range(5)))

    with engine.reading() as connection:
        first = messages.messages(connection, TRUST, limit=3)
        second = messages.messages(connection, TRUST, cursor=first.after, limit=3)

    assert [row["id"] for row in [*first.letters, *second.letters]] == ids[::-1]
    assert second.after is None


def test_messages_are_chosen_by_what_they_are(engine):
    ids = queue(engine.database, letter(1, state=Delivery.DEAD), letter(2))

    with engine.reading() as connection:
        found = messages.messages(connection, TRUST, {"state": Delivery.DEAD})

    assert [row["id"] for row in found.letters] == ids[:1]


def test_messages_are_not_chosen_by_their_text(engine):
    with engine.reading() as connection, pytest.raises(Invalid, match="context"):
        messages.messages(connection, TRUST, {"context": "x"})


def test_another_trusts_message_does_not_exist(engine):
    [identifier] = queue(engine.database, letter())

    with engine.reading() as connection, pytest.raises(Missing):
        messages.message(connection, "elsewhere", identifier)


def test_why_names_the_move_the_rule_and_who_set_it_off(engine):
    with engine.transaction(LEARNER) as tx:
        moved = tx.start("leave", TRUST, Turn.ASK, {"person": "lin"})
    caused = {"kind": "leave", "subject": moved.subject.id, "revision": 1}
    [identifier] = queue(
        engine.database, letter(relevant={"name": "still_in", "facts": {"states": ["ASKED"]}}, **caused)
    )

    with engine.reading() as connection:
        found = messages.why(connection, TRUST, identifier)

    assert (found.cause, found.step, found.by) == (f"leave/{moved.subject.id}/1", "L1", LEARNER.id)
    assert found.moved == "new → ASKED"
    assert found.relevant == "the leave is asked"


def test_why_says_unknown_where_the_journal_no_longer_knows(engine):
    [identifier] = queue(engine.database, letter())

    with engine.reading() as connection:
        found = messages.why(connection, TRUST, identifier)

    assert (found.cause, found.step, found.by, found.at) == (UNKNOWN, UNKNOWN, UNKNOWN, None)


@pytest.mark.parametrize("state", [Delivery.DEAD, Delivery.PARKED, Delivery.RETRY])
def test_what_was_given_up_is_tried_anew_as_it_is(engine, state):
    [identifier] = queue(engine.database, letter(state=state, attempts=9))

    assert resend(engine, identifier) == identifier

    [row] = stored(engine.database)
    assert (row["state"], row["attempts"]) == (Delivery.QUEUED, 0)


def test_what_was_sent_goes_again_as_a_copy_with_its_own_message_id(engine):
    [identifier] = queue(engine.database, letter())
    with database.writing(engine.database) as connection:
        connection.execute(update(outbox).values(state=Delivery.SENT, sent_at=START))

    copy = resend(engine, identifier)

    first, second = stored(engine.database)
    assert (first["state"], second["state"], second["id"]) == (Delivery.SENT, Delivery.QUEUED, copy)
    assert first["message_id"] != second["message_id"]
    assert first["context"] == second["context"]


def test_a_link_for_once_is_not_sent_again(engine):
    [identifier] = queue(engine.database, letter(kind="account", state=Delivery.SENT))

    with pytest.raises(Refused):
        resend(engine, identifier)


@pytest.mark.parametrize("state", [Delivery.QUEUED, Delivery.SENDING, Delivery.SUPPRESSED])
def test_what_is_on_its_way_or_no_longer_true_is_not_sent_again(engine, state):
    [identifier] = queue(engine.database, letter(state=state))

    with pytest.raises(Refused):
        resend(engine, identifier)


def test_what_does_not_exist_is_not_sent_again(engine):
    with pytest.raises(Missing):
        resend(engine, str(Subject(kind="letter", trust=TRUST, id="none")))
