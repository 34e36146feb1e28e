"""Procrastinate's heartbeats: a worker that is alive keeps its job, one that fell silent loses it."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from engine import cluster
from engine.cluster import ClusterJobs
from engine.jobs import Job, Work
from engine.storage import database
from tests.clock import START
from tests.databases import postgres_database
from tests.ruling_clock import RulingClock
from tests.waiting import until


@pytest.fixture
def clock():
    return RulingClock()


@pytest.fixture
def base(postgres_server, clock):
    with postgres_database(postgres_server) as url:
        clock.rule(url)
        cluster.upgrade(url)
        made = database.connect(url)
        yield made
        made.dispose()
        clock.close()


def test_a_job_whose_worker_beats_is_left_to_it_however_long_it_takes(base, clock, monkeypatch):
    monkeypatch.setattr(cluster, "_BEAT", 0.01)
    others = []

    def last_beat():
        with database.reading(base) as connection:
            return connection.execute(text("SELECT max(last_heartbeat) FROM procrastinate_workers")).scalar_one()

    def work(_arguments):
        clock.advance(timedelta(minutes=5))
        until(lambda: last_beat() == clock())
        others.append(other.run())

    one, other = (ClusterJobs(base, clock, {"note": Work(run=work)}) for _ in range(2))
    with database.writing(base) as connection:
        one.enqueue(connection, Job(key="long", name="note", due_at=START))

    taken = one.run()

    assert (taken, others) == (1, [0])
