"""What becomes of a question whose holder is away: decided when it is asked, written down, told to the right one."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select

from engine.machine import THE_SYSTEM, guard
from engine.roles import absences
from engine.roles.absence import Absence, choices_of
from engine.roles.routing import Action
from engine.storage import database
from engine.tables import approvals, journal, outbox
from engine.transaction import Engine
from tests import trial
from tests.clock import START, FrozenClock
from tests.databases import close
from tests.trial import LEARNER, LEAVE, ROLE, TRUST, TRUST_HOLDER, WARD, WARD_HOLDER, Leave, Leaves, Turn

CHOICES = choices_of([LEAVE])


@pytest.fixture
def engine(database_url: str, clock: FrozenClock) -> Iterator[Engine]:
    built = trial.engine_on(database_url, clock)
    trial.allocate(built, {TRUST: [TRUST_HOLDER], WARD: [WARD_HOLDER]})
    yield built
    close(built.database)


def away(engine: Engine, account: str = WARD_HOLDER.id, **said: Any) -> Absence:
    rule = {"action": Action.REASSIGN, "to": TRUST_HOLDER.id, "starts_at": START, **said}
    with database.writing(engine.database) as conn:
        return absences.save(conn, Absence(trust=TRUST, account=account, **rule), CHOICES, THE_SYSTEM, START)


def ask(engine: Engine, actor: Any = LEARNER, about: str = "lin") -> dict[str, Any]:
    """Have somebody ask for leave, and return the approval as it stands."""
    with engine.transaction(THE_SYSTEM if about != actor.person else actor) as tx:
        tx.start("leave", TRUST, Turn.ASK, {"person": about})
    with engine.reading() as conn:
        return dict(conn.execute(select(approvals).where(approvals.c.kind == "leave")).mappings().one())


def letters(engine: Engine, notice: str = "T-02-asked") -> list[tuple[str, str]]:
    with engine.reading() as conn:
        query = select(outbox.c.email, outbox.c.reason).where(outbox.c.notice == notice).order_by(outbox.c.email)
        return [(row.email.partition("@")[0], row.reason) for row in conn.execute(query)]


def said(engine: Engine, approval: str) -> dict[str, Any]:
    """Return the facts with which the approval was opened."""
    with engine.reading() as conn:
        opened = (journal.c.kind == "approval", journal.c.subject == approval, journal.c.revision == 1)
        return json.loads(conn.execute(select(journal.c.payload).where(*opened)).scalar_one())["facts"]


def test_whoever_stands_in_is_told_why_and_the_question_stays_its_owners(engine):
    rule = away(engine)

    asked = ask(engine)

    assert (asked["state"], asked["owner"], asked["delegate"]) == ("OPEN", WARD_HOLDER.id, TRUST_HOLDER.id)
    assert letters(engine) == [
        ("tom", "You get this message because Wren Hall is away and has passed this on to Tom Reid.")
    ]
    assert said(engine, asked["id"])["forwards"] == [
        {
            "from": WARD_HOLDER.id,
            "to": TRUST_HOLDER.id,
            "rule": rule.id,
            "sentence": "Wren Hall is away and has passed this on to Tom Reid.",
        }
    ]


def test_what_is_handed_over_becomes_somebody_elses(engine):
    away(engine, transfer=True)

    asked = ask(engine)

    assert (asked["owner"], asked["owner_name"], asked["delegate"]) == (TRUST_HOLDER.id, "Tom Reid", None)


def test_a_rule_answers_at_once_and_nobody_is_asked(engine):
    away(engine, action=Action.ANSWER, kind="leave", answer="GRANT")

    asked = ask(engine)

    assert (asked["state"], asked["choice"], asked["answered_by"]) == ("CLOSED", "GRANT", WARD_HOLDER.id)
    assert asked["comment"] == "Answered at once by an absence rule."
    assert letters(engine) == []
    assert said(engine, asked["id"])["answer"]["choice"] == "GRANT"


def test_an_answer_that_is_refused_is_left_to_the_person(engine):
    @guard("Not today.")
    def never(_case: Any) -> bool:
        return False

    steps = tuple(replace(step, when=(never,)) if step.trigger is Turn.GRANT else step for step in LEAVE.steps)
    strict = replace(engine, keeps={**engine.keeps, "leave": (replace(LEAVE, steps=steps), Leaves())})
    away(engine, action=Action.ANSWER, kind="leave", answer="GRANT")

    asked = ask(strict)

    assert (asked["state"], asked["choice"]) == ("OPEN", None)
    assert [who for who, _why in letters(engine)] == ["wren"]


def test_a_ring_is_an_error_and_not_silence(engine):
    away(engine)
    away(engine, TRUST_HOLDER.id, to=WARD_HOLDER.id)

    asked = ask(engine)

    assert asked["state"] == "ERROR"
    assert letters(engine) == []
    assert said(engine, asked["id"])["trouble"] == (
        "The absence rules hand this on in a ring: Wren Hall, Tom Reid, Wren Hall."
    )


def test_nothing_is_passed_on_to_the_person_it_is_about(engine):
    away(engine)

    asked = ask(engine, about="tom")

    assert (asked["owner"], asked["delegate"]) == (None, None)
    assert [who for who, _why in letters(engine)] == ["wren"]
    assert "may not stand in" in said(engine, asked["id"])["forwards"][0]["sentence"]


def test_nothing_is_passed_on_to_whom_it_came_from(engine):
    with database.writing(engine.database) as conn:
        conn.execute(trial.insert(trial.accounts), trial._account(LEARNER))
    away(engine, to=LEARNER.id)

    asked = ask(engine)

    assert [who for who, _why in letters(engine)] == ["wren"]
    assert asked["delegate"] is None


def test_a_stand_in_answers_without_holding_the_role(engine):
    away(engine)
    asked = ask(engine)
    holder_of_nothing = replace(TRUST_HOLDER, grants=frozenset())

    with engine.transaction(holder_of_nothing) as tx:
        approval = trial.Subject(kind="approval", trust=TRUST, id=asked["id"])
        tx.fire(approval, "ANSWER", {"choice": "GRANT"})

    with engine.reading() as conn:
        table = engine.kept("leave")[1].table
        assert conn.execute(select(table.c.state)).scalar_one() == Leave.GRANTED
        assert (ROLE, WARD) not in holder_of_nothing.grants
