"""Who can take a subject further in each organisation, by the live data, on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from engine.checking.reach import reach
from engine.machine import nothing
from engine.roles import directory
from engine.roles.directory import Holder, Role
from engine.transaction import Engine
from tests.clock import FrozenClock
from tests.loans import LOAN, QUESTION, STEPS, Loan, Turn, bundle
from tests.people import SURGERY, TRUST, WARD, account, engine_on

DESK = replace(STEPS["return"], by=("desk",), effects=nothing)
BY_HAND = replace(
    LOAN, steps=(STEPS["ask"], STEPS["lend"], STEPS["refuse"], replace(STEPS["remind"], by=("desk",)), DESK)
)


@pytest.fixture
def engine(database_url: str, clock: FrozenClock) -> Iterator[Engine]:
    built = engine_on(database_url, clock)
    yield built
    built.database.dispose()


def allocate(engine: Engine, organisation: str, holder: str | None = None, **when: object) -> None:
    with engine.transaction() as tx:
        directory.put_role(tx.connection, Role(trust=TRUST, role="librarian", organisation=organisation, title="L"))
        if holder is not None:
            held = Holder(trust=TRUST, role="librarian", organisation=organisation, account=holder, **when)
            directory.put_holder(tx.connection, held)


def found(engine: Engine, workflow=LOAN) -> list[tuple[str, str, str]]:
    with engine.reading() as connection:
        findings = reach(bundle(workflow), connection, engine.clock())
    return [(str(one.severity), one.place, one.sentence) for one in findings]


def test_nothing_is_found_where_everybody_is_there(engine):
    allocate(engine, TRUST, account(engine))

    assert found(engine) == []


def test_a_role_that_is_not_allocated_leaves_its_state_stuck(engine):
    allocate(engine, WARD, account(engine))

    everywhere_else = f"In {names(engine, TRUST, SURGERY)}"

    assert found(engine) == [
        ("error", "asked", f"{everywhere_else} nobody and no timer can take it further."),
        ("error", "asked", f"{everywhere_else} the role librarian that it asks is not allocated."),
    ]


def test_a_local_version_without_a_holder_hides_the_one_above(engine):
    allocate(engine, TRUST, account(engine))
    allocate(engine, WARD, account(engine, "former"), ends_at=engine.clock() - timedelta(days=1))

    assert found(engine) == [
        ("error", "asked", f"In {names(engine, WARD)} nobody and no timer can take it further."),
        ("error", "asked", f"In {names(engine, WARD)} nobody active holds the role librarian that it asks."),
    ]


def test_a_fallback_or_a_default_makes_it_less_bad(engine):
    allocate(engine, WARD)
    falling = replace(STEPS["refuse"], id="fall", by=(), answer=False, when=())
    steps = (*LOAN.steps, falling)
    ends = replace(QUESTION, lapse=Turn.REFUSE, fallback=Turn.REFUSE)

    severities = [severity for severity, *_ in found(engine, replace(LOAN, steps=steps, questions={Loan.ASKED: ends}))]

    assert severities == ["warning", "note"]


def test_a_responsibility_that_nobody_holds_is_named_with_its_steps(engine):
    clerk = account(engine)
    allocate(engine, TRUST, clerk)
    with engine.transaction() as tx:
        directory.grant(tx.connection, TRUST, clerk, "desk", SURGERY)

    assert found(engine, BY_HAND) == [
        ("error", "lent", f"In {names(engine, TRUST)} nobody and no timer can take it further."),
        ("warning", "remind, return", f"In {names(engine, TRUST)} nobody holds desk."),
    ]


def names(engine: Engine, *places: str) -> str:
    with engine.reading() as connection:
        return ", ".join(directory.organisation(connection, TRUST, place).name for place in places)
