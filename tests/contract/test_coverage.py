"""Who would get a question, and where nobody would, in a few statements however large the trust is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import event

from engine.machine import THE_SYSTEM
from engine.roles import absences, coverage, directory
from engine.roles.absence import Absence, choices_of
from engine.roles.coverage import Cover, Reach
from engine.roles.directory import Holder, Role
from engine.roles.routing import Action
from engine.storage import database
from engine.transaction import Engine
from tests import trial
from tests.clock import START, FrozenClock
from tests.databases import close
from tests.trial import LEAVE, ROLE, TRUST, TRUST_HOLDER, WARD, WARD_HOLDER, Leave

WEEK = timedelta(days=7)


@pytest.fixture
def engine(database_url: str, clock: FrozenClock) -> Iterator[Engine]:
    built = trial.engine_on(database_url, clock)
    yield built
    close(built.database)


def covers(engine: Engine, *workflows, within=None) -> dict[str, Cover]:
    with engine.reading() as conn:
        found = coverage.covered(conn, TRUST, workflows or (LEAVE,), (START, START + WEEK), within)
    return {one.organisation: one for one in found}


def hold(engine: Engine, **said) -> None:
    given = {"trust": TRUST, "role": ROLE, "organisation": WARD, "account": WARD_HOLDER.id, **said}
    with database.writing(engine.database) as conn:
        directory.put_holder(conn, Holder(**given))


def away(engine: Engine, **said) -> None:
    rule = {"account": WARD_HOLDER.id, "action": Action.REASSIGN, "to": TRUST_HOLDER.id, "starts_at": START, **said}
    with database.writing(engine.database) as conn:
        absences.save(conn, Absence(trust=TRUST, **rule), choices_of([LEAVE]), THE_SYSTEM, START)


def test_the_nearest_version_covers_an_organisation_and_all_below_it(engine):
    trial.allocate(engine, {TRUST: [TRUST_HOLDER]})

    found = covers(engine)

    assert set(found) == {TRUST, WARD}
    assert [one.names for one in found[WARD].answers] == [("Tom Reid",), ("Tom Reid",)]
    assert found[WARD].answers[0].place == TRUST
    assert not found[WARD].gap


def test_a_holder_whose_time_ends_within_the_week_leaves_a_gap(engine):
    trial.allocate(engine, {TRUST: [TRUST_HOLDER], WARD: [WARD_HOLDER]})
    hold(engine, ends_at=START + timedelta(days=3))

    now, later = covers(engine)[WARD].answers

    assert (now.names, now.gap) == (("Wren Hall",), False)
    assert (later.reach, later.gap) == (Reach.NOBODY, True)
    assert "nobody active holds it" in later.sentence


def test_a_role_that_is_allocated_nowhere_takes_the_fallback(engine):
    trial.allocate(engine, {})

    found = covers(engine)[WARD]

    assert found.answers[0].reach is Reach.FALLBACK
    assert "“default” happens at once" in found.answers[0].sentence
    assert not found.gap


def test_a_role_without_fallback_that_is_not_allocated_is_a_gap(engine):
    trial.allocate(engine, {})
    strict = replace(LEAVE, questions={Leave.ASKED: replace(LEAVE.questions[Leave.ASKED], fallback=None)})

    assert covers(engine, strict)[WARD].gap


def test_a_version_that_is_switched_off_is_passed_over(engine):
    trial.allocate(engine, {TRUST: [TRUST_HOLDER], WARD: [WARD_HOLDER]})
    with database.writing(engine.database) as conn:
        directory.put_role(conn, Role(trust=TRUST, role=ROLE, organisation=WARD, title="Leave", enabled=False))

    assert covers(engine)[WARD].answers[0].names == ("Tom Reid",)


def test_who_stands_in_is_named_from_the_day_on_which_the_rule_begins(engine):
    trial.allocate(engine, {TRUST: [TRUST_HOLDER], WARD: [WARD_HOLDER]})
    away(engine, starts_at=START + timedelta(days=2))

    now, later = covers(engine)[WARD].answers

    assert (now.names, now.sentence) == (("Wren Hall",), "")
    assert later.names == ("Tom Reid",)
    assert later.sentence == "Wren Hall is away and has passed this on to Tom Reid."


def test_a_rule_that_answers_is_named(engine):
    trial.allocate(engine, {TRUST: [TRUST_HOLDER], WARD: [WARD_HOLDER]})
    away(engine, action=Action.ANSWER, kind="leave", answer="GRANT", to=None)

    found = covers(engine)[WARD]

    assert found.answers[0].reach is Reach.RULE
    assert found.answers[0].sentence == "An absence rule of Wren Hall answers “grant” at once."


def test_only_the_organisations_that_are_asked_for_are_listed(engine):
    trial.allocate(engine, {TRUST: [TRUST_HOLDER]})

    assert set(covers(engine, within=frozenset({WARD}))) == {WARD}


def test_the_statements_do_not_grow_with_the_organisations(engine):
    trial.allocate(engine, {TRUST: [TRUST_HOLDER]})
    with database.writing(engine.database) as conn:
        for number in range(40):
            directory.add_organisation(conn, now=START, trust=TRUST, name=f"Ward {number}", id=f"w{number}")
    said: list[str] = []
    event.listen(engine.database, "before_cursor_execute", lambda *at: said.append(at[2]))

    found = covers(engine)

    assert len(found) == 42
    assert len([one for one in said if one.startswith("SELECT")]) == 4
