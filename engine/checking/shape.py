"""The shape of a table: every state reached, none a dead end or a trap, every question answerable. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from enum import StrEnum

from engine.checking.findings import Finding, Severity
from engine.machine import Question, Step, Workflow, plain

Fired = frozenset[tuple[str, str]]
"""Triggers that some effect, timer, question or job fires: kind and trigger each."""


def shape(workflow: Workflow, fired: Fired) -> Iterator[Finding]:
    """Return what is wrong with a table as it stands, given what is fired in it."""
    usable = [step for step in workflow.steps if _usable(workflow, step, fired)]
    yield from _names(workflow)
    yield from _unfired(workflow, usable)
    yield from _states(workflow, usable)
    yield from _questions(workflow)


def ways_out(steps: Iterable[Step], state: StrEnum) -> tuple[Step, ...]:
    """Return the steps that lead from a state to another."""
    return tuple(step for step in steps if state in step.sources and step.target != state)


def _usable(workflow: Workflow, step: Step, fired: Fired) -> bool:
    return bool(step.by) or (workflow.kind, str(step.trigger)) in fired


def _names(workflow: Workflow) -> Iterator[Finding]:
    for name, times in Counter(step.id for step in workflow.steps).items():
        if times > 1:
            yield _finding(workflow, name, "Several steps bear this name.")
    for trigger in set(workflow.triggers) - {step.trigger for step in workflow.steps}:
        yield _finding(workflow, plain(trigger), "No step has this trigger.")


def _unfired(workflow: Workflow, usable: list[Step]) -> Iterator[Finding]:
    for step in workflow.steps:
        if step not in usable:
            sentence = f"Only the system may take it, and nothing ever fires “{plain(step.trigger)}”."
            yield _finding(workflow, step.id, sentence)


def _states(workflow: Workflow, usable: list[Step]) -> Iterator[Finding]:
    reached = _closure({step.target for step in usable if not step.sources}, lambda known: _after(usable, known))
    ending = _closure(set(workflow.finals), lambda known: _before(usable, known))
    if not workflow.finals:
        yield _finding(workflow, "(table)", "No state is declared as one to rest in.")
    else:
        ends = ", ".join(map(plain, workflow.finals))
        yield _finding(workflow, "(table)", f"Subjects may rest in: {ends}.", Severity.NOTE)
    for state in workflow.states:
        if state not in reached:
            yield _finding(workflow, plain(state), "Nothing leads to this state.")
        if state in workflow.finals:
            continue
        if not ways_out(usable, state):
            yield _finding(workflow, plain(state), "A dead end: nothing leads out of it, and it is not final.")
        elif state not in ending:
            yield _finding(workflow, plain(state), "A trap: no final state can be reached from it.")


def _closure(known: set[StrEnum], further: Callable[[set[StrEnum]], set[StrEnum]]) -> set[StrEnum]:
    while True:
        more = known | further(known)
        if more == known:
            return known
        known = more


def _after(steps: list[Step], known: set[StrEnum]) -> set[StrEnum]:
    return {step.target for step in steps if known & set(step.sources)}


def _before(steps: list[Step], known: set[StrEnum]) -> set[StrEnum]:
    return {source for step in steps if step.target in known for source in step.sources}


def _questions(workflow: Workflow) -> Iterator[Finding]:
    for state in workflow.states:
        question, answers = workflow.questions.get(state), workflow.answers(state)
        if question is not None and not answers:
            yield _finding(workflow, plain(state), "It asks a question that has no answers.")
        if question is None and answers:
            yield _finding(workflow, plain(state), "It has answers, but asks no question.")
        if question is not None:
            yield from _endings(workflow, state, question)


def _endings(workflow: Workflow, state: StrEnum, question: Question) -> Iterator[Finding]:
    ways = {step.trigger for step in workflow.steps if state in step.sources}
    for trigger in {question.lapse, question.fallback} - {None} - ways:
        if trigger is not None:
            yield _finding(workflow, plain(state), f"Its question ends by “{plain(trigger)}”, which no step declares.")


def _finding(workflow: Workflow, place: str, sentence: str, severity: Severity = Severity.ERROR) -> Finding:
    return Finding(workflow=workflow.kind, place=place, sentence=sentence, severity=severity)
