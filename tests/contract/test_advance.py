"""The clock of a trial, taken forward; and several schedulers at once, on both databases."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from functools import partial

import pytest
from sqlalchemy import select

from engine.advance import Fired, advance
from engine.effects import Schedule
from engine.errors import Invalid
from engine.jobs import EmbeddedJobs, Every, Work
from engine.jobs import Schedule as Occurrences
from engine.tables import journal
from engine.timing import timers
from engine.transaction import Engine
from tests import databases, trial
from tests.trial import LEARNER, TRUST_HOLDER, Turn


@pytest.fixture
def engine(database_url, clock):
    built = trial.engine_on(database_url, clock)
    trial.allocate(built, {trial.TRUST: [TRUST_HOLDER]})
    yield built
    databases.close(built.database)


def asked(engine: Engine, count: int = 1) -> list[str]:
    with engine.transaction(LEARNER) as tx:
        return [tx.start("leave", trial.TRUST, Turn.ASK, {"person": "lin"}).subject.id for _ in range(count)]


def remind(engine: Engine, leave: str, at: datetime) -> None:
    """Have a leave granted by default at a moment."""
    subject = trial.subject_of(trial.Request(id=leave, person="lin"))
    effect = Schedule(key=f"default/{leave}", subject=subject, trigger=Turn.DEFAULT, at=at)
    with engine.transaction() as tx:
        timers.schedule(tx, [(None, effect)])


def moved(engine: Engine) -> dict[str, list[datetime]]:
    """Return when each leave was granted or lapsed."""
    query = select(journal.c.subject, journal.c.at).where(journal.c.kind == "leave", journal.c.source.is_not(None))
    found: dict[str, list[datetime]] = {}
    with engine.reading() as conn:
        for row in conn.execute(query.order_by(journal.c.at)):
            found.setdefault(row.subject, []).append(row.at)
    return found


def jobs_counting(seen: list[datetime], engine: Engine) -> EmbeddedJobs:
    work = {"look": Work(run=lambda _arguments: seen.append(engine.clock()))}
    return EmbeddedJobs(
        engine.database, engine.clock, work, [Occurrences(name="look", rhythm=Every(timedelta(hours=6)))]
    )


def test_everything_fires_at_its_own_moment_and_in_order(engine, clock):
    now, (first, second, third) = clock(), asked(engine, 3)
    remind(engine, second, now + timedelta(days=2, minutes=7))
    remind(engine, first, now + timedelta(days=1))
    remind(engine, third, now + timedelta(days=4))
    seen: list[datetime] = []

    fired = advance(engine, now + timedelta(days=3), partial(jobs_counting, seen))

    assert moved(engine) == {first: [now + timedelta(days=1)], second: [now + timedelta(days=2, minutes=7)]}
    assert fired == Fired(2, len(seen))
    assert seen == sorted(seen)
    assert len(seen) in {12, 13}


def test_a_clock_does_not_go_back(engine, clock):
    with pytest.raises(Invalid):
        advance(engine, clock() - timedelta(seconds=1), partial(jobs_counting, []))


def test_several_schedulers_fire_each_timer_once(engine, clock):
    leaves = asked(engine, 12)
    for leave in leaves:
        remind(engine, leave, clock())

    with ThreadPoolExecutor(4) as pool:
        taken = sum(pool.map(lambda _number: timers.fire_due(engine), range(4)))

    assert taken == len(leaves)
    assert {leave: len(times) for leave, times in moved(engine).items()} == dict.fromkeys(leaves, 1)


def test_a_scheduler_that_was_stopped_makes_up_for_every_timer(engine, clock):
    (leave,) = asked(engine)
    remind(engine, leave, clock() + timedelta(days=1))
    clock.advance(timedelta(days=30))

    fired = timers.fire_due(engine), timers.fire_due(engine)

    assert fired == (1, 0)
    assert moved(engine) == {leave: [clock()]}
