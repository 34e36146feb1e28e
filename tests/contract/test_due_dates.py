"""What is due of a person stands in their feed once, on its last day, and goes when it is done."""

from datetime import datetime, timedelta

import pytest
from icalendar import Calendar

from engine.machine import Actor
from tests import databases, northshire
from tests.northshire import SITE, TRUST, enrol, fire, open_class
from workflows.competence.award import KIND as AWARD
from workflows.competence.award import Trigger
from workflows.learning import due_dates, feeds

OLU = Actor(id="acc-olu", name="Olu Ade", person="olu", grants=frozenset({("class-administrator", TRUST)}))


@pytest.fixture
def engine(database_url, clock):
    built = northshire.engine_on(database_url, clock)
    northshire.found(built, clock, ("ann", "olu"))
    northshire.offer(built)
    northshire.allocate(built, OLU)
    yield built
    databases.close(built.database)


@pytest.fixture
def enrolment(engine, clock):
    """Return Ann's request for a place, of which Olu is asked."""
    return enrol(engine, open_class(engine, clock, days=30, approval=True), "ann")


def of(engine, person):
    with engine.reading() as connection:
        return due_dates.of(connection, TRUST, person, SITE, engine.clock())


def test_a_question_stands_on_its_last_day_without_whom_it_is_about(engine, clock, enrolment):
    (due,) = of(engine, "olu").days

    assert due.on == (clock() + timedelta(days=30)).date()
    assert due.summary == "To answer: a question about an enrolment"
    assert due.url.startswith(f"{SITE.origin}/worklist/")
    assert due.url in due.description
    assert "Ann" not in due.summary + due.description
    assert enrolment not in due.uid


def test_nobody_else_has_it_and_neither_has_whom_it_is_about(engine, enrolment):
    assert enrolment
    assert of(engine, "ann").days == of(engine, "helen").days == ()


def test_an_answered_question_is_gone_and_the_feed_says_that_it_changed(engine, clock, enrolment):
    before = of(engine, "olu")
    clock.advance(timedelta(minutes=5))

    fire(engine, OLU, "enrolment", enrolment, "APPROVE")

    after = of(engine, "olu")
    assert after.days == ()
    assert after.changed_at == clock() > before.changed_at


def test_each_need_is_one_entry_that_takes_a_day_and_blocks_no_time(engine, clock, enrolment):
    assert enrolment
    with engine.transaction() as tx:
        facts = {"person": "olu", "competence": "fire", "starts_on": "2026-01-05", "ends_on": "2027-01-04"}
        tx.start(AWARD, TRUST, Trigger.COPY, {**facts, "source": {}})
    enrol(engine, open_class(engine, clock, days=50), "olu")

    with engine.reading() as connection:
        feed = feeds.contents(connection, TRUST, "olu", SITE, clock())

    events = Calendar.from_ical(feed.text).walk("VEVENT")
    days = [event for event in events if not isinstance(event["dtstart"].dt, datetime)]
    assert len(events) == 3
    assert len({event["uid"] for event in events}) == 3
    assert [event["transp"] for event in days] == ["TRANSPARENT", "TRANSPARENT"]
    assert all(event["dtend"].dt - event["dtstart"].dt == timedelta(days=1) for event in days)


@pytest.mark.parametrize(
    ("due_at", "day"),
    [("2027-07-01T23:00:00+00:00", "2027-07-01"), ("2027-01-05T00:00:00+00:00", "2027-01-04")],
    ids=["summer", "winter"],
)
def test_what_ends_at_midnight_ends_with_the_day_before(due_at, day):
    assert due_dates._last_day(datetime.fromisoformat(due_at)).isoformat() == day


@pytest.mark.parametrize(("kind", "said"), [("enrolment", "an enrolment"), ("class", "a class")])
def test_a_question_says_what_kind_of_thing_it_is_about(kind, said):
    assert due_dates._about(kind) == said
