"""How questions about each kind of subject are shown and answered: the port of the worklist to the workflows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final, Protocol

from sqlalchemy import Connection
from werkzeug.datastructures import ImmutableMultiDict

from engine.approvals.approval import Approval
from engine.machine import Workflow, reason_given
from engine.web import journal

Typed = ImmutableMultiDict[str, str]
WHOLE: Final = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """What a presenter shows: a template for the inside of the form, its context, and the words for the choices.

    `choices` is by trigger; a trigger that is not in it is shown in plain words. `alone` are the triggers that make
    sense only with what is typed into the form of that one subject.
    """

    template: str
    context: Mapping[str, Any] = field(default_factory=dict)
    choices: Mapping[str, str] = field(default_factory=dict)
    alone: frozenset[str] = frozenset()

    def labels(self, approval: Approval) -> dict[str, str]:
        """Return the words for the choices of an approval, in its order."""
        return {choice: self.choices.get(choice) or journal.words(choice) for choice in approval.choices}

    def simple(self, approval: Approval) -> dict[str, str]:
        """Return the words for the choices that need nothing else."""
        return {choice: label for choice, label in self.labels(approval).items() if choice not in self.alone}


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What was read from a form: facts of the answer, and what is wrong, by the id of the input (`WHOLE` for none)."""

    facts: Mapping[str, Any] = field(default_factory=dict)
    problems: Mapping[str, str] = field(default_factory=dict)


def needing_reason(workflow: Workflow, approval: Approval) -> frozenset[str]:
    """Return the choices that are refused without a reason, which is the comment of the answer."""
    steps = (step for step in workflow.steps if step.answer and approval.asking in map(str, step.sources))
    return frozenset(str(step.trigger) for step in steps if reason_given in step.when)


def comment_label(choices: Mapping[str, str], reasoned: frozenset[str]) -> str:
    """Return what the box for the comment is called: it says which of these choices, by their words, need one."""
    needing = [f"“{words.partition(':')[0]}”" for choice, words in choices.items() if choice in reasoned]
    return f"Comment (needed for {' and '.join(needing)}, else optional)" if needing else "Comment (optional)"


class Presenter(Protocol):
    """How questions about one kind of subject are shown and answered; `choices` are the words for its triggers."""

    choices: Mapping[str, str]

    def view(self, connection: Connection, approval: Approval) -> View:
        """Return what to show of the subject."""
        ...

    def facts(self, connection: Connection, approval: Approval, typed: Typed) -> Reading:
        """Read what was typed: facts as plain JSON, which reach the step that the choice fires."""
        ...


class Plain:
    """The presenter of kinds without their own."""

    choices: Mapping[str, str] = MappingProxyType({})

    def view(self, _connection: Connection, _approval: Approval) -> View:
        """Show nothing but what every question has."""
        return View(template="engine/_question.html")

    def facts(self, _connection: Connection, _approval: Approval, _typed: Typed) -> Reading:
        """Read nothing but the choice and the comment."""
        return Reading()


@dataclass(frozen=True, slots=True)
class Presenters:
    """The presenters by kind of subject; any other kind is shown plainly."""

    known: Mapping[str, Presenter]

    def of(self, approval: Approval) -> Presenter:
        """Return how a question is shown."""
        return self.known.get(approval.subject.kind) or Plain()
