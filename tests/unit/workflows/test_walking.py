"""The step that is decided is the one at which `transitions` arrives when it walks the same table."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import combinations
from types import SimpleNamespace

import pytest

from engine.errors import NotDeclared, Refused
from engine.machine import _START, THE_SYSTEM, Case, Guard, Step, Workflow, nothing
from tests.clock import START
from tests.northshire import SITE
from workflows import wiring

WORKFLOWS = {kind: workflow for kind, (workflow, _keep) in wiring.keeps(SITE).items()}


@dataclass(frozen=True, kw_only=True)
class Stands:
    """A subject that only stands in a state."""

    state: str | None


def open_by_name(workflow: Workflow) -> Workflow:
    """Return the same table, its steps guarded by nothing but whether the facts name them."""
    return replace(workflow, steps=tuple(_bare(step) for step in workflow.steps))


def _bare(step: Step) -> Step:
    named = Guard(test=lambda case: step.id in case.facts["open"], sentence="Not named.")
    return replace(step, when=(named,), effects=nothing, notices=())


def openings(workflow: Workflow, state: str | None, trigger: str) -> Iterator[tuple[str, ...]]:
    """Yield every choice of the steps that this trigger might take from this state."""
    steps = [s.id for s in workflow.steps if s.trigger == trigger and (state in s.sources if state else not s.sources)]
    for count in range(len(steps) + 1):
        yield from combinations(steps, count)


def walked(workflow: Workflow, case: Case) -> str | None:
    """Return where the library's own machine arrives; None where it stays or knows no such way."""
    model = SimpleNamespace(state=_START if case.record.state is None else str(case.record.state))
    event = workflow._machine.events[case.facts["trigger"]]
    arrived = model.state in event.transitions and event.trigger(model, case)
    return model.state if arrived else None


def decided(workflow: Workflow, trigger, case: Case) -> str | None:
    try:
        return str(workflow.decide(trigger, case).step.target)
    except (NotDeclared, Refused):
        return None


@pytest.mark.parametrize("kind", WORKFLOWS)
def test_every_state_and_trigger_lead_where_the_machine_leads(kind):
    workflow = open_by_name(WORKFLOWS[kind])
    cases = [
        (
            trigger,
            Case(record=Stands(state=state), facts={"open": named, "trigger": trigger}, actor=THE_SYSTEM, now=START),
        )
        for state in (None, *workflow.states)
        for trigger in workflow.triggers
        if str(trigger) in workflow._machine.events
        for named in openings(workflow, state, trigger)
    ]

    found = [decided(workflow, trigger, case) for trigger, case in cases]

    assert found == [walked(workflow, case) for _, case in cases]
    assert any(found)
