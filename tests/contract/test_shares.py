"""The letters of a trust with many of them, shared out among workers in chunks; on both job engines."""

from collections import Counter
from datetime import timedelta

import pytest

from engine import cluster, worker
from engine.cluster import ClusterJobs
from engine.jobs import EmbeddedJobs
from engine.mail import Composer
from engine.outgoing.outbox import Delivery
from engine.wording.templates import Shelf
from engine.worker import Post, embedded_jobs
from tests import databases
from tests.contract.fake_transport import FakeTransport
from tests.contract.waiting_letters import letter, queue, states
from tests.databases import postgres_database, sqlite_database
from tests.ruling_clock import RulingClock
from tests.trial import engine_on

KINDS = {"embedded-sqlite": EmbeddedJobs, "embedded-postgres": EmbeddedJobs, "cluster": ClusterJobs}


@pytest.fixture
def clock():
    return RulingClock()


@pytest.fixture(params=KINDS)
def engine(request, tmp_path, clock):
    opened = sqlite_database(tmp_path)
    if request.param != "embedded-sqlite":
        opened = postgres_database(request.getfixturevalue("postgres_server"))
    clock.advance(timedelta(seconds=1))
    with opened as url:
        if request.param == "cluster":
            clock.rule(url)
            cluster.upgrade(url)
        made = engine_on(url, clock)
        yield made
        databases.close(made.database)
        clock.close()


@pytest.fixture
def transport():
    return FakeTransport()


@pytest.fixture
def jobs(request, engine, transport, monkeypatch):
    monkeypatch.setattr(worker, "CHUNK", 20)
    post = Post(transport=lambda: transport, composer=lambda: Composer(Shelf(), "Learning <l@northshire.example>"))
    kind = request.node.callspec.params["engine"]
    return embedded_jobs(engine, make=KINDS[kind], post=post)


def test_a_backlog_is_delivered_in_chunks_and_what_is_less_than_one_is_left_to_the_deliverers(engine, jobs, transport):
    queue(engine.database, *(letter(number) for number in range(45)))
    jobs.schedule()

    jobs.run()

    assert Counter(states(engine.database)) == {Delivery.SENT: 40, Delivery.QUEUED: 5}
    assert len(transport.taken) == 40


def test_the_same_minute_is_shared_out_once(engine, jobs):
    queue(engine.database, *(letter(number) for number in range(45)))

    assert worker.share_out(engine, jobs) == 2
    assert worker.share_out(engine, jobs) == 2
    assert jobs.run() == 2


def test_a_chunk_ends_early_where_its_worker_is_told_to_stop(engine, jobs, transport):
    queue(engine.database, *(letter(number) for number in range(45)))
    worker.share_out(engine, jobs)
    asked = iter([False])

    jobs.run(lambda: next(asked, True))

    assert transport.taken == []
    assert set(states(engine.database)) == {Delivery.QUEUED}
