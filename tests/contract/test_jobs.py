"""The job engine as anybody may rely on it."""

from datetime import UTC, datetime, time, timedelta
from functools import partial

import pytest
from sqlalchemy import select

from engine import cluster
from engine.cluster import ClusterJobs
from engine.errors import Missing, SettingError
from engine.jobs import EVERYWHERE, Daily, EmbeddedJobs, Every, Job, Progress, Schedule, Work
from engine.storage import database
from engine.tables import jobs
from tests.clock import START
from tests.databases import postgres_database, sqlite_database
from tests.ruling_clock import RulingClock


@pytest.fixture(params=["embedded-sqlite", "embedded-postgres", "cluster"])
def kind(request):
    return request.param


@pytest.fixture
def base(kind, request, tmp_path, clock):
    opened = sqlite_database(tmp_path)
    if kind != "embedded-sqlite":
        opened = postgres_database(request.getfixturevalue("postgres_server"))
    with opened as url:
        if kind == "cluster":
            clock.rule(url)
            cluster.upgrade(url)
        engine = database.connect(url)
        yield engine
        engine.dispose()
        clock.close()


@pytest.fixture
def clock():
    return RulingClock()


@pytest.fixture
def make(kind, base, clock):
    """Return what makes a job engine of works and schedules."""
    chosen = ClusterJobs if kind == "cluster" else EmbeddedJobs
    return partial(chosen, base, clock)


@pytest.fixture
def done():
    return []


@pytest.fixture
def engine(make, done):
    return make({"note": Work(run=done.append, lease=timedelta(minutes=10))})


def enqueue(base, engine, key="one", **changed):
    with database.writing(base) as connection:
        engine.enqueue(connection, Job(key=key, name="note", due_at=START, arguments={"key": key}, **changed))


def kept(base):
    with database.reading(base) as connection:
        return {row.key: row for row in connection.execute(select(jobs))}


def test_a_job_is_done_once(base, engine, done):
    enqueue(base, engine)

    engine.run()
    engine.run()

    assert done == [{"key": "one"}]
    assert kept(base)["one"].state == Progress.DONE


def test_a_job_does_not_exist_where_its_transaction_failed(base, engine, done):
    def enqueue_and_fail():
        with database.writing(base) as connection:
            engine.enqueue(connection, Job(key="one", name="note", due_at=START))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        enqueue_and_fail()

    assert engine.run() == 0
    assert done == []


def test_the_same_key_is_the_same_job(base, engine, done):
    enqueue(base, engine)
    enqueue(base, engine)

    engine.run()

    assert len(done) == 1


def test_a_job_waits_until_it_is_due(base, engine, done, clock):
    clock.set(START - timedelta(seconds=1))
    enqueue(base, engine)

    assert engine.run() == 0
    clock.set(START)
    assert engine.run() == 1


def test_a_failing_job_is_tried_five_times_and_holds_up_nobody(base, make, clock, done):
    def fail(arguments):
        done.append(arguments)
        raise ValueError

    engine = make({"fail": Work(run=fail), "note": Work(run=done.append)})
    with database.writing(base) as connection:
        engine.enqueue(connection, Job(key="bad", name="fail", due_at=START))
    enqueue(base, engine, "good")

    for _ in range(10):
        engine.run()
        clock.advance(timedelta(hours=1))

    bad = kept(base)["bad"]
    assert (bad.state, bad.attempts, bad.answer) == (Progress.DEAD, 5, "ValueError")
    assert kept(base)["good"].state == Progress.DONE


def test_a_job_that_was_given_up_can_be_requeued(base, make, clock, done):
    broken = [True]

    def work(arguments):
        if broken:
            raise ValueError
        done.append(arguments)

    engine = make({"note": Work(run=work)})
    enqueue(base, engine)
    for _ in range(5):
        engine.run()
        clock.advance(timedelta(hours=1))
    broken.clear()

    engine.requeue(EVERYWHERE, "one")
    engine.run()

    assert done == [{"key": "one"}]


def test_only_a_job_that_was_given_up_can_be_requeued(base, engine):
    enqueue(base, engine)

    with pytest.raises(Missing):
        engine.requeue(EVERYWHERE, "one")


def test_a_job_whose_worker_died_is_begun_again_after_its_lease(base, make, clock, done):
    class Killed(BaseException):
        """Stands for kill -9: nothing after it runs."""

    def die(_arguments):
        raise Killed

    dying = make({"note": Work(run=die, lease=timedelta(minutes=10))})
    living = make({"note": Work(run=done.append, lease=timedelta(minutes=10))})
    enqueue(base, living)
    with pytest.raises(Killed):
        dying.run()

    assert living.run() == 0
    clock.advance(timedelta(minutes=11))
    assert living.run() == 1
    assert done == [{"key": "one"}]


