"""The embedded worker: letters, timers and jobs, until it is told to stop."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from engine.errors import Passing
from engine.jobs import Every, Schedule, Work
from engine.mail import Composer
from engine.outgoing.outbox import Delivery
from engine.sink import Sink
from engine.smtp import SmtpTransport
from engine.tables import seals
from engine.wording.templates import Shelf
from engine.worker import Post, Worker, embedded_jobs
from tests.contract.fake_transport import FakeTransport, raising
from tests.contract.waiting_letters import letter, queue, states
from tests.trial import LEARNER, TRUST, Turn, engine_on
from tests.waiting import until


@pytest.fixture
def engine(database_url, clock):
    clock.advance(timedelta(seconds=1))
    built = engine_on(database_url, clock)
    yield built
    built.database.dispose()


def post(transport) -> Post:
    return Post(
        transport=lambda: transport, composer=lambda: Composer(Shelf(), "Learning <learning@northshire.example>")
    )


def test_once_delivers_fires_and_does_all_that_is_due(engine):
    queue(engine.database, *(letter(number) for number in range(30)))
    with engine.transaction(LEARNER) as tx:
        tx.start("leave", TRUST, Turn.ASK, {"person": "lin"})
    done = []
    jobs = embedded_jobs(
        engine, {"note": Work(run=done.append)}, [Schedule(name="note", rhythm=Every(timedelta(hours=1)))]
    )

    taken = Worker(engine, post(FakeTransport()), jobs).once()

    assert taken == 34
    assert len(done) == 1
    assert set(states(engine.database)) == {Delivery.SENT}
    with engine.reading() as connection:
        assert connection.execute(select(func.count()).select_from(seals)).scalar_one() == 1


def test_a_worker_delivers_what_is_queued_while_it_runs_and_stops_when_told(engine):
    transport = FakeTransport()
    worker = Worker(engine, post(transport), embedded_jobs(engine))
    worker.start()
    queue(engine.database, letter())
    until(lambda: transport.taken)

    assert worker.stop()
    queue(engine.database, letter(2))

    assert sorted(states(engine.database)) == [Delivery.QUEUED, Delivery.SENT]


def test_a_worker_goes_on_after_a_stumble(engine):
    stumbles = [ValueError("once")]

    def trouble(_recipient):
        if stumbles:
            raise stumbles.pop()

    transport = FakeTransport(trouble=trouble)
    worker = Worker(engine, post(transport), embedded_jobs(engine))
    queue(engine.database, letter())
    worker.start()
    until(lambda: not stumbles)
    queue(engine.database, letter(2))
    until(lambda: transport.taken)

    assert worker.stop()


def test_a_worker_whose_transport_fails_stays_and_keeps_the_letter(engine):
    transport = FakeTransport(trouble=raising(Passing(451, "busy")))
    worker = Worker(engine, post(transport), embedded_jobs(engine))
    queue(engine.database, letter())

    worker.start()
    until(lambda: states(engine.database) == [Delivery.RETRY])

    assert worker.stop()


def test_the_sink_keeps_what_it_receives_for_whoever_looks(engine, tmp_path, free_port, clock):
    sink = Sink(tmp_path / "mail", clock)
    sink.start(free_port)
    queue(engine.database, letter(7))
    with SmtpTransport(f"smtp://127.0.0.1:{free_port}") as transport:
        Worker(engine, post(transport), embedded_jobs(engine)).once()
    sink.stop()

    [kept] = Sink(tmp_path / "mail", clock).messages()

    assert "learner7@northshire.example" in kept.message["To"]
    assert sink.message(kept.id) == kept
    assert sink.message("none") is None


def test_a_sink_that_cannot_listen_says_so_and_leaves_nothing_open(tmp_path, clock, smtp_sink, monkeypatch):
    monkeypatch.setenv("AIOSMTPD_CONTROLLER_TIMEOUT", "0.5")
    sink = Sink(tmp_path / "mail", clock)

    with pytest.raises(OSError, match=r"bind|time"):
        sink.start(smtp_sink.port)

    sink.stop()
    assert sink.messages() == []
