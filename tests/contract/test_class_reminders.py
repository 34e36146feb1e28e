"""Reminders of classes: when, to whom, never twice, and not once the reason has gone (LRN-22, P09)."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from engine import relevance
from engine.storage import database
from engine.tables import outbox
from tests import northshire
from tests.databases import close
from tests.northshire import HELEN, SITE, enrol, learner, open_class
from workflows.learning import reminders

SOON = "LRN-22"


@pytest.fixture
def engine(database_url, clock):
    engine = northshire.engine_on(database_url, clock)
    northshire.found(engine, clock)
    northshire.offer(engine)
    yield engine
    close(engine.database)


def remind_until(engine, clock, days, told=(7, 1)):
    """Run the daily job for so many days, and return (day, person) of the reminders."""
    for _ in range(days):
        reminders.remind(engine, SITE, told)
        clock.advance(timedelta(days=1))
    return sorted((row.queued_at.date(), row.person) for row in northshire.letters(engine) if row.notice[:6] == SOON)


def untrue(engine):
    with engine.reading() as connection:
        query = select(outbox).where(outbox.c.notice.startswith(SOON))
        return list(relevance.untrue(engine, connection, connection.execute(query).mappings().all()).values())


def test_whoever_has_a_place_is_reminded_seven_days_and_one_day_before_and_never_twice(engine, clock):
    course_class = open_class(engine, clock, days=10, sessions=2)
    enrol(engine, course_class, "ann")
    starts = clock().date() + timedelta(days=10)

    told = remind_until(engine, clock, 12)

    assert told == [(starts - timedelta(days=7), "ann"), (starts - timedelta(days=1), "ann")]


def test_a_reminder_says_when_and_where_and_how_to_give_up_the_place(engine, clock):
    course_class = open_class(engine, clock, days=7, sessions=2, conference="https://meet.example/1", withdraw_days=2)
    enrol(engine, course_class, "ann")
    clock.advance(timedelta(days=6))

    reminders.remind(engine, SITE, (7, 1))

    (letter,) = [row for row in northshire.letters(engine) if row.notice[:6] == SOON]
    assert letter.context["venue"] == "Room 3"
    assert letter.context["online_link"] == "https://meet.example/1"
    assert letter.context["sessions"] == 2
    assert "withdraw_link" not in letter.context
    assert letter.uid is None


def test_whoever_was_told_of_it_since_is_not_told_again(engine, clock):
    course_class = open_class(engine, clock, days=7)
    clock.advance(timedelta(hours=1))
    enrol(engine, course_class, "ann")

    told = remind_until(engine, clock, 4)

    assert told == []


def test_those_who_wait_and_classes_that_are_cancelled_get_none(engine, clock):
    full = open_class(engine, clock, days=9, maximum=1)
    off = open_class(engine, clock, days=9)
    enrol(engine, full, "ann")
    enrol(engine, full, "bob")
    enrol(engine, off, "cat")
    northshire.fire(engine, HELEN, "class", off, "CANCEL")

    told = remind_until(engine, clock, 9)

    assert {person for _day, person in told} == {"ann"}


def test_a_reminder_that_waits_does_not_go_once_the_place_is_given_up(engine, clock):
    course_class = open_class(engine, clock, days=9)
    enrolment = enrol(engine, course_class, "ann")
    remind_until(engine, clock, 4)
    before = untrue(engine)

    northshire.fire(engine, learner("ann"), "enrolment", enrolment, "WITHDRAW")

    assert (before, len(untrue(engine))) == ([], 1)


def test_a_reminder_that_waits_does_not_go_once_the_class_is_moved_and_the_new_day_has_its_own(engine, clock):
    course_class = open_class(engine, clock, days=9)
    enrol(engine, course_class, "ann")
    remind_until(engine, clock, 4)
    later = clock() + timedelta(days=20)
    moved = {"id": "1", "starts_at": later.isoformat(), "ends_at": (later + timedelta(hours=1)).isoformat()}

    northshire.fire(engine, HELEN, "class", course_class, "CHANGE", {"sessions": [moved]})

    assert len(untrue(engine)) == 1
    assert len(remind_until(engine, clock, 15)) == 2


def test_without_days_nobody_is_reminded(engine, clock):
    enrol(engine, open_class(engine, clock, days=9), "ann")

    assert remind_until(engine, clock, 9, told=()) == []


def test_the_system_that_was_away_reminds_once_and_of_what_is_most_urgent(engine, clock):
    enrol(engine, open_class(engine, clock, days=20), "ann")
    clock.advance(timedelta(days=19))

    told = remind_until(engine, clock, 1)

    assert len(told) == 1
    with database.reading(engine.database) as connection:
        assert connection.execute(select(reminders.class_reminders.c.days)).scalars().all() == [1]
