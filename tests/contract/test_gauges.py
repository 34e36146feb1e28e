"""How the queues stand: counts, what is late, and how long the oldest has waited; of one trust, or of all."""

from datetime import timedelta

import pytest
from sqlalchemy import insert, select

from engine import failures, gauges
from engine.jobs import EVERYWHERE
from engine.storage import database
from engine.tables import jobs, timers
from tests import trial
from tests.contract.waiting_letters import letter, queue
from tests.trial import LEARNER, TRUST, TRUST_HOLDER, Turn

HOUR = timedelta(hours=1)


@pytest.fixture
def engine(database_url, clock):
    engine = trial.engine_on(database_url, clock)
    trial.allocate(engine, {TRUST: [TRUST_HOLDER]})
    yield engine
    engine.database.dispose()


def figures(engine, trust=TRUST):
    with engine.reading() as connection:
        return gauges.read(connection, engine.clock(), trust)


def told(found):
    return [(one.queue, one.name, one.count, one.late, one.oldest) for one in found.all]


def test_a_quiet_trust_has_no_figures(engine):
    found = figures(engine)

    assert (found.all, found.lately, found.oldest_unsent) == ((), {}, 0.0)


def test_every_queue_is_counted_with_what_is_late_and_since_when(engine, clock):
    start = clock()
    with engine.transaction(LEARNER) as tx:
        tx.start("leave", TRUST, Turn.ASK, {"person": "lin"})
    queue(engine.database, letter(1, state="SENT"), letter(2), letter(3, state="PARKED", answer="No."))
    failures.watch(engine)
    clock.advance(timedelta(days=20))
    row = {"name": "note", "arguments": {}, "attempts": 0, "fence": 0, "due_at": start}
    with database.writing(engine.database) as connection:
        connection.execute(insert(jobs), {**row, "trust": EVERYWHERE, "key": "a", "state": "WAITING"})
        connection.execute(insert(jobs), {**row, "trust": TRUST, "key": "b", "state": "RUNNING"})
        connection.execute(insert(jobs), {**row, "trust": "other", "key": "c", "state": "DEAD"})

    found = figures(engine)

    assert told(found) == [
        ("approvals", "leave-approver", 1, 1, start),
        ("approvals", "workflow-administrator", 1, 0, start),
        ("incidents", "MESSAGE", 1, 0, start),
        ("jobs", "RUNNING", 1, 0, start),
        ("jobs", "WAITING", 1, 1, start),
        ("outbox", "PARKED", 1, 0, start + timedelta(milliseconds=3)),
        ("outbox", "QUEUED", 2, 0, start),
        ("timers", "DUE", 1, 0, start + timedelta(days=14)),
    ]
    assert found.oldest_unsent == timedelta(days=20).total_seconds()


def test_a_timer_that_is_to_come_is_not_due(engine, clock):
    with engine.transaction(LEARNER) as tx:
        tx.start("leave", TRUST, Turn.ASK, {"person": "lin"})

    assert figures(engine).of("timers") == ()
    with engine.reading() as connection:
        assert connection.execute(select(timers)).first() is not None


def test_of_all_trusts_every_one_is_counted(engine):
    queue(engine.database, letter(1), letter(2, trust="other"))

    assert [one.count for one in figures(engine, None).of("outbox")] == [2]
    assert [one.count for one in figures(engine, TRUST).of("outbox")] == [1]


def test_lately_is_the_last_day_by_state(engine, clock):
    queue(engine.database, letter(1, state="SENT"))
    clock.advance(timedelta(hours=23))
    queue(engine.database, letter(2, at=clock(), state="SENT"), letter(3, at=clock(), state="DEAD"))

    assert figures(engine).lately == {"SENT": 2, "DEAD": 1}
    clock.advance(2 * HOUR)
    assert figures(engine, None).lately == {"SENT": 1, "DEAD": 1}


def test_an_age_is_never_negative(clock):
    soon = gauges.Figure(queue="jobs", name="WAITING", count=1, oldest=clock() + HOUR)

    assert soon.age(clock()) == 0.0
