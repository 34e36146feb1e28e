"""What somebody claimed goes back to the role when they lose it; what they were given stays theirs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from sqlalchemy import select, update

from engine.approvals import stranded
from engine.approvals.approval import Status, Trigger
from engine.errors import Refused
from engine.incident_tables import incidents
from engine.machine import Actor
from engine.roles import directory
from engine.roles.directory import Holder
from engine.roles.directory_tables import accounts, holders
from engine.roles.routing import NOBODY_ACTIVE
from engine.storage import database
from engine.transaction import Engine
from tests.approvals import DAY, PAT, SENDER, ask, does, due, engines, hold, letters, read
from tests.clock import FrozenClock
from tests.trial import ROLE, TRUST, TRUST_HOLDER, WARD, WARD_HOLDER


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
    given_back = stranded.give_back(engine), stranded.give_back(engine)
    does(engine, WARD_HOLDER, question, Trigger.ANSWER, choice="GRANT")

    assert given_back == (1, 0)
    assert read(engine, question).answered_by == WARD_HOLDER.id


def test_whoever_was_given_a_question_keeps_it_without_the_role(engine: Engine) -> None:
    question = ask(engine)
    does(engine, WARD_HOLDER, question, Trigger.TRANSFER, to=PAT.id)

    assert stranded.give_back(engine) == 0
    does(engine, PAT, question, Trigger.ANSWER, choice="GRANT")


# Nobody's list


def incident_messages(engine: Engine) -> list[str]:
    with engine.reading() as connection:
        chosen = select(incidents.c.message).where(incidents.c.state == "OPEN")
        return list(connection.execute(chosen).scalars())


def take_away(engine: Engine, actor: Actor, place: str = WARD) -> None:
    with database.writing(engine.database) as connection:
        directory.put_holder(
            connection, Holder(trust=TRUST, role=ROLE, organisation=place, account=actor.id, enabled=False)
        )


def switch_off(engine: Engine) -> None:
    with database.writing(engine.database) as connection:
        directory.put_role(
            connection, directory.Role(trust=TRUST, role=ROLE, organisation=WARD, title="Approver", enabled=False)
        )


def leaves(engine: Engine, actor: Actor) -> None:
    with database.writing(engine.database) as connection:
        connection.execute(update(accounts).where(accounts.c.id == actor.id).values(active=False))


def test_a_question_whose_last_holder_goes_is_an_incident_and_reaches_the_next_holder(engine: Engine) -> None:
    question = ask(engine)
    take_away(engine, WARD_HOLDER)

    again = stranded.route_again(engine), stranded.route_again(engine)
    waits, said = read(engine, question), incident_messages(engine)
    hold(engine, PAT)
    stranded.ask_waiting(engine)

    assert (again, waits.state, said) == ((1, 0), Status.ERROR, [NOBODY_ACTIVE])
    assert (read(engine, question).state, read(engine, question).told) == (Status.OPEN, (PAT.id,))
    assert ("T-02-asked", PAT.name) in letters(engine)


def test_nobody_is_reminded_of_what_nobody_has_and_its_escalation_and_its_end_stand(
    database_url: str, clock: FrozenClock
) -> None:
    with engines(database_url, clock) as build:
        engine = build(escalate_after=3 * DAY, remind_every=DAY, reminders=2)
        ask(engine)
        before = set(due(engine))
        leaves(engine, TRUST_HOLDER)
        leaves(engine, WARD_HOLDER)

        stranded.route_again(engine)

        assert (before, set(due(engine))) == ({"REMIND", "ESCALATE", "LAPSE"}, {"ESCALATE", "LAPSE"})


def test_a_question_whose_last_holder_goes_is_asked_of_the_next_level_at_once(
    database_url: str, clock: FrozenClock
) -> None:
    with engines(database_url, clock) as build:
        engine = build(escalate_after=3 * DAY)
        question = ask(engine)
        leaves(engine, WARD_HOLDER)

        stranded.route_again(engine)

        assert (read(engine, question).state, incident_messages(engine)) == (Status.TIMED_OUT, [])
        assert ("T-02-asked", TRUST_HOLDER.name) in letters(engine)


def test_a_question_goes_a_level_up_when_the_local_version_is_switched_off(engine: Engine) -> None:
    question = ask(engine)
    switch_off(engine)

    stranded.route_again(engine)

    assert (read(engine, question).organisation, read(engine, question).told) == (TRUST, (TRUST_HOLDER.id,))
    assert ("T-02-asked", TRUST_HOLDER.name) in letters(engine)
    assert incident_messages(engine) == []


def test_what_was_claimed_in_a_version_that_is_switched_off_goes_a_level_up_in_one_turn(engine: Engine) -> None:
    question = ask(engine)
    does(engine, WARD_HOLDER, question, Trigger.CLAIM)
    switch_off(engine)

    turn = stranded.give_back(engine), stranded.route_again(engine)

    assert turn == (1, 1)
    assert (read(engine, question).owner, read(engine, question).told) == (None, (TRUST_HOLDER.id,))


def test_a_question_that_only_its_own_person_could_answer_is_nobodys(engine: Engine) -> None:
    question = ask(engine, PAT.person)
    hold(engine, PAT)
    leaves(engine, WARD_HOLDER)

    stranded.route_again(engine)

    assert read(engine, question).state is Status.ERROR


def test_a_question_that_a_stand_in_has_stays_with_them_without_any_holder(engine: Engine) -> None:
    question = ask(engine)
    does(engine, WARD_HOLDER, question, Trigger.DELEGATE, to=PAT.id)
    take_away(engine, WARD_HOLDER)
    stranded.give_back(engine)
    does(engine, hold(engine, SENDER), question, Trigger.DELEGATE, to=PAT.id)

    assert (stranded.give_back(engine), stranded.route_again(engine)) == (0, 0)
    does(engine, PAT, question, Trigger.ANSWER, choice="GRANT")


def test_what_was_delegated_to_somebody_who_leaves_goes_back_to_its_owner(engine: Engine) -> None:
    question = ask(engine)
    does(engine, WARD_HOLDER, question, Trigger.DELEGATE, to=PAT.id)
    leaves(engine, PAT)

    stranded.give_back(engine)

    assert (read(engine, question).owner, read(engine, question).delegate) == (WARD_HOLDER.id, None)


def test_a_question_does_not_wait_for_the_information_of_somebody_who_left(engine: Engine) -> None:
    question = ask(engine)
    does(engine, WARD_HOLDER, question, Trigger.ASK, of=PAT.id, question="Which days?")
    leaves(engine, PAT)

    stranded.give_back(engine)

    assert (read(engine, question).state, read(engine, question).asked_of) == (Status.OPEN, None)


def test_what_was_given_to_somebody_who_leaves_goes_back_to_the_role(engine: Engine) -> None:
    question = ask(engine)
    does(engine, WARD_HOLDER, question, Trigger.TRANSFER, to=PAT.id)
    leaves(engine, PAT)

    turn = stranded.give_back(engine), stranded.route_again(engine)

    assert turn == (1, 0)
    does(engine, WARD_HOLDER, question, Trigger.ANSWER, choice="GRANT")