def test_an_older_lease_cannot_end_what_was_begun_again(base, make, clock, done):
    def outlive(_arguments):
        clock.advance(timedelta(minutes=11))
        other.run()
        raise ValueError

    slow = make({"note": Work(run=outlive, lease=timedelta(minutes=10))})
    other = make({"note": Work(run=done.append, lease=timedelta(minutes=10))})
    enqueue(base, slow)

    slow.run()

    assert done == [{"key": "one"}]
    assert kept(base)["one"].state == Progress.DONE


def test_work_that_is_alone_runs_once_at_a_time_in_a_trust(base, make, done):
    def meet(arguments):
        done.append(arguments["key"])
        if arguments["key"] == "one":
            other.run()

    one, other = (make({"note": Work(run=meet, alone=True)}) for _ in range(2))
    for key, trust in (("one", "R1A"), ("two", "R1A"), ("three", "R2B")):
        enqueue(base, one, key, trust=trust)

    one.run()

    assert done == ["one", "three", "two"]


def test_a_job_of_tomorrow_holds_back_none_of_today(base, make, clock, done):
    engine = make({"note": Work(run=done.append, alone=True)})
    with database.writing(base) as connection:
        engine.enqueue(connection, Job(key="later", name="note", due_at=START + timedelta(days=1)))
    enqueue(base, engine)

    assert engine.run() == 1
    assert done == [{"key": "one"}]


def test_a_job_that_no_work_here_knows_waits_for_a_newer_worker(base, make, engine, done):
    newer = make({"novelty": Work(run=done.append)})
    with database.writing(base) as connection:
        newer.enqueue(connection, Job(key="one", name="novelty", due_at=START))

    assert engine.run() == 0
    assert newer.run() == 1


def test_an_occurrence_is_not_made_again_when_the_clock_steps_back(make, clock, done):
    rhythm = [Schedule(name="note", rhythm=Every(timedelta(minutes=5)))]
    engine = make({"note": Work(run=done.append)}, rhythm)
    for step in (0, 5, -5, 5):
        clock.advance(timedelta(minutes=step))
        engine.schedule()
        engine.run()

    late = make({"note": Work(run=done.append)}, rhythm)
    clock.advance(-timedelta(minutes=5))

    assert (late.schedule(), len(done)) == (0, 2)


def test_two_schedulers_make_each_occurrence_once(base, make, clock, done):
    schedules = [Schedule(name="note", rhythm=Every(timedelta(minutes=5)))]
    one, other = (make({"note": Work(run=done.append)}, schedules) for _ in range(2))

    assert (one.schedule(), other.schedule()) == (1, 0)
    clock.advance(timedelta(minutes=5))
    assert (one.schedule(), other.schedule()) == (1, 0)
    one.run()
    other.run()

    assert len(done) == 2


def test_of_missed_occurrences_only_the_last_is_made_up_for(base, make, clock, done):
    engine = make({"note": Work(run=done.append)}, [Schedule(name="note", rhythm=Daily(time(2, 30)))])
    engine.schedule()
    clock.advance(timedelta(days=9))
    engine.schedule()

    assert engine.run() == 2


def test_jobs_done_long_ago_are_forgotten(base, make, clock, done):
    engine = make({"note": Work(run=done.append)}, [Schedule(name="note", rhythm=Daily(time(2, 30)))])
    for _ in range(9):
        engine.schedule()
        engine.run()
        clock.advance(timedelta(days=1))

    assert len(done) == 9
    assert len(kept(base)) <= 4


@pytest.mark.parametrize(
    ("now", "latest"),
    [
        (datetime(2026, 1, 10, 1, 30, tzinfo=UTC), datetime(2026, 1, 10, 1, 30, tzinfo=UTC)),
        (datetime(2026, 1, 10, 1, 29, tzinfo=UTC), datetime(2026, 1, 9, 1, 30, tzinfo=UTC)),
        (datetime(2026, 7, 10, 0, 30, tzinfo=UTC), datetime(2026, 7, 10, 0, 30, tzinfo=UTC)),
        (datetime(2026, 3, 29, 12, 0, tzinfo=UTC), datetime(2026, 3, 29, 1, 30, tzinfo=UTC)),
        (datetime(2026, 10, 25, 12, 0, tzinfo=UTC), datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),
    ],
    ids=["winter", "not yet today", "summer", "the hour that is skipped", "the hour that comes twice"],
)
def test_daily_keeps_local_time(now, latest):
    assert Daily(time(1, 30)).latest(now) == latest


def test_the_job_engine_of_many_machines_is_refused_on_sqlite():
    with pytest.raises(SettingError, match="needs PostgreSQL"):
        cluster.upgrade("sqlite://")


def test_a_newer_library_brings_the_steps_that_are_missing():
    names = ["03.04.00_01_pre_add.sql", "03.02.00_50_post.sql", "03.10.01_01_pre_new.sql", "__init__.py"]

    assert cluster.steps_since("3.4.0", names) == ["03.10.01_01_pre_new.sql"]
