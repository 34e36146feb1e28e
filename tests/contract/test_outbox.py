"""The outbox as a store: who gets which letter, and what is remembered of it."""

from datetime import timedelta

import pytest
import sqlalchemy
from sqlalchemy import select

from engine.outgoing import arrivals, outbox
from engine.outgoing.outbox import Delivery
from engine.storage import database
from engine.tables import invitations
from tests.clock import START
from tests.contract.waiting_letters import invitation, letter, queue, states, stored

AFTER_THE_LEASE = START + outbox.LEASE + timedelta(seconds=1)


@pytest.fixture
def base(database_url):
    engine = database.connect(database_url)
    yield engine
    engine.dispose()


def leased(base: sqlalchemy.Engine, now=START, **terms):
    with database.writing(base) as connection:
        return outbox.lease(connection, now, **terms)


def mark(base: sqlalchemy.Engine, *outcomes):
    with database.writing(base) as connection:
        arrivals.note(connection, outcomes)
        return outbox.mark(connection, outcomes)


def test_a_lease_takes_the_oldest_letters_and_no_more_than_it_may(base):
    first = queue(base, *(letter(number) for number in range(25)))[:20]

    taken = leased(base, START + timedelta(seconds=1))

    assert [row["id"] for row in taken] == first
    assert {row["state"] for row in taken} == {Delivery.SENDING}


def test_a_leased_letter_is_nobody_elses_until_the_lease_ends(base):
    queue(base, letter())
    leased(base)

    assert leased(base, START + outbox.LEASE - timedelta(seconds=1)) == []
    assert [row["fence"] for row in leased(base, AFTER_THE_LEASE)] == [2]


def test_a_letter_is_not_taken_before_it_is_due(base):
    queue(base, letter(due_at=START + timedelta(hours=1)))

    assert leased(base) == []


def test_a_letter_without_an_answer_five_times_is_parked_for_a_person(base):
    queue(base, letter())

    for attempt in range(outbox.UNANSWERED_LIMIT):
        assert len(leased(base, START + attempt * 2 * outbox.LEASE)) == 1
    taken = leased(base, START + 20 * outbox.LEASE)

    assert taken == []
    assert stored(base)[0]["state"] == Delivery.PARKED
    assert stored(base)[0]["answer"] == outbox.NO_ANSWER


def test_an_answer_ends_the_count_of_those_without(base):
    queue(base, letter())
    leased(base)
    [taken] = leased(base, AFTER_THE_LEASE)
    assert taken["unanswered"] == 1

    mark(base, outbox.failed(taken, AFTER_THE_LEASE, "451 busy"))

    assert stored(base)[0]["unanswered"] == 0
    assert stored(base)[0]["attempts"] == 2


def test_who_lost_the_lease_cannot_mark_the_letter(base):
    queue(base, letter())
    [lost] = leased(base)
    leased(base, AFTER_THE_LEASE)

    marked = mark(base, outbox.failed(lost, AFTER_THE_LEASE, "550 gone"))

    assert marked == 0
    assert states(base) == [Delivery.SENDING]


def test_of_one_invitation_only_the_oldest_unsent_letter_is_taken(base):
    request, update = queue(base, letter(1, **invitation("uid-1", 0)), letter(2, **invitation("uid-1", 1)))

    [first] = leased(base, START + timedelta(seconds=1))
    assert first["id"] == request
    mark(base, outbox.sent(first, START, "250", template="national/1", calendar="BEGIN:VCALENDAR"))
    [second] = leased(base, START + timedelta(seconds=1))

    assert second["id"] == update


def test_letters_of_one_moment_go_by_sequence(base):
    later, earlier = letter(0, **invitation("uid-1", 1)), letter(0, **invitation("uid-1", 0))
    queue(base, later, earlier)

    assert [row["id"] for row in leased(base)] == [earlier["id"]]


def test_an_invitation_that_waits_to_be_tried_again_holds_back_its_update(base):
    queue(base, letter(1, **invitation("uid-1", 0)), letter(2, **invitation("uid-1", 1)))
    [first] = leased(base, START + timedelta(seconds=1))

    mark(base, outbox.failed(first, START, "451 busy"))

    assert leased(base, START + timedelta(seconds=30)) == []


def test_a_delivered_invitation_is_remembered_as_it_went(base):
    queue(base, letter(1, **invitation("uid-1", 3)))
    [taken] = leased(base, START + timedelta(seconds=1))

    mark(base, outbox.sent(taken, START, "250", template="national/1", calendar="BEGIN:VCALENDAR"))

    with database.reading(base) as connection:
        twin = connection.execute(select(invitations)).one()
        assert (twin.delivered_sequence, twin.delivered) == (3, "BEGIN:VCALENDAR")
        assert arrivals.undelivered(connection, [taken]) == set()


def test_a_letter_that_was_not_tried_is_given_back_as_it_was(base):
    queue(base, letter())
    [taken] = leased(base)

    mark(base, outbox.released(taken, START, "The mail server cannot be reached.", pause=outbox.PAUSE))

    [row] = stored(base)
    assert (row["state"], row["attempts"], row["due_at"]) == (Delivery.QUEUED, 0, START + outbox.PAUSE)


def test_two_that_lease_at_once_take_different_letters(base):
    if base.dialect.name == "sqlite":
        queue(base, *(letter(number) for number in range(40)))
        first, second = leased(base, AFTER_THE_LEASE), leased(base, AFTER_THE_LEASE)
    else:
        queue(base, *(letter(number) for number in range(40)))
        with database.writing(base) as one, database.writing(base) as other:
            first, second = outbox.lease(one, AFTER_THE_LEASE), outbox.lease(other, AFTER_THE_LEASE)

    assert len({row["id"] for row in [*first, *second]}) == 40
