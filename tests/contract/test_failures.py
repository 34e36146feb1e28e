"""What lies still because it failed is found by its own state, whoever was killed, and its incident ends with it."""

from datetime import timedelta

import pytest
from sqlalchemy import insert, select, update

from engine import failures, heartbeats, incident, messages
from engine.approvals.approval import Approval
from engine.approvals.unheard import nobody_asked
from engine.heartbeats import Pulse
from engine.incident import Source, Status, Trigger
from engine.incident_tables import incidents
from engine.jobs import EVERYWHERE, Job, Progress, Work
from engine.letters import Subject
from engine.mail import Composer
from engine.outgoing.outbox import NO_ANSWER, Delivery
from engine.roles import directory
from engine.roles.directory import Role
from engine.storage import database
from engine.tables import approvals, jobs, outbox
from engine.wording.templates import Shelf
from engine.worker import Post, Worker, embedded_jobs
from tests import trial
from tests.contract.fake_transport import FakeTransport
from tests.contract.waiting_letters import letter, queue
from tests.trial import TRUST, WARD

NO_COURSE = {"when": "Monday", "class_link": "https://learn.northshire.example/classes/1"}
MISSING = "The token course is required and has no value."


@pytest.fixture
def engine(database_url, clock):
    """Return an engine over a trust in which nobody holds anything."""
    clock.advance(timedelta(seconds=1))
    engine = trial.engine_on(database_url, clock)
    trial.allocate(engine, {})
    yield engine
    engine.database.dispose()


def worker(engine, transport=None, **works):
    transport = transport or FakeTransport()
    post = Post(transport=lambda: transport, composer=lambda: Composer(Shelf(), "Learning <l@northshire.example>"))
    jobs = embedded_jobs(engine, {name: Work(run=run) for name, run in works.items()})
    return Worker(engine, post, jobs)


def rows(engine, table=incidents, **same):
    chosen = select(table).where(*(table.c[name] == value for name, value in same.items()))
    with engine.reading() as connection:
        return connection.execute(chosen.order_by(*table.primary_key.columns)).mappings().all()


def act(engine, trigger, **facts):
    (row,) = rows(engine, state=Status.OPEN)
    with engine.transaction() as tx:
        tx.fire(Subject(kind=incident.KIND, trust=TRUST, id=row["id"]), trigger, facts)


def test_letters_that_cannot_be_composed_are_one_incident_and_the_others_go(engine):
    queue(engine.database, *(letter(number, context=NO_COURSE) for number in range(3)), letter(9))
    transport = FakeTransport()

    worker(engine, transport).once()
    worker(engine, transport).once()
    queue(engine.database, letter(4, context=NO_COURSE))
    worker(engine, transport).once()
    worker(engine, transport).once()

    assert len(transport.taken) == 1
    (raised,) = rows(engine)
    assert (raised["source"], raised["count"], raised["message"]) == (Source.MESSAGE, 4, MISSING)
    assert "Learner" not in str(dict(raised))


def test_letters_of_which_nobody_knows_are_an_incident_of_their_own(engine):
    queue(engine.database, letter(1, state="PARKED", answer=NO_ANSWER), letter(2, state="PARKED", answer="Other."))

    failures.watch(engine)

    assert sorted(row["message"] for row in rows(engine)) == [NO_ANSWER, "Other."]


def test_a_retry_queues_the_letters_again_and_a_second_failure_is_a_new_incident(engine):
    queue(engine.database, *(letter(number, context=NO_COURSE) for number in range(2)))
    worker(engine).once()
    failures.watch(engine)
    with database.writing(engine.database) as connection:
        mended = update(outbox).where(outbox.c.subject == "enrolment-0").values(context=letter()["context"])
        connection.execute(mended)

    act(engine, Trigger.RETRY)
    worker(engine).once()
    failures.watch(engine)

    assert sorted(row["state"] for row in rows(engine, outbox, kind="enrolment")) == ["PARKED", "SENT"]
    assert sorted((row["state"], row["count"]) for row in rows(engine)) == [("OPEN", 1), ("RESOLVED", 2)]


def test_letters_that_are_skipped_are_not_sent(engine):
    queue(engine.database, letter(context=NO_COURSE))
    worker(engine).once()
    failures.watch(engine)

    act(engine, Trigger.SKIP, reason="The class is over.")

    assert [row["state"] for row in rows(engine, outbox)] == [Delivery.SUPPRESSED]
    assert failures.watch(engine) == 0


