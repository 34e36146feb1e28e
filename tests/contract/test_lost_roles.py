"""What somebody claimed goes back to the role when they lose it; what they were given stays theirs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from sqlalchemy import update

from engine import database, questions
from engine.approvals import Trigger
from engine.directory_tables import holders
from engine.errors import Refused
from engine.transaction import Engine
from tests.approvals import PAT, ask, does, engines, hold, read
from tests.clock import FrozenClock
from tests.trial import WARD_HOLDER


@pytest.fixture
def engine(database_url: str, clock: FrozenClock) -> Iterator[Engine]:
    with engines(database_url, clock) as build:
        yield build()


def test_whoever_loses_the_role_can_no_longer_answer_what_they_claimed_and_the_role_gets_it_back(
    engine: Engine,
) -> None:
    also = hold(engine, PAT)
    question = ask(engine)
    does(engine, also, question, Trigger.CLAIM)
    lost = replace(also, grants=frozenset())
    with database.writing(engine.database) as connection:
        connection.execute(update(holders).where(holders.c.account == also.id).values(enabled=False))

    with pytest.raises(Refused, match="another role, or of somebody else"):
        does(engine, lost, question, Trigger.ANSWER, choice="GRANT")
    given_back = questions.release_lost(engine), questions.release_lost(engine)
    does(engine, WARD_HOLDER, question, Trigger.ANSWER, choice="GRANT")

    assert given_back == (1, 0)
    assert read(engine, question).answered_by == WARD_HOLDER.id


def test_whoever_was_given_a_question_keeps_it_without_the_role(engine: Engine) -> None:
    question = ask(engine)
    does(engine, WARD_HOLDER, question, Trigger.TRANSFER, to=PAT.id)

    assert questions.release_lost(engine) == 0
    does(engine, PAT, question, Trigger.ANSWER, choice="GRANT")
