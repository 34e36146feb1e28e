"""The table of contents: every activity that a learner may see, how it stands, and why it cannot be chosen. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from scorm.sequencing import needs
from scorm.sequencing.refusals import Refusal
from scorm.sequencing.survey import Survey
from scorm.sequencing.tracking import State, status
from scorm.sequencing.tree import ROOT, Activity


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line of the table of contents; `why` is None where it can be chosen, a status None where it is not known.

    `said` is why in words, by the names of what must come first where that is known; "" where it can be chosen.

    `visible` says that neither isvisible nor a hiddenFromChoice rule keeps it from the learner.
    """

    activity: Activity
    visible: bool
    current: bool
    attempted: bool
    completed: bool | None
    satisfied: bool | None
    why: Refusal | None
    said: str

    @property
    def identifier(self) -> str:
        """The identifier of its item."""
        return self.activity.node.identifier

    @property
    def title(self) -> str:
        """The title of its item."""
        return self.activity.node.title

    @property
    def depth(self) -> int:
        """How deep it lies, 0 for the course itself."""
        return len(self.activity.path) - 1

    @property
    def leaf(self) -> bool:
        """Is it something that plays, and not a heading?"""
        return not self.activity.children


def entries(state: State, survey: Survey) -> tuple[Entry, ...]:
    """Give the lines in the order that this learner has, without activities that were not selected for them."""
    return tuple(_entry(state, survey, index) for index in _walk(state))


def _walk(state: State) -> list[int]:
    found, pending = [], [ROOT]
    while pending:
        index = pending.pop()
        found.append(index)
        pending.extend(reversed(state.available[index]))
    return found


def _entry(state: State, survey: Survey, index: int) -> Entry:
    activity = state.tree.activities[index]
    completed, satisfied = status(state, index)
    return Entry(
        activity=activity,
        visible=activity.node.visible and not survey.hidden[index],
        current=state.current == index,
        attempted=state.standing[index].attempts > 0,
        completed=None if completed is None else bool(completed),
        satisfied=None if satisfied is None else bool(satisfied),
        why=survey.choices[index],
        said=needs.said(survey.after, index, survey.choices[index]),
    )
