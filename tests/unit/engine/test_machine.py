"""Deciding a step, on plain data."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from engine import drawing
from engine.errors import NotAllowed, NotDeclared, Refused
from engine.machine import THE_SYSTEM, Actor, Case, Step, Workflow, guard, reason_given
from tests.trial import LEARNER, LEAVE, ROLE, TRUST, TRUST_HOLDER, Leave, Request, Turn

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)


def case(state: Leave | None, actor: Actor = THE_SYSTEM, **facts: object) -> Case[Request]:
    return Case(record=Request(id="1", person="lin", state=state), facts=facts, actor=actor, now=NOW)


@guard("No places are left.")
def full(_case: object) -> bool:
    return False


@guard("The list is closed.")
def closed(_case: object) -> bool:
    return False


CHOICE = Workflow(
    kind="choice",
    title="Choice",
    states=Leave,
    triggers=Turn,
    steps=(
        Step(id="C1", trigger=Turn.ASK, sources=(), target=Leave.GRANTED, when=(full,)),
        Step(id="C2", trigger=Turn.ASK, sources=(), target=Leave.ASKED, when=(closed,)),
        Step(id="C3", trigger=Turn.DENY, sources=(Leave.ASKED,), target=Leave.DENIED, when=(reason_given,)),
        Step(id="C4", trigger=Turn.RESET, sources=(Leave.DENIED,), target=Leave.ASKED, when=(full,)),
        Step(id="C5", trigger=Turn.RESET, sources=(Leave.DENIED,), target=Leave.LAPSED),
    ),
)


def test_the_first_step_whose_guards_hold_is_taken() -> None:
    assert CHOICE.decide(Turn.RESET, case(Leave.DENIED)).step.id == "C5"


def test_all_reasons_are_given_when_every_step_refuses() -> None:
    with pytest.raises(Refused) as refused:
        CHOICE.decide(Turn.ASK, case(None))

    assert refused.value.reasons == ("No places are left.", "The list is closed.")


def test_an_undeclared_step_names_the_allowed_ones() -> None:
    with pytest.raises(NotDeclared, match=r"This choice is asked.*From here one may: deny\."):
        CHOICE.decide(Turn.RESET, case(Leave.ASKED))


def test_a_final_state_says_that_nothing_more_can_happen() -> None:
    with pytest.raises(NotDeclared, match="Nothing more can happen"):
        CHOICE.decide(Turn.RESET, case(Leave.LAPSED))


@pytest.mark.parametrize("reason", [None, "", "   "])
def test_a_needed_reason_must_say_something(reason: str | None) -> None:
    with pytest.raises(Refused, match="A reason is needed"):
        CHOICE.decide(Turn.DENY, case(Leave.ASKED, reason=reason))


def test_a_responsibility_counts_for_the_organisation_and_all_below_it() -> None:
    decision = LEAVE.decide(Turn.GRANT, case(Leave.ASKED, TRUST_HOLDER))

    assert decision.step.id == "L2"
    assert [letter.notice for letter in decision.letters] == ["T-01-told"]


def test_a_responsibility_elsewhere_counts_for_nothing() -> None:
    stranger = Actor(id="x", name="X", grants=frozenset({(ROLE, "ward-8"), ("other", TRUST)}))

    with pytest.raises(NotAllowed):
        LEAVE.decide(Turn.GRANT, case(Leave.ASKED, stranger))


def test_a_person_may_do_what_is_for_oneself_but_not_for_another() -> None:
    other = Actor(id="o", name="O", person="other")

    assert LEAVE.decide(Turn.RESET, case(Leave.GRANTED, LEARNER)).step.target is Leave.ASKED
    with pytest.raises(NotAllowed):
        LEAVE.decide(Turn.RESET, case(Leave.GRANTED, other))


def test_the_possible_triggers_depend_on_who_asks() -> None:
    assert LEAVE.possible(case(Leave.ASKED, TRUST_HOLDER)) == (Turn.GRANT, Turn.DENY)
    assert LEAVE.possible(case(Leave.GRANTED, LEARNER)) == (Turn.RESET,)
    assert LEAVE.possible(case(None, LEARNER)) == (Turn.ASK,)


def test_the_version_changes_with_the_table() -> None:
    shorter = Workflow(kind="leave", title="Leave", states=Leave, triggers=Turn, steps=LEAVE.steps[:-1])

    assert len(LEAVE.version) == 12
    assert shorter.version != LEAVE.version


def test_a_step_to_a_state_that_is_not_declared_is_refused_when_the_table_is_used() -> None:
    broken = Workflow(
        kind="x",
        title="X",
        states=Leave,
        triggers=Turn,
        steps=(Step(id="1", trigger=Turn.ASK, sources=(), target=Turn.DENY),),
    )

    with pytest.raises(ValueError, match="DENY"):
        broken.decide(Turn.ASK, case(None))


def test_a_workflow_is_drawn_with_every_step_and_its_question() -> None:
    drawn = drawing.document(LEAVE)

    assert "[*] --> ASKED: ask" in drawn
    assert "ASKED --> LAPSED: lapse" in drawn
    assert f"Asked asks the role `{ROLE}`: grant, deny; unanswered: lapse; role not allocated: default." in drawn
    assert "| L1 | ask | (new) | asked | self | The ward is closed. |" in drawn
