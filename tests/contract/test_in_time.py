"""Letters and the hours for mail: what has no sense any more does not go, and what is about soon waits for nothing."""

import re
from dataclasses import replace
from datetime import timedelta
from email import message_from_string

import pytest
from sqlalchemy import update

from engine import delivery, outgoing_settings, posting
from engine.letters import OLD_START, Invitation, Letter, Method, Recipient, Subject
from engine.mail import Composer
from engine.outgoing.outbox import Delivery
from engine.outgoing_settings import Outgoing
from engine.storage import database
from engine.tables import outbox
from engine.wording.templates import Shelf
from tests.clock import START
from tests.contract.fake_transport import FakeTransport
from tests.contract.waiting_letters import TRUST, letter, queue, stored
from tests.trial import engine_on

UPDATE, CANCELLED = "LRN-02-meeting-update", "LRN-03-meeting-cancelled-withdrawn"
SAID = {"course": "Fire safety", "class_link": "https://learn.example/"}
OVER = {"name": "true", "facts": {"until": START.isoformat()}}
TOMORROW, NEXT_MONTH = START + timedelta(hours=20), START + timedelta(days=30)
PROMOTED = {"notice": "LRN-06-enrolled-from-waitlist", "context": {**SAID, "start": TOMORROW.isoformat()}}


@pytest.fixture
def engine(database_url, clock):
    """Return an engine on a Sunday morning, where mail goes on weekdays from seven to nine."""
    clock.set(START + timedelta(seconds=1))
    hours = outgoing_settings.hours("07:00-21:00 mon-fri")
    always = {"true": lambda _connection, rows: {row["id"] for row in rows}}
    built = replace(engine_on(database_url, clock), outgoing=Outgoing(hours=hours), predicates=always)
    yield built
    built.database.dispose()


def meeting(start, method=Method.REQUEST):
    return Invitation(
        uid="u@a.example",
        method=method,
        start=start,
        end=start + timedelta(hours=2),
        zone="Europe/London",
        summary="Fire safety",
    )


def post(engine, notice, invitation, **context):
    written = Letter(
        notice=notice,
        to=Recipient(name="Ann Ash", email="ann@a.example", person="ann"),
        subject=Subject(kind="enrolment", trust=TRUST, id="e1"),
        organisation=TRUST,
        reason="You get this message because you have a place on this class.",
        context={**SAID, **context},
        invitation=invitation,
    )
    with database.writing(engine.database) as connection:
        posting.post(connection, [(written, 1)], engine.clock(), "a.example")


def deliver(engine):
    transport = FakeTransport()
    composer = Composer(Shelf(), "Learning <learning@a.example>")
    for _lease in range(3):
        delivery.deliver_once(engine, transport, composer)
    return [message.decode() for _to, message in transport.taken]


def sequence(message):
    parts = (part for part in message_from_string(message).walk() if part.get_content_type() == "text/calendar")
    return re.search(rb"SEQUENCE:(\d+)", next(parts).get_payload(decode=True))[1]


def states(engine):
    return [row["state"] for row in stored(engine.database)]


def test_an_update_that_cannot_wait_takes_the_invitation_before_it_along_in_order(engine):
    post(engine, "LRN-01-joining-instructions", meeting(NEXT_MONTH))
    assert deliver(engine) == []
    post(engine, UPDATE, meeting(TOMORROW))

    first, second = deliver(engine)

    assert (sequence(first), sequence(second)) == (b"0", b"1")


def test_an_update_that_can_wait_leaves_the_invitation_before_it_to_its_hours(engine):
    post(engine, "LRN-01-joining-instructions", meeting(NEXT_MONTH))
    deliver(engine)
    post(engine, UPDATE, meeting(NEXT_MONTH + timedelta(days=1)))

    assert deliver(engine) == []


def test_a_meeting_that_was_to_begin_soon_is_moved_at_once_however_far(engine):
    post(engine, UPDATE, meeting(NEXT_MONTH), **{OLD_START: TOMORROW.isoformat()})

    assert len(deliver(engine)) == 1


def test_an_invitation_that_waits_and_is_taken_back_never_goes_nor_does_a_cancellation_in_a_calendar(engine, clock):
    post(engine, "LRN-01-joining-instructions", meeting(NEXT_MONTH))
    deliver(engine)
    [row] = stored(engine.database)
    with database.writing(engine.database) as connection:
        connection.execute(update(outbox).where(outbox.c.id == row["id"]).values(relevant=OVER))
    post(engine, CANCELLED, meeting(NEXT_MONTH, Method.CANCEL))
    clock.set(START + timedelta(days=1))

    [only] = deliver(engine)

    assert "text/calendar" not in only
    assert sorted(states(engine)) == [Delivery.SENT, Delivery.SUPPRESSED]


def test_what_was_queued_before_something_began_does_not_go_after_it_and_says_so(engine, clock):
    over = {"name": "true", "facts": {"until": TOMORROW.isoformat()}}
    queue(engine.database, letter(1, relevant=over, **PROMOTED), letter(2, **PROMOTED))
    clock.set(TOMORROW)

    deliver(replace(engine, outgoing=Outgoing()))

    first, second = stored(engine.database)
    assert (first["state"], second["state"]) == (Delivery.SUPPRESSED, Delivery.SENT)
    assert first["answer"].endswith("true, and it is before Monday 23 November 2026 at 5:00am.")


def welsh_but_for_bob(_connection, _trust, people):
    return dict.fromkeys(people - {"bob"}, "cy")


def test_the_holder_of_a_role_is_written_to_in_the_language_that_they_chose(engine):
    letters = [
        (
            Letter(
                notice=UPDATE,
                to=Recipient(name=name, email=f"{name}@a.example", person=name, language=language),
                subject=Subject(kind="leave", trust=TRUST, id="l1"),
                organisation=TRUST,
                reason="Because.",
                context=SAID,
            ),
            1,
        )
        for name, language in (("ann", ""), ("bob", ""), ("cat", "en"))
    ]

    with database.writing(engine.database) as connection:
        posting.post(connection, letters, engine.clock(), "a.example", tongues=welsh_but_for_bob)

    assert {row["person"]: row["language"] for row in stored(engine.database)} == {
        "ann": "cy",
        "bob": "en",
        "cat": "en",
    }
