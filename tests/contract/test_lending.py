"""A role that is lent for an answer is good for that answer, and for nothing that follows from it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select

from engine.approvals import answering
from engine.approvals.approval import Trigger
from engine.effects import Effect, Fire
from engine.errors import NotAllowed
from engine.letters import Subject
from engine.machine import Case
from engine.tables import approvals
from tests import trial
from tests.approvals import PAT, ask, engine_on
from tests.databases import close
from tests.trial import TRUST, WARD_HOLDER, Leave, Turn


def another(case: Case[Any]) -> Iterator[Effect]:
    """Grant another leave too, as whoever grants this one."""
    if other := case.facts.get("other"):
        yield Fire(subject=Subject(kind="leave", trust=TRUST, id=other), trigger=Turn.GRANT, as_actor=True)


@pytest.fixture
def engine(database_url, clock):
    built = engine_on(database_url, clock)
    workflow, keep = built.keeps["leave"]
    steps = tuple(replace(step, effects=another) if step.trigger is Turn.GRANT else step for step in workflow.steps)
    yield replace(built, keeps={**built.keeps, "leave": (replace(workflow, steps=steps), keep)})
    close(built.database)


def grant(engine, actor, question: str, **facts: str) -> None:
    with engine.transaction(actor) as tx:
        answering.act(tx, TRUST, question, Trigger.ANSWER, {"choice": "GRANT", "facts": facts})


def delegated(engine) -> tuple[str, str]:
    """Return a question that was delegated to Pat, and another leave that waits."""
    first, second = ask(engine), ask(engine)
    with engine.transaction(WARD_HOLDER) as tx:
        answering.act(tx, TRUST, first, Trigger.DELEGATE, {"to": PAT.id})
    with engine.reading() as connection:
        return first, connection.scalar(select(approvals.c.subject).where(approvals.c.id == second))


def states(engine) -> list[str]:
    with engine.reading() as connection:
        return sorted(connection.scalars(select(trial.leaves.c.state)))


def test_a_delegate_answers_in_the_role_that_was_asked(engine):
    question, _other = delegated(engine)

    grant(engine, PAT, question)

    assert states(engine) == [Leave.ASKED, Leave.GRANTED]


def test_what_follows_from_the_answer_is_done_without_the_lent_role(engine):
    question, other = delegated(engine)

    with pytest.raises(NotAllowed):
        grant(engine, PAT, question, other=other)

    assert states(engine) == [Leave.ASKED, Leave.ASKED]


def test_who_holds_the_role_does_what_follows_too(engine):
    question, other = delegated(engine)

    grant(engine, WARD_HOLDER, question, other=other)

    assert states(engine) == [Leave.GRANTED, Leave.GRANTED]
