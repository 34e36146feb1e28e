"""Conventions of the bundle of workflows: nothing unreachable, unanswerable, unsaid or unserved."""

import inspect
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine import effects, notices
from engine.effects import Effect
from engine.machine import Step, Workflow
from engine.settings import Settings
from workflows import wiring

ROOT = Path(__file__).resolve().parent.parent.parent
WORKFLOWS = list(wiring.WORKFLOWS)
SERVED_BY_THE_SPINE = {effects.Fire, effects.Start}


def kind_of(workflow: Workflow) -> str:
    return workflow.kind


def all_steps() -> Iterator[Step]:
    for workflow in WORKFLOWS:
        yield from workflow.steps


def all_effects(kind: type[Effect]) -> Iterator[type[Effect]]:
    for found in kind.__subclasses__():
        yield found
        yield from all_effects(found)


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=kind_of)
def test_every_state_is_reachable(workflow):
    reached = {step.target for step in workflow.steps if not step.sources}
    while True:
        further = reached | {step.target for step in workflow.steps if reached & set(step.sources)}
        if further == reached:
            break
        reached = further

    assert reached == set(workflow.states)


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=kind_of)
def test_every_trigger_belongs_to_a_step(workflow):
    assert {step.trigger for step in workflow.steps} == set(workflow.triggers)


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=kind_of)
def test_every_question_has_answers_and_every_answer_a_question(workflow):
    asked = {state for state in workflow.states if workflow.answers(state)}

    assert asked == set(workflow.questions)


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=kind_of)
def test_a_question_lapses_and_falls_back_by_declared_steps(workflow):
    for state, question in workflow.questions.items():
        ways = {step.trigger for step in workflow.steps if state in step.sources}

        assert {question.lapse, question.fallback} - {None} <= ways


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=kind_of)
def test_no_step_id_is_given_twice(workflow):
    ids = [step.id for step in workflow.steps]

    assert len(ids) == len(set(ids))


def test_every_notice_of_a_step_has_its_folder():
    said = {notice.name for step in all_steps() for notice in step.notices}

    assert said <= set(notices.names())


def test_every_effect_has_a_handler():
    declared = {kind for kind in all_effects(Effect) if kind.__module__.split(".")[0] in {"engine", "workflows"}}

    # By name: a slotted dataclass leaves the class that it was made from among the subclasses.
    assert {kind.__qualname__ for kind in declared - SERVED_BY_THE_SPINE} - {
        kind.__qualname__ for kind in SERVED_BY_THE_SPINE
    } == {kind.__qualname__ for kind in wiring.HANDLERS}


def test_every_setting_is_documented():
    readme = (ROOT / "README.md").read_text()
    read = set(re.findall(r"PRECEPTOR_[A-Z_]+", (ROOT / "engine" / "settings.py").read_text()))

    assert {name for name in read if f"`{name}`" not in readme} == set()
    assert len(read) >= len(inspect.signature(Settings).parameters)
