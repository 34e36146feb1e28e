"""Delivering: each outside thing fails at each point, and nothing is lost, doubled or held up."""

import threading
from datetime import timedelta

import pytest
from sqlalchemy import insert, select

from engine import delivery
from engine.delivery import Delivered
from engine.errors import Passing, Permanent, Uncertain
from engine.mail import Composer
from engine.outgoing import outbox
from engine.outgoing.outbox import Delivery
from engine.smtp import SmtpTransport
from engine.storage import database
from engine.tables import invitations
from engine.wording.templates import Shelf
from tests.clock import START
from tests.contract.fake_transport import FakeTransport, raising
from tests.contract.waiting_letters import TRUST, invitation, letter, queue, states, stored
from tests.trial import Leave, engine_on, leaves

AFTER_THE_LEASE = outbox.LEASE + timedelta(seconds=1)
STILL_GRANTED = {"kind": "leave", "relevant": {"name": "still_in", "facts": {"states": [Leave.GRANTED]}}}


@pytest.fixture
def engine(database_url, clock):
    clock.set(START + timedelta(seconds=1))
    built = engine_on(database_url, clock)
    yield built
    built.database.dispose()


def composer():
    return Composer(Shelf(), "Learning <learning@northshire.example>")


def deliver(engine, transport, by=None, **terms) -> Delivered:
    return delivery.deliver_once(engine, transport, by or composer(), **terms)


def test_a_letter_arrives_over_smtp_with_the_message_id_that_was_fixed_when_it_was_queued(engine, smtp_sink):
    queue(engine.database, letter(1), letter(2))
    with SmtpTransport(smtp_sink.url) as transport:
        delivered = deliver(engine, transport)

    arrived = smtp_sink.wait_for(2)
    assert delivered == Delivered(sent=2)
    assert states(engine.database) == [Delivery.SENT, Delivery.SENT]
    assert [one.message["Message-ID"] for one in arrived] == [row["message_id"] for row in stored(engine.database)]
    assert stored(engine.database)[0]["template"].startswith("national/")


def test_the_link_of_a_letter_that_went_is_forgotten(engine):
    queue(engine.database, letter(1, kind="account"), letter(2, kind="account"), letter(3))

    deliver(engine, FakeTransport(trouble=raising(Passing(451, "later"), "learner2@northshire.example")))

    rows = stored(engine.database)
    assert [row["state"] for row in rows] == [Delivery.SENT, Delivery.RETRY, Delivery.SENT]
    assert [bool(row["context"]) for row in rows] == [False, True, True]


def test_without_a_mail_server_nothing_is_lost_and_no_attempt_is_used_up(engine, free_port, clock):
    queue(engine.database, *(letter(number) for number in range(3)))
    nowhere = SmtpTransport(f"smtp://127.0.0.1:{free_port}")

    delivered = deliver(engine, nowhere)

    rows = stored(engine.database)
    assert (delivered.returned, delivered.reachable) == (3, False)
    assert {(row["state"], row["attempts"], row["answer"]) for row in rows} == {
        (Delivery.QUEUED, 0, delivery.UNREACHABLE)
    }
    clock.advance(outbox.PAUSE)
    assert deliver(engine, FakeTransport()).sent == 3


def test_a_server_that_is_busy_is_asked_again_after_a_minute(engine, smtp_sink, clock):
    queue(engine.database, letter())
    smtp_sink.refusals.append("451 busy")
    with SmtpTransport(smtp_sink.url) as transport:
        assert deliver(engine, transport).again == 1
        [row] = stored(engine.database)
        assert (row["state"], row["answer"]) == (Delivery.RETRY, "451 busy")
        clock.advance(timedelta(seconds=59))
        assert deliver(engine, transport).taken == 0

        clock.advance(timedelta(seconds=1))
        assert deliver(engine, transport).sent == 1

    assert len(smtp_sink.received) == 1


def test_one_recipient_who_is_refused_for_good_does_not_hold_up_the_others(engine):
    queue(engine.database, *(letter(number) for number in range(10)))
    transport = FakeTransport(trouble=raising(Permanent(550, "no such user"), "learner3@northshire.example"))

    delivered = deliver(engine, transport)

    assert (delivered.sent, delivered.dead) == (9, 1)
    assert stored(engine.database)[3]["state"] == Delivery.DEAD
    assert stored(engine.database)[3]["answer"] == "550 no such user"


def test_one_recipient_who_makes_the_server_hang_does_not_hold_up_the_others(engine):
    queue(engine.database, *(letter(number) for number in range(10)))
    transport = FakeTransport(trouble=raising(Passing(0, "timed out"), "learner3@northshire.example"))

    first, second = deliver(engine, transport), deliver(engine, transport)

    assert (first.sent, first.again, first.returned, second.sent) == (3, 1, 6, 6)


def test_a_letter_whose_answer_never_came_goes_again_and_is_parked_the_fifth_time(engine, clock):
    queue(engine.database, letter())
    transport = FakeTransport(trouble=raising(Uncertain(0, "timed out")))

    for _ in range(4):
        assert deliver(engine, transport).again == 1
        clock.advance(timedelta(hours=1))

    assert deliver(engine, transport).parked == 1
    assert stored(engine.database)[0]["answer"] == outbox.NO_ANSWER


