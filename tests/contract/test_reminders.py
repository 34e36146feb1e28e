"""Reminders of what expires: at which moments, of what, to whom, and never twice (catalogue A7, A8, P05)."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select, update

from engine import relevance
from engine.letters import Subject
from engine.storage import database
from engine.tables import outbox
from tests import northshire
from tests.databases import close
from tests.northshire import TRUST
from workflows.competence import reminders, reminding
from workflows.competence.award import KIND, Trigger
from workflows.competence.reminding import Reminding
from workflows.people.tables import assignments

NEARING, EXPIRED, BLUE = "LRN-12", "LRN-13", "LRN-14"
TOLD = Reminding(origin=northshire.SITE.origin)
TODAY = date(2026, 11, 22)


@pytest.fixture
def engine(database_url, clock):
    engine = northshire.engine_on(database_url, clock)
    northshire.found(engine, clock)
    yield engine
    close(engine.database)


def award(engine, person, competence, ends_on, starts_on=date(2025, 1, 1)):
    """Put a competence on a profile, as the previous system had it."""
    facts = {
        "person": person,
        "competence": competence,
        "starts_on": starts_on.isoformat(),
        "ends_on": ends_on.isoformat(),
        "source": {"kind": "import"},
    }
    with engine.transaction() as tx:
        return tx.start(KIND, TRUST, Trigger.COPY, facts).subject.id


def remind_until(engine, clock, days, told=TOLD):
    """Run the nightly job for so many days, and return (day, notice, person) of the letters."""
    for _ in range(days):
        reminders.remind(engine, told)
        clock.advance(timedelta(days=1))
    return sorted((row.queued_at.date(), row.notice[:6], row.person) for row in northshire.letters(engine))


def untrue(engine):
    """Return why each letter that waits would not be sent."""
    with engine.reading() as connection:
        rows = connection.execute(select(outbox)).mappings().all()
        return list(relevance.untrue(engine, connection, rows).values())


def test_a_learner_is_reminded_at_three_months_then_at_the_days_set_then_once_it_has_expired(engine, clock):
    award(engine, "ann", "fire", date(2027, 2, 28))

    told = remind_until(engine, clock, 110)

    assert told == [
        (date(2026, 11, 28), NEARING, "ann"),
        (date(2026, 12, 30), NEARING, "ann"),
        (date(2027, 1, 29), NEARING, "ann"),
        (date(2027, 2, 21), NEARING, "ann"),
        (date(2027, 3, 1), EXPIRED, "ann"),
    ]


def test_a_trust_sets_the_days(engine, clock):
    award(engine, "ann", "fire", date(2027, 2, 28))

    told = remind_until(engine, clock, 110, Reminding(days=(14,), origin=TOLD.origin))

    assert [day for day, _notice, _person in told] == [date(2026, 11, 28), date(2027, 2, 14), date(2027, 3, 1)]


def test_a_second_run_in_the_same_night_and_a_lost_mark_of_it_double_nothing(engine, clock):
    award(engine, "ann", "fire", TODAY + timedelta(days=7))

    queued = [reminders.remind(engine, TOLD)]
    with database.writing(engine.database) as connection:
        connection.execute(reminders.reminder_nights.delete())
    queued += [reminders.remind(engine, TOLD), reminders.remind(engine, TOLD)]

    assert queued == [1, 0, 0]


def test_whoever_has_two_posts_that_require_it_gets_one_reminder(engine, clock):
    with database.writing(engine.database) as connection:
        post = dict(connection.execute(select(assignments).where(assignments.c.person == "ann")).mappings().one())
        connection.execute(assignments.insert(), {**post, "id": "second", "organisation": "medicine"})
    award(engine, "ann", "fire", TODAY + timedelta(days=60))

    assert reminders.remind(engine, TOLD) == 1


def test_what_no_post_requires_is_reminded_of_only_where_that_is_switched_on(engine, clock):
    award(engine, "ann", "cake", TODAY + timedelta(days=30))
    award(engine, "bob", "cake", TODAY + timedelta(days=31))

    silent = remind_until(engine, clock, 1)
    told = remind_until(engine, clock, 1, Reminding(not_required=True, origin=TOLD.origin))

    assert silent == []
    assert told == [(date(2026, 11, 23), BLUE, "bob")]


def test_missed_nights_are_made_up_for_with_the_most_urgent_reminder_and_older_ones_are_left(engine, clock):
    award(engine, "ann", "fire", TODAY + timedelta(days=7 + 3))
    award(engine, "bob", "fire", TODAY + timedelta(days=30 + 20))
    reminders.remind(engine, TOLD)

    clock.advance(timedelta(days=25))
    told = remind_until(engine, clock, 1)

    assert [(notice, person) for _day, notice, person in told] == [(NEARING, "bob")]


def test_after_an_outage_whoever_crossed_two_moments_gets_the_later_one(engine, clock):
    award(engine, "ann", "fire", TODAY + timedelta(days=8))
    reminders.remind(engine, Reminding(days=(7, 5), origin=TOLD.origin))

    clock.advance(timedelta(days=4))
    told = remind_until(engine, clock, 1, Reminding(days=(7, 5), origin=TOLD.origin))

    assert len(told) == 1


def test_a_reminder_is_withdrawn_once_a_later_award_is_held(engine, clock):
    held = award(engine, "ann", "fire", TODAY + timedelta(days=7))
    reminders.remind(engine, TOLD)

    with engine.transaction() as tx:
        tx.fire(Subject(kind=KIND, trust=TRUST, id=held), Trigger.SUPERSEDE)
    award(engine, "ann", "fire", TODAY + timedelta(days=372), TODAY)

    assert untrue(engine) == ["Not sent, for this no longer holds: held and required."]


def test_a_reminder_is_withdrawn_once_no_post_requires_it_and_otherwise_stands(engine, clock):
    award(engine, "ann", "fire", TODAY + timedelta(days=7))
    award(engine, "bob", "fire", TODAY + timedelta(days=7))
    reminders.remind(engine, TOLD)
    with database.writing(engine.database) as connection:
        connection.execute(update(assignments).where(assignments.c.person == "bob").values(status="ENDED"))

    assert len(untrue(engine)) == 1


def test_one_of_what_is_not_required_is_withdrawn_once_the_award_is_ended(engine, clock):
    held = award(engine, "ann", "cake", TODAY + timedelta(days=7))
    reminders.remind(engine, Reminding(not_required=True, origin=TOLD.origin))
    before = untrue(engine)

    with engine.transaction() as tx:
        tx.fire(Subject(kind=KIND, trust=TRUST, id=held), Trigger.END_DATE)

    assert (before, len(untrue(engine))) == ([], 1)


def test_the_nights_of_a_new_installation_begin_today_and_an_outage_is_made_up_for_in_part():
    assert reminding.since(None, TODAY) == TODAY - timedelta(days=1)
    assert reminding.since(TODAY - timedelta(days=100), TODAY) == TODAY - timedelta(days=reminding.CATCH_UP)
