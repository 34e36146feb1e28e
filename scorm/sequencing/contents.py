"""The table of contents: every activity that a learner may see, how it stands, and why it cannot be chosen. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from scorm.sequencing.refusals import Refusal
from scorm.sequencing.survey import Survey
from scorm.sequencing.tracking import State, status
from scorm.sequencing.tree import ROOT


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line of the table of contents; `depth` is 0 for the course itself, `why` is None where it can be chosen.

    `visible` says that neither isvisible nor a hiddenFromChoice rule keeps it from the learner; None is not known.
    """

    identifier: str
    title: str
    depth: int
    leaf: bool
    visible: bool
    current: bool
    attempted: bool
    completed: bool | None
    satisfied: bool | None
    why: Refusal | None


def entries(state: State, survey: Survey) -> tuple[Entry, ...]:
    """Give the lines in the order that this learner has, without activities that were not selected for them."""
    return tuple(_entry(state, survey, index) for index in _walk(state, ROOT))


def _walk(state: State, index: int) -> Iterator[int]:
    yield index
    for child in state.available[index]:
        yield from _walk(state, child)


def _entry(state: State, survey: Survey, index: int) -> Entry:
    activity = state.tree.activities[index]
    completed, satisfied = status(state, index)
    return Entry(
        identifier=activity.identifier,
        title=activity.node.title,
        depth=len(activity.path) - 1,
        leaf=not activity.children,
        visible=activity.node.visible and not survey.hidden[index],
        current=state.current == index,
        attempted=state.standing[index].attempts > 0,
        completed=None if completed is None else bool(completed),
        satisfied=None if satisfied is None else bool(satisfied),
        why=survey.choices[index],
    )