def test_after_72_hours_of_trying_a_letter_is_given_up(engine, clock):
    queue(engine.database, letter())
    transport = FakeTransport(trouble=raising(Passing(451, "busy")))

    tried, by = 0, composer()
    while deliver(engine, transport, by).again:
        tried += 1
        clock.advance(timedelta(hours=1))

    assert tried == 75
    assert stored(engine.database)[0]["state"] == Delivery.DEAD


def test_a_worker_killed_between_sending_and_marking_sends_one_lease_twice_with_the_same_message_ids(
    engine, clock, monkeypatch
):
    class Killed(BaseException):
        """Stands for kill -9: nothing after it runs."""

    def die(*_arguments):
        raise Killed

    queue(engine.database, *(letter(number) for number in range(30)))
    transport = FakeTransport()
    with monkeypatch.context() as patch:
        patch.setattr(outbox, "mark", die)
        with pytest.raises(Killed):
            deliver(engine, transport)
    clock.advance(AFTER_THE_LEASE)

    while deliver(engine, transport).taken:
        pass

    messages = [message for _, message in transport.taken]
    identifiers = {line for message in messages for line in message.splitlines() if line.startswith(b"Message-ID")}
    assert (len(messages), len(identifiers)) == (50, 30)
    assert set(states(engine.database)) == {Delivery.SENT}


def test_a_worker_killed_before_sending_loses_nothing(engine, clock):
    queue(engine.database, *(letter(number) for number in range(5)))
    with database.writing(engine.database) as connection:
        outbox.lease(connection, engine.clock())

    assert deliver(engine, FakeTransport()).taken == 0
    clock.advance(AFTER_THE_LEASE)
    assert deliver(engine, FakeTransport()).sent == 5


def test_two_workers_at_once_send_each_letter_once(engine):
    queue(engine.database, *(letter(number) for number in range(200)))
    transports = [FakeTransport() for _ in range(4)]

    def work(transport):
        while deliver(engine, transport).taken:
            pass

    threads = [threading.Thread(target=work, args=(transport,)) for transport in transports]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    recipients = [recipient for transport in transports for recipient, _ in transport.taken]
    assert len(recipients) == len(set(recipients)) == 200
    assert set(states(engine.database)) == {Delivery.SENT}


def test_a_worker_that_is_told_to_stop_gives_back_what_it_has_not_sent(engine):
    queue(engine.database, *(letter(number) for number in range(10)))
    transport = FakeTransport()

    delivered = deliver(engine, transport, stop=lambda: len(transport.taken) == 4)

    assert (delivered.sent, delivered.returned) == (4, 6)
    assert deliver(engine, transport).sent == 6


def test_a_letter_that_is_no_longer_true_is_withdrawn_and_says_why(engine, clock):
    queue(engine.database, letter(1, subject="a", **STILL_GRANTED), letter(2, subject="b", **STILL_GRANTED))
    with database.writing(engine.database) as connection:
        connection.execute(insert(leaves), [_leave("a", Leave.GRANTED, clock()), _leave("b", Leave.DENIED, clock())])

    delivered = deliver(engine, FakeTransport())

    assert (delivered.sent, delivered.withdrawn) == (1, 1)
    assert stored(engine.database)[1]["state"] == Delivery.SUPPRESSED
    assert stored(engine.database)[1]["answer"] == "Not sent, for this no longer holds: the leave is granted."


def test_a_letter_that_cannot_be_composed_is_parked_and_the_others_go(engine):
    queue(engine.database, letter(1, context={}), letter(2, email="no address"), letter(3))

    delivered = deliver(engine, FakeTransport())

    assert (delivered.sent, delivered.parked) == (1, 2)
    assert "course" in stored(engine.database)[0]["answer"]


def test_a_cancellation_of_what_never_arrived_goes_without_a_calendar(engine):
    queue(engine.database, letter(1, **invitation("never", 0, "CANCEL")), letter(2, **invitation("known", 1, "CANCEL")))
    with database.writing(engine.database) as connection:
        known = invitations.c.uid == "known"
        connection.execute(invitations.update().where(known).values(delivered_sequence=0, delivered="BEGIN:VCALENDAR"))
    transport = FakeTransport()

    deliver(engine, transport)

    assert [b"text/calendar" in message for _, message in transport.taken] == [False, True]
    with database.reading(engine.database) as connection:
        arrived = connection.execute(select(invitations.c.uid, invitations.c.delivered_sequence)).all()
    assert sorted(map(tuple, arrived)) == [("known", 1), ("never", None)]


def test_answers_are_written_although_the_database_was_away_for_a_moment(engine, monkeypatch):
    refusals = [1, 1]
    written = outbox.mark

    def mark(connection, outcomes):
        if refusals:
            refusals.pop()
            connection.exec_driver_sql("SELECT * FROM a_table_that_is_away")
        return written(connection, outcomes)

    monkeypatch.setattr(outbox, "mark", mark)
    monkeypatch.setattr(delivery, "AWAY", (Exception,))
    queue(engine.database, letter())

    deliver(engine, FakeTransport())

    assert states(engine.database) == [Delivery.SENT]


def _leave(identifier: str, state: Leave, now):
    return {
        "trust": TRUST,
        "id": identifier,
        "organisation": TRUST,
        "state": state,
        "revision": 1,
        "head": "",
        "definition": "",
        "updated_at": now,
        "person": "lin",
    }