def test_an_incident_ends_by_itself_when_somebody_sends_its_letter_again(engine, clock):
    queue(engine.database, letter(context=NO_COURSE))
    worker(engine).once()
    failures.watch(engine)
    with engine.transaction() as tx:
        messages.resend(tx.connection, TRUST, rows(engine, outbox)[0]["id"], clock())

    failures.watch(engine)

    (ended,) = rows(engine)
    assert (ended["state"], ended["ended_by_name"]) == (Status.RESOLVED, "Preceptor")


def test_a_job_that_was_given_up_is_an_incident_of_every_trust_and_is_begun_again(engine, clock):
    trouble = [ValueError("Lin Chen")]

    def run(_arguments):
        if trouble:
            raise trouble[0]

    working = worker(engine, note=run)
    with engine.transaction() as tx:
        working._jobs.enqueue(tx.connection, Job(key="n", name="note", due_at=clock(), trust=EVERYWHERE))
    for _ in range(5):
        working.once()
        clock.advance(timedelta(hours=2))
    working.once()

    (raised,) = rows(engine)
    assert (raised["trust"], raised["cause"], raised["source"]) == (TRUST, "job/note", Source.JOB)
    assert raised["message"] == "It was tried 5 times and failed: ValueError"
    trouble.clear()
    act(engine, Trigger.RETRY)
    working.once()
    assert rows(engine, jobs, name="note")[0]["state"] == Progress.DONE
    assert [row["state"] for row in rows(engine)] == [Status.RESOLVED]


def test_a_job_that_was_given_up_stays_until_somebody_skips_it(engine, clock):
    dead = {"trust": TRUST, "key": "old", "name": "note", "arguments": {}, "attempts": 5, "fence": 5}
    dead |= {"state": Progress.DEAD, "due_at": clock(), "finished_at": clock(), "answer": "ValueError"}
    with database.writing(engine.database) as connection:
        connection.execute(insert(jobs), dead)
    failures.watch(engine)
    clock.advance(timedelta(days=30))
    worker(engine).once()

    act(engine, Trigger.SKIP, reason="It is no longer needed.")

    assert [row["state"] for row in rows(engine, jobs, name="note")] == [Progress.DONE]
    assert failures.watch(engine) == 0


def an_approval(about, clock, **changes):
    usual = {"trust": TRUST, "id": "q1", "organisation": WARD, "subject": about, "subject_revision": 1}
    usual |= {"subject_person": None, "title": "Leave for lin", "role": "leave-approver", "choices": ("GRANT",)}
    return Approval(**{**usual, "opened_at": clock(), **changes})


def test_a_question_that_reached_nobody_is_an_incident_of_its_organisation(engine, clock):
    about = Subject(kind="leave", trust=TRUST, id="l1")
    with database.writing(engine.database) as connection:
        directory.put_role(
            connection, Role(trust=TRUST, role="leave-approver", organisation=TRUST, title="Leave Approver")
        )

    with engine.transaction() as tx:
        nobody_asked(tx, an_approval(about, clock), "Nobody active holds the role.")

    (raised,) = rows(engine)
    assert (raised["organisation"], raised["about_kind"], raised["about"]) == (WARD, "leave", "l1")
    assert raised["title"] == "Nobody could be asked: Leave Approver, about leave"


def test_a_question_about_an_incident_raises_none(engine, clock):
    about = Subject(kind=incident.KIND, trust=TRUST, id="i1")

    with engine.transaction() as tx:
        nobody_asked(tx, an_approval(about, clock), "Nobody active holds the role.")

    assert rows(engine) == []


def test_an_incident_that_nobody_is_asked_about_stands_open_without_a_mail(engine):
    queue(engine.database, letter(state="PARKED", answer="Other."))

    failures.watch(engine)
    failures.watch(engine)

    assert [row["state"] for row in rows(engine)] == [Status.OPEN]
    assert [row["state"] for row in rows(engine, approvals, kind=incident.KIND)] == ["ERROR"]
    assert rows(engine, outbox, kind=incident.KIND) == []


def test_the_incident_of_a_question_ends_when_the_question_does(engine, clock):
    about = Subject(kind="leave", trust=TRUST, id="l1")
    with engine.transaction() as tx:
        nobody_asked(tx, an_approval(about, clock), "Nobody active holds the role.")

    failures.watch(engine)

    assert [row["state"] for row in rows(engine)] == [Status.RESOLVED]


def test_a_worker_says_that_it_lives_and_that_it_ended(engine, clock):
    pulse = Pulse(engine)
    pulse.beat("chores")
    clock.advance(timedelta(seconds=11))
    pulse.beat("chores")
    pulse.beat("chores")
    with engine.reading() as connection:
        (heard,) = heartbeats.beats(connection)

    pulse.end()

    assert heard.seen_at - heard.started_at == timedelta(seconds=11)
    with engine.reading() as connection:
        assert heartbeats.beats(connection) == []
