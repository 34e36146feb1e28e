"""What may stand in a calendar is taken back there: also where nobody knows whether it ever arrived."""

from contextlib import suppress
from datetime import timedelta

import pytest
from sqlalchemy import update

from engine import delivery, messages
from engine.errors import Passing, Refused, Uncertain
from engine.mail import Composer
from engine.outgoing import outbox, withdrawals
from engine.outgoing.outbox import Delivery
from engine.storage import database
from engine.tables import outbox as outbox_table
from engine.wording.templates import Shelf
from tests import northshire
from tests.calendars_post import Killed
from tests.contract.fake_transport import FakeTransport, raising
from tests.letters import MAIL_FROM
from tests.northshire import HELEN, TRUST, enrol, fire, learner, offer, open_class

CANCEL = b"text/calendar; method=CANCEL"


@pytest.fixture
def engine(database_url, clock):
    built = northshire.engine_on(database_url, clock)
    northshire.found(built, clock)
    offer(built)
    yield built
    built.database.dispose()


def deliver(engine, trouble=None):
    """Deliver once, and return the messages that arrived."""
    transport = FakeTransport(trouble=raising(trouble) if trouble else lambda _to: None)
    with suppress(Killed):
        delivery.deliver_once(engine, transport, Composer(Shelf(), MAIL_FROM))
    return [message for _to, message in transport.taken]


@pytest.mark.parametrize(
    ("troubles", "taken_back"),
    [
        ((Uncertain(0, "lost"),), True),
        ((Uncertain(0, "lost"), Passing(451, "later")), True),
        ((Killed(),), True),
        ((Passing(451, "later"),), False),
    ],
    ids=["without-an-answer", "then-refused-for-now", "killed", "refused-for-now"],
)
def test_a_meeting_that_may_have_arrived_is_taken_back_in_the_calendar_too(engine, clock, troubles, taken_back):
    enrolment = enrol(engine, open_class(engine, clock), "ann")
    for trouble in troubles:
        deliver(engine, trouble)
        clock.advance(timedelta(minutes=6))
    fire(engine, learner("ann"), "enrolment", enrolment, "WITHDRAW")

    (message,) = deliver(engine) + deliver(engine)

    assert (CANCEL in message) is taken_back


def test_what_takes_back_a_meeting_that_may_have_arrived_is_not_withdrawn(engine, clock):
    enrolment = enrol(engine, open_class(engine, clock), "ann")
    deliver(engine, Uncertain(0, "lost"))
    fire(engine, learner("ann"), "enrolment", enrolment, "WITHDRAW")
    cancel = next(row for row in northshire.letters(engine) if row.invitation["method"] == "CANCEL")

    with database.writing(engine.database) as connection, pytest.raises(Refused, match="earlier invitation"):
        withdrawals.withdraw(connection, TRUST, cancel.id, by=HELEN, reason="Not needed.", now=clock())


def test_a_parked_request_that_is_sent_again_may_still_have_arrived(engine, clock):
    enrolment = enrol(engine, open_class(engine, clock), "ann")
    with database.writing(engine.database) as connection:
        connection.execute(update(outbox_table).values(state=Delivery.PARKED, unanswered=outbox.UNANSWERED_LIMIT))
    fire(engine, learner("ann"), "enrolment", enrolment, "WITHDRAW")
    request = next(row for row in northshire.letters(engine) if row.invitation["method"] == "REQUEST")

    with database.writing(engine.database) as connection, pytest.raises(Refused, match="has changed since"):
        messages.resend(connection, TRUST, request.id, clock())

    (message,) = deliver(engine)
    assert CANCEL in message


def test_a_parked_request_that_begins_anew_and_is_no_longer_true_is_taken_back_all_the_same(engine, clock):
    enrolment = enrol(engine, open_class(engine, clock), "ann")
    with database.writing(engine.database) as connection:
        connection.execute(update(outbox_table).values(state=Delivery.PARKED, unanswered=outbox.UNANSWERED_LIMIT))
    with database.writing(engine.database) as connection:
        messages.resend(connection, TRUST, northshire.letters(engine)[0].id, clock())
    fire(engine, learner("ann"), "enrolment", enrolment, "WITHDRAW")

    (message,) = deliver(engine) + deliver(engine)

    assert CANCEL in message
