"""One absence rule as it is kept, and what can be said of it without a database. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

from engine.machine import Step, Workflow
from engine.roles.routing import Action

FIRST_YEAR: Final = 2000
LAST_YEAR: Final = 2199
_ZONE: Final = ZoneInfo("Europe/London")

Choices = Mapping[str, tuple[str, ...]]
"""The choices of the questions of each workflow that asks any, by kind."""


class State(StrEnum):
    """How a rule stands; stored in `absences.state`. Only a standing one does anything."""

    SUGGESTED = "SUGGESTED"
    STANDING = "STANDING"
    ENDED = "ENDED"
    DISMISSED = "DISMISSED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Absence:
    """A rule as it is kept: `kind` and `notice` say which questions (neither: all), `ends_at` None is for ever."""

    trust: str
    account: str
    action: Action
    starts_at: datetime
    ends_at: datetime | None = None
    kind: str | None = None
    notice: str | None = None
    to: str | None = None
    transfer: bool = False
    answer: str | None = None
    comment: str = ""
    source: str | None = None
    id: str = ""
    state: State = State.STANDING

    def over(self, now: datetime) -> bool:
        """Say whether it does nothing any more."""
        return self.state is State.ENDED or (self.ends_at is not None and self.ends_at <= now)

    def overlaps(self, other: Absence) -> bool:
        """Say whether two rules are for the same questions at the same time; one is not its own rival."""
        same = (self.account, self.kind, self.notice) == (other.account, other.kind, other.notice)
        return (
            self.id != other.id
            and same
            and (other.ends_at is None or self.starts_at < other.ends_at)
            and (self.ends_at is None or other.starts_at < self.ends_at)
        )


def choices_of(workflows: Iterable[Workflow]) -> Choices:
    """Return what the questions of these workflows can be answered with, all of them alike."""
    return {
        workflow.kind: tuple(
            dict.fromkeys(str(step.trigger) for step in workflow.steps if _needs_nobody(workflow, step))
        )
        for workflow in workflows
        if workflow.questions
    }


def sentence(one: Absence, names: Mapping[str, str], titles: Mapping[str, str] | None = None) -> str:
    """Say what a rule does, for which questions and when; `names` is by account, `titles` by kind of workflow."""
    return f"{scope(one, titles or {})} {_DOES[one.action](one, names)}, {span(one)}"


def scope(one: Absence, titles: Mapping[str, str]) -> str:
    """Say for which questions a rule is."""
    if one.notice:
        return f"Questions of the message {one.notice}"
    return f"Questions about: {titles.get(one.kind, one.kind).lower()}" if one.kind else "All questions"


def span(one: Absence) -> str:
    """Write from when to when, in whole days of which both are included."""
    last = f"to {_day(one.ends_at - timedelta(seconds=1))}" if one.ends_at else "until it is ended"
    return f"from {_day(one.starts_at)} {last}"


def _reassigns(one: Absence, names: Mapping[str, str]) -> str:
    verb = "become those of" if one.transfer else "are passed on to"
    return f"{verb} {names.get(one.to or '', 'somebody who is still to be named')}"


def _answers(one: Absence, _names: Mapping[str, str]) -> str:
    return f"are answered “{(one.answer or '').replace('_', ' ').lower()}” at once"


def _delivers(_one: Absence, _names: Mapping[str, str]) -> str:
    return "come all the same"


def _needs_nobody(workflow: Workflow, step: Step) -> bool:
    """Say whether a step answers a question without anything typed for that one."""
    asked = step.answer and not workflow.questions.keys().isdisjoint(step.sources)
    return asked and not any(condition.typed for condition in step.when)


_DOES: Final[Mapping[Action, Callable[[Absence, Mapping[str, str]], str]]] = {
    Action.REASSIGN: _reassigns,
    Action.ANSWER: _answers,
    Action.DELIVER: _delivers,
}


def _day(moment: datetime) -> str:
    local = moment.astimezone(_ZONE)
    return f"{local.day} {local:%B %Y}"
