"""Incidents: what fails is parked, one item a cause asks the administrators, and an answer acts on what is parked."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import insert, select, update

from engine import incident
from engine.approvals.approval import KIND as APPROVAL
from engine.approvals.approval import Trigger as Answer
from engine.effects import Effect
from engine.errors import Conflict, NotAllowed, Refused
from engine.incident import Source, Status, Trigger
from engine.incident_tables import incidents
from engine.letters import Subject
from engine.machine import Actor, Workflow
from engine.roles.directory_tables import accounts, holders, roles
from engine.storage import database
from engine.tables import approvals, journal, outbox
from engine.tables import timers as waiting
from engine.timing import timers
from tests import trial
from tests.trial import LEARNER, TRUST, TRUST_HOLDER, Leave, Turn

ADA = Actor(id="acc-ada", name="Ada Obi", person="ada", grants=frozenset({(incident.WORKFLOW_ADMINISTRATOR, TRUST)}))
DAY = timedelta(days=1)


class Broken:
    """An effect of a step that fails until it is repaired."""

    def __init__(self) -> None:
        self.error: Exception | None = KeyError("Lin Chen")

    def __call__(self, _case) -> Iterator[Effect]:
        if self.error:
            raise self.error
        return iter(())


@pytest.fixture
def broken() -> Broken:
    return Broken()


@pytest.fixture
def engine(database_url, clock, broken):
    """Return an engine whose leaves lapse by a step with a failing effect."""
    built = trial.engine_on(database_url, clock)
    steps = tuple(replace(step, effects=broken) if step.trigger is Turn.LAPSE else step for step in trial.LEAVE.steps)
    failing: Workflow = replace(trial.LEAVE, steps=steps)
    engine = replace(built, keeps={**built.keeps, "leave": (failing, built.keeps["leave"][1])})
    trial.allocate(engine, {TRUST: [TRUST_HOLDER]})
    yield engine
    engine.database.dispose()


def administrator(engine, *actors):
    """Allocate the role of the workflow administrator."""
    role = {"trust": TRUST, "role": incident.WORKFLOW_ADMINISTRATOR, "organisation": TRUST}
    with database.writing(engine.database) as connection:
        connection.execute(insert(roles), {**role, "title": "Workflow Administrator", "enabled": True})
        for actor in actors:
            connection.execute(insert(accounts), trial._account(actor))
            connection.execute(insert(holders), {**role, "account": actor.id, "enabled": True})


def asks(engine, person="lin"):
    with engine.transaction(replace(LEARNER, person=person)) as tx:
        return tx.start("leave", TRUST, Turn.ASK, {"person": person}).subject


def rows(engine, table=incidents, **same):
    chosen = select(table).where(*(table.c[name] == value for name, value in same.items()))
    with engine.reading() as connection:
        return connection.execute(chosen.order_by(*table.primary_key.columns)).mappings().all()


def act(engine, trigger, actor=ADA, **facts):
    (row,) = rows(engine, state=Status.OPEN)
    with engine.transaction(actor) as tx:
        return tx.fire(Subject(kind=incident.KIND, trust=TRUST, id=row["id"]), trigger, facts)


def test_a_timer_whose_step_fails_is_parked_once_and_the_others_go_on(engine, clock, broken):
    broken.error = KeyError("Lin Chen")
    asks(engine)
    clock.advance(15 * DAY)
    with engine.transaction() as tx:
        well = tx.start("leave", TRUST, Turn.ASK, {"person": "sian", "organisation": TRUST}).subject
        tx.connection.execute(
            insert(waiting),
            {"trust": TRUST, "key": "z", "kind": "leave", "subject": well.id, "trigger": "DEFAULT", "facts": {}}
            | {"due_at": clock()},
        )

    taken = timers.fire_due(engine), timers.fire_due(engine)

    assert taken == (2, 0)
    assert rows(engine, trial.leaves, id=well.id)[0]["state"] == Leave.GRANTED
    (raised,) = rows(engine)
    assert (raised["source"], raised["state"], raised["count"]) == (Source.TIMER, Status.OPEN, 1)
    assert raised["message"].startswith("A fault in the program stopped it: KeyError in test_incidents.py, line ")
    assert "Lin" not in str(dict(raised))


def test_nothing_is_half_done_where_a_step_fails_in_the_middle_of_a_chain(engine, clock, broken):
    asked = asks(engine)
    clock.advance(15 * DAY)
    before = len(rows(engine, journal, kind="leave")), len(rows(engine, journal, kind=APPROVAL, trigger="LAPSE"))

    timers.fire_due(engine)

    # The approval's own end came first in the chain; with the failing step it is undone.
    after = len(rows(engine, journal, kind="leave")), len(rows(engine, journal, kind=APPROVAL, trigger="LAPSE"))
    assert (before, after) == ((1, 0), (1, 0))
    assert rows(engine, trial.leaves, id=asked.id)[0]["state"] == Leave.ASKED
    assert [row["state"] for row in rows(engine, approvals, kind="leave")] == ["OPEN"]
    assert [row["incident"] for row in rows(engine, waiting)] == [rows(engine)[0]["id"]]


def test_the_same_failure_of_many_subjects_counts_up_and_asks_once(engine, clock):
    administrator(engine, ADA)
    asks(engine), asks(engine, "sian"), asks(engine, "joe")
    clock.advance(15 * DAY)

    timers.fire_due(engine)

    (raised,) = rows(engine)
    assert raised["count"] == 3
    (question,) = rows(engine, approvals, kind=incident.KIND)
    assert (question["role"], question["choices"]) == ("workflow-administrator", ["RETRY", "SKIP", "RESOLVE"])
    (told,) = rows(engine, outbox, kind=incident.KIND)
    assert (told["notice"], told["email"]) == ("SYS-05-workflow-error", "ada@northshire.example")
    assert told["context"]["worklist_link"].endswith(f"/worklist/{question['id']}")


def test_a_retry_that_fails_again_says_so_at_once_and_changes_nothing(engine, clock, broken):
    asks(engine)
    clock.advance(15 * DAY)
    timers.fire_due(engine)
    broken.error = Refused("The ward is closed.")

    with pytest.raises(Refused, match=r"It failed again, and nothing was changed. The ward is closed."):
        act(engine, Trigger.RETRY)

    assert [row["state"] for row in rows(engine)] == [Status.OPEN]
    assert len(rows(engine, waiting)) == 1


def test_a_retry_after_the_repair_takes_the_step_because_of_the_incident(engine, clock, broken):
    asked = asks(engine)
    clock.advance(15 * DAY)
    timers.fire_due(engine)
    broken.error = None

    moved = act(engine, Trigger.RETRY)

    assert moved.target == Status.RESOLVED
    assert rows(engine, trial.leaves, id=asked.id)[0]["state"] == Leave.LAPSED
    assert rows(engine, waiting) == []
    lapsed = rows(engine, journal, kind=APPROVAL, trigger="LAPSE")[0]
    assert lapsed["because"] == f"incident/{moved.subject.id}/{moved.revision}"


def test_of_many_what_goes_through_goes_and_the_rest_is_a_new_incident(engine, clock, broken):
    first, second = asks(engine), asks(engine, "sian")
    clock.advance(15 * DAY)
    timers.fire_due(engine)
    kept = broken.__call__

    class OnlyTheSecond:
        def __call__(self, case):
            return kept(case) if case.record.id == second.id else iter(())

    steps = tuple(
        replace(step, effects=OnlyTheSecond()) if step.trigger is Turn.LAPSE else step for step in trial.LEAVE.steps
    )
    better = replace(
        engine, keeps={**engine.keeps, "leave": (replace(trial.LEAVE, steps=steps), engine.keeps["leave"][1])}
    )

    act(better, Trigger.RETRY)

    assert [row["state"] for row in rows(engine, trial.leaves, id=first.id)] == [Leave.LAPSED]
    assert sorted((row["state"], row["count"]) for row in rows(engine)) == [("OPEN", 1), ("RESOLVED", 2)]
    (left,) = rows(engine, waiting)
    assert left["incident"] == rows(engine, state="OPEN")[0]["id"]


@pytest.mark.parametrize("trigger", [Trigger.SKIP, Trigger.RESOLVE])
def test_what_is_skipped_or_done_by_hand_is_let_go_and_journalled(engine, clock, trigger):
    asks(engine)
    clock.advance(15 * DAY)
    timers.fire_due(engine)

    moved = act(engine, trigger, reason="The ward was closed anyway.")

    assert rows(engine, waiting) == []
    (row,) = rows(engine)
    assert (row["state"], row["ended_by_name"], row["reason"]) == (
        moved.target,
        "Ada Obi",
        "The ward was closed anyway.",
    )
    assert "The ward was closed anyway." in rows(engine, journal, kind=incident.KIND, trigger=trigger)[0]["payload"]


def test_a_skip_needs_a_reason_and_an_answer_the_role(engine, clock):
    asks(engine)
    clock.advance(15 * DAY)
    timers.fire_due(engine)

    with pytest.raises(Refused, match=r"A reason is needed\."):
        act(engine, Trigger.SKIP, reason=" ")
    with pytest.raises(NotAllowed):
        act(engine, Trigger.RETRY, actor=LEARNER)


def test_the_worklist_answers_an_incident(engine, clock, broken):
    administrator(engine, ADA)
    asks(engine)
    clock.advance(15 * DAY)
    timers.fire_due(engine)
    broken.error = None
    (question,) = rows(engine, approvals, kind=incident.KIND)

    with engine.transaction(ADA) as tx:
        said = {"choice": "RETRY", "facts": {}, "comment": ""}
        tx.fire(Subject(kind=APPROVAL, trust=TRUST, id=question["id"]), Answer.ANSWER, said)

    assert [row["state"] for row in rows(engine)] == [Status.RESOLVED]


def test_a_timer_whose_subject_moved_on_stays_silent(engine, clock):
    asked = asks(engine)
    with engine.transaction(TRUST_HOLDER) as tx:
        tx.fire(asked, Turn.GRANT)
    with database.writing(engine.database) as connection:
        connection.execute(
            insert(waiting),
            {"trust": TRUST, "key": "late", "kind": "leave", "subject": asked.id, "trigger": "LAPSE", "facts": {}}
            | {"due_at": clock()},
        )

    timers.fire_due(engine)

    assert rows(engine) == []
    assert rows(engine, waiting) == []


def test_a_timer_of_a_kind_that_is_gone_is_an_incident_of_the_trust(engine, clock):
    with database.writing(engine.database) as connection:
        connection.execute(
            insert(waiting),
            {"trust": TRUST, "key": "old", "kind": "rota", "subject": "r1", "trigger": "END", "facts": {}}
            | {"due_at": clock()},
        )

    timers.fire_due(engine)

    (row,) = rows(engine)
    assert (row["organisation"], row["message"]) == (TRUST, "There is no workflow for “rota”.")


def test_a_conflict_is_no_incident_for_the_timer_is_simply_tried_again(engine, clock, broken):
    asks(engine)
    clock.advance(15 * DAY)
    broken.error = Conflict()

    with pytest.raises(Conflict):
        timers.fire_due(engine)

    assert rows(engine) == []
    assert len(rows(engine, waiting)) == 1


def test_a_question_that_reached_nobody_is_asked_again_once_somebody_holds_the_role(engine):
    with database.writing(engine.database) as connection:
        connection.execute(update(holders).values(enabled=False))
    asked = asks(engine)
    (raised,) = rows(engine)
    with pytest.raises(Refused):
        act(engine, Trigger.RETRY)
    with database.writing(engine.database) as connection:
        connection.execute(update(holders).values(enabled=True))

    act(engine, Trigger.RETRY)

    assert (raised["source"], raised["about"]) == (Source.APPROVAL, asked.id)
    assert [row["state"] for row in rows(engine, approvals, kind="leave")] == ["OPEN"]
    assert [row["email"] for row in rows(engine, outbox, kind="leave")] == ["tom@northshire.example"]
    assert [row["state"] for row in rows(engine)] == [Status.RESOLVED]
