"""A request for a place that needs approval, on both databases: who is asked, who may answer, and what each is told."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from engine.approvals.approval import KIND as APPROVAL
from engine.errors import Refused
from engine.letters import Subject
from engine.machine import Actor
from engine.tables import approvals, outbox
from engine.tables import timers as timer_table
from engine.timing import timers
from engine.transaction import Engine
from tests import databases, northshire
from tests.clock import FrozenClock
from tests.northshire import HELEN, SURGERY, TRUST, enrol, fire, learner, open_class, standing
from workflows.learning import enrolment, requests
from workflows.learning.tables import enrolments

OLU = Actor(id="acc-olu", name="Olu Ade", person="olu", grants=frozenset({("class-administrator", TRUST)}))


@pytest.fixture
def engine(database_url: str, clock: FrozenClock) -> Iterator[Engine]:
    built = northshire.engine_on(database_url, clock)
    northshire.found(built, clock)
    northshire.offer(built)
    yield built
    databases.close(built.database)


@pytest.fixture
def asked(engine: Engine, clock: FrozenClock) -> tuple[str, str]:
    """Return a class that needs approval, with a class administrator who is asked, and Ann's request."""
    northshire.allocate(engine, OLU)
    course_class = open_class(engine, clock, maximum=1, approval=True)
    return course_class, enrol(engine, course_class, "ann")


def approval(engine: Engine) -> Any:
    with engine.reading() as conn:
        return conn.execute(select(approvals)).mappings().one_or_none()


def told(engine: Engine) -> list[tuple[str, str, str | None]]:
    """Return the letters about requests: which, to whom, and the decision."""
    query = select(outbox.c.notice, outbox.c.email, outbox.c.context).order_by(outbox.c.id)
    with engine.reading() as conn:
        rows = conn.execute(query).all()
    wanted = ("LRN-08", "LRN-09", "SYS-06")
    return [
        (row.notice[:6], row.email.partition("@")[0], row.context.get("decision"))
        for row in rows
        if row.notice.startswith(wanted)
    ]


def answer(engine: Engine, actor: Actor, request: str, trigger: enrolment.Trigger, reason: str = "") -> None:
    with engine.transaction(actor) as tx:
        subject = Subject(kind=enrolment.KIND, trust=TRUST, id=request)
        requests.fire(tx, subject, trigger, {"reason": reason} if reason else {})


def test_an_answer_cannot_lead_the_learners_letters_elsewhere_nor_say_what_nobody_cleaned(engine, asked):
    said = {"email": "eve@elsewhere.example", "reason": ["no", "\x1btext"]}
    question = Subject(kind=APPROVAL, trust=TRUST, id=approval(engine)["id"])

    with engine.transaction(OLU) as tx:
        tx.fire(question, "ANSWER", {"choice": "APPROVE", "facts": said})

    with engine.reading() as conn:
        assert "eve@elsewhere.example" not in conn.scalars(select(outbox.c.email)).all()
        row = conn.execute(select(enrolments.c.email, enrolments.c.reason)).one()
    assert (row.email, row.reason) == (None, "['no', '\\x1btext']")


def test_a_class_administrator_is_asked_until_the_class_starts(engine, clock, asked):
    found = approval(engine)

    assert (found["state"], found["role"], found["title"]) == (
        "OPEN",
        "class-administrator",
        "A place for Ann on Fire Safety",
    )
    assert found["due_at"] == clock() + timedelta(days=30)
    assert (found["reminders"], found["remind_minutes"]) == (2, 3 * 24 * 60)
    assert told(engine) == [("LRN-08", "olu", None)]


def test_approving_gives_the_place_and_tells_the_learner(engine, asked):
    course_class, request = asked

    answer(engine, OLU, request, enrolment.Trigger.APPROVE)

    assert standing(engine, course_class) == {"ann": ("CONFIRMED", None)}
    assert approval(engine)["state"] == "CLOSED"
    assert ("LRN-09", "ann", "approved") in told(engine)


def test_rejecting_needs_a_reason_and_says_it(engine, asked):
    course_class, request = asked

    with pytest.raises(Refused):
        answer(engine, OLU, request, enrolment.Trigger.REJECT)
    answer(engine, OLU, request, enrolment.Trigger.REJECT, "For theatre staff only.")

    assert standing(engine, course_class) == {"ann": ("CANCELLED", None)}
    assert ("LRN-09", "ann", "turned down") in told(engine)


def test_whoever_was_not_asked_cannot_answer(engine, asked):
    course_class, request = asked

    with pytest.raises(Refused, match="asked of another role"):
        answer(engine, HELEN, request, enrolment.Trigger.APPROVE)

    assert standing(engine, course_class) == {"ann": ("REQUESTED", None)}


def test_withdrawing_cancels_what_was_asked(engine, asked):
    _course_class, request = asked

    fire(engine, learner("ann"), "enrolment", request, "WITHDRAW")

    assert approval(engine)["state"] == "CANCELED"


def test_a_request_that_nobody_answers_ends_with_the_enrolment(engine, clock, asked):
    course_class, _request = asked
    clock.advance(timedelta(days=30))

    while timers.fire_due(engine):
        pass

    assert standing(engine, course_class) == {"ann": ("CANCELLED", None)}
    assert ("LRN-09", "ann", "not decided in time") in told(engine)


def test_where_the_role_is_not_allocated_it_waits_for_whoever_runs_the_class(engine, clock):
    course_class = open_class(engine, clock, maximum=1, approval=True)
    ann, bob = (enrol(engine, course_class, name) for name in ("ann", "bob"))

    answer(engine, HELEN, ann, enrolment.Trigger.APPROVE)
    clock.advance(timedelta(days=30))
    fired = timers.fire_due(engine)

    assert approval(engine) is None
    assert fired == 1
    assert standing(engine, course_class) == {"ann": ("CONFIRMED", None), "bob": ("CANCELLED", None)}
    with engine.reading() as conn:
        assert conn.execute(select(timer_table)).all() == []
    assert northshire.record(engine, "enrolment", bob).state == "CANCELLED"


def test_nobody_approves_their_own_request(engine, clock):
    course_class = open_class(engine, clock, approval=True, organisation=SURGERY)
    request = enrol(engine, course_class, "ann")

    with pytest.raises(Refused, match="their own"):
        answer(engine, northshire.as_person(HELEN, "ann"), request, enrolment.Trigger.APPROVE)


def test_an_answer_comes_once(engine, asked):
    _course_class, request = asked
    answer(engine, OLU, request, enrolment.Trigger.APPROVE)
    waiting = approval(engine)["id"]

    with pytest.raises(Exception, match="not possible"):
        fire(engine, OLU, APPROVAL, waiting, "ANSWER", {"choice": "REJECT"})
