"""The machine beside a slow and obvious reading of the same table, on every small case."""

from dataclasses import replace

import pytest

from engine.exploring import Bare, Examples, explore_examples, explore_table, interpret
from engine.machine import EVERYONE, Case, Workflow
from tests.clock import FrozenClock
from tests.trial import LEARNER, LEAVE, Leave, Request, Turn
from workflows.bundle import BUNDLE


def kind_of(workflow: Workflow) -> str:
    return workflow.kind


@pytest.mark.parametrize("workflow", BUNDLE.workflows, ids=kind_of)
def test_the_machine_does_what_the_table_says(workflow):
    explored = explore_table(workflow)

    assert explored.troubles == ()
    assert explored.cases >= len(workflow.states) * len(workflow.triggers)


def test_exploring_twice_finds_the_same():
    examples = Examples(records=(Request(id="1", person="lin"),), facts={Turn.ASK: ({}, {"closed": True})})

    assert explore_examples(LEAVE, examples).cases == explore_examples(LEAVE, examples).cases
    assert explore_table(LEAVE) == explore_table(LEAVE)


def test_a_machine_that_differs_from_the_table_is_found_out():
    def wrong(workflow, trigger, case):
        said = interpret(workflow, trigger, case)
        return "takes L4" if said == "takes L5" else said

    explored = explore_table(LEAVE, wrong)

    assert explored.troubles == (("asked, default", "For Preceptor the machine takes L5, the table takes L4."),)


def test_guards_are_seen_to_hold_and_to_refuse():
    examples = Examples(records=(Request(id="1", person="lin"),), facts={Turn.ASK: ({"closed": True},)})

    shut = explore_examples(LEAVE, examples)
    opened = explore_examples(LEAVE, replace(examples, facts={}))

    assert shut.held == frozenset()
    assert {guard.sentence for guard in opened.held} == {"The ward is closed."}
    assert shut.troubles == opened.troubles == ()


def test_exploration_stops_at_its_bound():
    examples = Examples(records=(Request(id="1", person="lin"),))

    explored = explore_examples(LEAVE, examples, most=5)

    assert (explored.cases, explored.whole) == (5, False)


@pytest.mark.parametrize(
    ("state", "trigger", "said"),
    [
        (None, Turn.ASK, "takes L1"),
        (None, Turn.GRANT, "not declared"),
        (Leave.ASKED, Turn.GRANT, "not allowed"),
        (Leave.GRANTED, Turn.RESET, "takes L6"),
    ],
)
def test_the_reading_is_obvious(state, trigger, said):
    record = Bare(state=state, person=LEARNER.person)
    case = Case(record=record, facts={}, actor=LEARNER, now=FrozenClock()())

    assert interpret(LEAVE, trigger, case) == said


def test_the_reading_says_why_and_knows_everyone():
    case = Case(record=Bare(state=None), facts={"closed": True}, actor=LEARNER, now=FrozenClock()())
    open_to_all = replace(LEAVE, steps=tuple(replace(step, by=(EVERYONE,)) for step in LEAVE.steps))

    assert interpret(open_to_all, Turn.ASK, case) == "refused: The ward is closed."
